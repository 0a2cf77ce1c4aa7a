"""Segments: questions about a list's subscribers, read from a line and written back; nobody is asked here."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
