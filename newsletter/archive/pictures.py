"""Sees to it that the pictures of a letter are where the letter says, before anybody is mailed."""

from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.compose import Edition, linked_pictures
from newsletter.errors import DecisionRequired
from newsletter.settings import Settings

if TYPE_CHECKING:
    from newsletter.aws import S3Bucket

_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif"}


def upload_pictures(settings: Settings, edition: Edition) -> int:
    """Put into the bucket what the letter links and is not there; return how many that were.

    The bucket is that of `[pictures] store`, else the archive's. Nothing is done where the archive is a folder,
    which its author publishes as a whole. Raises SettingsError or TemporaryError when the bucket does not take them,
    DecisionRequired when a picture is neither there nor here.
    """
    is_own = settings.pictures.bucket is not None
    place = settings.pictures if is_own else settings.archive
    linked = linked_pictures(settings, edition)
    if place.bucket is None or not linked:
        return 0
    folder = f"{place.prefix}{'' if is_own else 'issues/'}{edition.slug}"
    section = "[pictures]" if is_own else "[archive]"
    from newsletter.aws import S3Bucket  # boto3 takes a while to import

    bucket = S3Bucket(place.bucket, region=place.region, endpoint=place.endpoint, section=section)
    return sum(_put(bucket, f"{folder}/{name}", path, edition.slug) for name, path in linked.items())


def _put(bucket: "S3Bucket", key: str, path: Path, slug: str) -> bool:
    """Return whether the picture had to be put there."""
    content = path.read_bytes() if path.is_file() else None
    if bucket.exists(key, None if content is None else len(content)):
        return False
    if content is None:
        raise DecisionRequired(
            f"the picture '{path.name}' of '{slug}' is neither in s3://{bucket.name} nor in var/pictures. "
            "Bring it back there, or send the issue as it is now with --again"
        )
    bucket.put(key, content, content_type=_TYPES[path.suffix], cache_control=_FOR_EVER)
    return True
