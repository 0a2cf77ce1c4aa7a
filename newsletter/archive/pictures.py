"""Sees to it that the pictures of a letter are where the letter says, before anybody is mailed."""

from newsletter.aws import Bucket
from newsletter.compose import Edition, linked_pictures
from newsletter.errors import AskPerson
from newsletter.settings import Settings

_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif"}


def upload_pictures(settings: Settings, edition: Edition) -> int:
    """Put into `[pictures] store` what the letter links and is not there; return how many that were.

    Nothing where the store is the archive, which is published as a whole. Raises EditSettings or TryLater when the
    bucket does not take them, AskPerson when a picture is neither there nor here.
    """
    where = settings.pictures
    linked = linked_pictures(settings, edition)
    if where.bucket is None or not linked:
        return 0
    bucket = Bucket(where.bucket, region=where.region, endpoint=where.endpoint, section="[pictures]")
    uploaded = 0
    for name, path in linked.items():
        key = f"{where.prefix}{edition.slug}/{name}"
        content = path.read_bytes() if path.is_file() else None
        if bucket.holds(key, None if content is None else len(content)):
            continue
        if content is None:
            raise AskPerson(
                f"the picture '{name}' of '{edition.slug}' is neither in s3://{where.bucket} nor in var/pictures. "
                "Bring it back there, or send the issue as it is now with --again"
            )
        bucket.put(key, content, content_type=_TYPES[path.suffix], cache_control=_FOR_EVER)
        uploaded += 1
    return uploaded
