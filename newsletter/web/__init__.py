"""The web server: reads a request, calls one use case, shows what came of it; and the author's preview."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
