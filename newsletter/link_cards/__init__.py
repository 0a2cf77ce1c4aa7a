"""Link cards are filled in from the pages they lead to: the only part that fetches from the web, if asked."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
