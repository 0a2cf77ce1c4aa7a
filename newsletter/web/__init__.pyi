"""Public names of `newsletter.web`, each loaded on first use; `__init__.py` says what they are for."""

from .preview.galley import Reviewed as Reviewed
from .preview.running import Open as Open, serve_preview as serve_preview
from .running import serve as serve
