"""Publish to an S3 bucket: the site, and the pictures that an email links before it is sent.

A manifest in the bucket holds a digest for each path that a publish uploaded. So a publish that was killed is finished
by the next, unchanged files are not uploaded again, and files that somebody else put there are never touched.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.archive.folder import MANIFEST, SiteChanges, is_linked_picture, is_picture
from newsletter.compose import Edition, linked_pictures
from newsletter.errors import DecisionRequired, SettingsError, UsageError
from newsletter.settings import Settings

if TYPE_CHECKING:
    from newsletter.aws import S3Bucket

_CACHE_FOREVER = "public, max-age=31536000, immutable"
_CACHE_BRIEFLY = "public, max-age=300"
_CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".xml": "application/xml",
    ".txt": "text/plain; charset=utf-8", ".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif",
}  # fmt: skip


def publish_site(settings: Settings, files: Mapping[str, bytes], *, is_dry_run: bool = False) -> SiteChanges:
    """Upload what changed to `[archive] store` and delete what is gone; with `is_dry_run` only report it.

    Pictures are uploaded first and front pages last, so that no page shows what is not there yet. SettingsError
    without a bucket, UsageError where a file that no publish uploaded is in the way.
    """
    archive = settings.archive
    if archive.bucket is None:
        raise SettingsError(
            "newsletter.toml: [archive] store is not set. Set it to 's3://BUCKET/PREFIX', or build into a folder"
        )
    from newsletter.aws import S3Bucket  # boto3 takes a while to import

    bucket = S3Bucket(archive.bucket, region=archive.region, endpoint=archive.endpoint, section="[archive]")
    before = _parse_manifest(bucket.get(archive.prefix + MANIFEST) or b"")
    now = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    changed = sorted((name for name in files if before.get(name) != now[name]), key=_upload_order)
    gone = {name for name in before.keys() - files.keys() if not is_linked_picture(name, files)}
    changes = SiteChanges(
        changed=tuple(changed), unchanged=tuple(sorted(files.keys() - set(changed))), removed=tuple(sorted(gone))
    )
    if is_dry_run or not (changed or gone):
        return changes
    for name in changed:
        if name not in before and not is_picture(name) and bucket.exists(archive.prefix + name):
            raise UsageError(
                f"s3://{archive.bucket}/{archive.prefix}{name} was not uploaded by a publish and is in the way. "
                "Delete it, or set another prefix"
            )
    _put_manifest(bucket, archive.prefix, {**before, **dict.fromkeys(changed, "")})
    for name in changed:
        suffix = name[name.rfind(".") :]
        bucket.put(
            archive.prefix + name,
            files[name],
            content_type=_CONTENT_TYPES.get(suffix, "application/octet-stream"),
            cache_control=_CACHE_FOREVER if suffix in {".jpg", ".png", ".gif", ".css"} else _CACHE_BRIEFLY,
        )
    for name in changes.removed:
        bucket.delete(archive.prefix + name)
    _put_manifest(bucket, archive.prefix, {**{name: before[name] for name in before.keys() - gone}, **now})
    return changes


def upload_pictures(settings: Settings, edition: Edition) -> int:
    """Upload the pictures that an email links and that the bucket lacks, before it is sent; return how many.

    The bucket is that of `[pictures] store`, else the archive's. Nothing is done where the archive is a folder,
    which its author publishes as a whole. Raises SettingsError or TemporaryError when the bucket does not accept them,
    DecisionRequired when a picture is neither there nor here.
    """
    is_own = settings.pictures.bucket is not None
    store = settings.pictures if is_own else settings.archive
    linked = linked_pictures(settings, edition)
    if store.bucket is None or not linked:
        return 0
    folder = f"{store.prefix}{'' if is_own else 'issues/'}{edition.slug}"
    section = "[pictures]" if is_own else "[archive]"
    from newsletter.aws import S3Bucket  # boto3 takes a while to import

    bucket = S3Bucket(store.bucket, region=store.region, endpoint=store.endpoint, section=section)
    return sum(_put_picture(bucket, f"{folder}/{name}", path, edition.slug) for name, path in linked.items())


def _put_picture(bucket: "S3Bucket", key: str, path: Path, slug: str) -> bool:
    """Return whether the picture had to be uploaded."""
    content = path.read_bytes() if path.is_file() else None
    if bucket.exists(key, None if content is None else len(content)):
        return False
    if content is None:
        raise DecisionRequired(
            f"the picture '{path.name}' of '{slug}' is neither in s3://{bucket.name} nor in var/pictures. "
            "Put it back there, or send the issue as it is now with --again"
        )
    bucket.put(key, content, content_type=_CONTENT_TYPES[path.suffix], cache_control=_CACHE_FOREVER)
    return True


def _upload_order(name: str) -> tuple[int, str]:
    """Sort what pages show before pages of issues, and these before what links to them."""
    is_asset = not name.endswith((".html", ".xml", ".txt"))
    return (0 if is_asset else 1 if name.startswith("issues/") else 2, name)


def _parse_manifest(manifest: bytes) -> dict[str, str]:
    lines = (line.partition(" ") for line in manifest.decode(errors="replace").splitlines())
    return {name: "" if digest == "-" else digest for digest, _, name in lines if name}


def _put_manifest(bucket: "S3Bucket", prefix: str, digests: Mapping[str, str]) -> None:
    lines = "".join(f"{digest or '-'} {name}\n" for name, digest in sorted(digests.items()))
    bucket.put(prefix + MANIFEST, lines.encode(), content_type="text/plain; charset=utf-8", cache_control="no-store")
