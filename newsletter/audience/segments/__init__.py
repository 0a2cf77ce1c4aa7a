"""Segments in the database: a condition as SQL (`sql`), and how many subscribers it matches (`counts`).

The language of conditions is a package of its own, `newsletter.segments`, which stands below `settings` because
settings and the parts of an issue use it too. SQL needs the audience's tables, so it stands here.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
