"""Archive: the static site of issues and approved comments; it needs no database and no network to be built.

`site.py` is where to start: it composes every ready issue, threads its comments (`comments.py`), fills the site
templates (`pages.py`) and makes feeds and sitemap (`feeds.py`). The result is a mapping of paths to bytes, which
`folder.py` writes into a folder and `publish.py` uploads to a bucket.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
