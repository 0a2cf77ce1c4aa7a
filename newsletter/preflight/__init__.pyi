"""Public names of `newsletter.preflight`, each loaded on first use; `__init__.py` says what they are for."""

from .runner import SAMPLE_VALUES as SAMPLE_VALUES, run_checks as run_checks
