"""Public names of `newsletter.web`, each loaded on first use; `__init__.py` says what they are for."""

from .preview.server import serve_preview as serve_preview
from .server import serve as serve
from .uvicorn_server import Listening as Listening
