"""Public names of `newsletter.app`, each loaded on first use; `__init__.py` says what they are for."""

from .publication import Publication as Publication
