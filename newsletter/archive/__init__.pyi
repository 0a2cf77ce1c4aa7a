"""Public names of `newsletter.archive`, each loaded on first use; `__init__.py` says what they are for."""

from .folder import SiteChanges as SiteChanges, write_site as write_site
from .publish import publish_site as publish_site, upload_pictures as upload_pictures
from .site import Site as Site, build_site as build_site
