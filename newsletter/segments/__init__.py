"""Segments: the language in which conditions on subscribers are written, such as `country = "PT" and has company`.

A condition is parsed (`lexer`, `grammar`), held as a tree (`conditions`), written back in one canonical line or as an
English sentence (`format`), and may name other segments (`named_segments`, where to start).

This package is the pure language: it knows neither database nor subscribers, and stands below `settings`, because
newsletter.toml, the parts of an issue (`compose`) and a mailing all hold conditions. `newsletter.audience.segments`
turns a condition into SQL; that needs the audience's tables, and so stands above.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
