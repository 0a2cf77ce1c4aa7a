"""8. Issues and comments become the static site; needs no database."""

from newsletter.archive.pictures import upload_pictures
from newsletter.archive.publish import Written, write_site
from newsletter.archive.site import Site, build_site
from newsletter.archive.upload import publish_site

__all__ = ["Site", "Written", "build_site", "publish_site", "upload_pictures", "write_site"]
