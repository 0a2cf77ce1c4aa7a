"""The database: an engine for SQLite (default) or PostgreSQL, and its migrations; no rule of the trade."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
