"""4. Issue, edition and audience are checked before anything leaves."""

from newsletter.preflight.checking import SAMPLE_VALUES, check

__all__ = ["SAMPLE_VALUES", "check"]
