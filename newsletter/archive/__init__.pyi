"""Public names of `newsletter.archive`, each loaded on first use; `__init__.py` says what they are for."""

from .pictures import upload_pictures as upload_pictures
from .publish import Written as Written, write_site as write_site
from .site import Site as Site, build_site as build_site
from .upload import publish_site as publish_site
