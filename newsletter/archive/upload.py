"""Puts the site into a bucket; touches nothing there that an earlier publish did not put there.

What the bucket holds of ours stands in a file of its own, with a digest for each path: a publish that was killed
is ended by the next, and what has not changed is not sent again.
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from newsletter.archive.publish import MANIFEST, Written, is_copy, is_linked
from newsletter.errors import SettingsError, UsageError
from newsletter.settings import Settings

if TYPE_CHECKING:
    from newsletter.aws import S3Bucket

_FOR_EVER, _SHORTLY = "public, max-age=31536000, immutable", "public, max-age=300"
_TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".xml": "application/xml",
    ".txt": "text/plain; charset=utf-8", ".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif",
}  # fmt: skip


def publish_site(settings: Settings, files: Mapping[str, bytes], *, is_rehearsal: bool = False) -> Written:
    """Put what changed into `[archive] store` and take away what is gone; with `is_rehearsal` only say so.

    Pictures go first and front pages last, so that no page shows what is not there yet. SettingsError without a
    bucket, UsageError where a file that is not ours stands in the way.
    """
    place = settings.archive
    if place.bucket is None:
        raise SettingsError(
            "newsletter.toml: [archive] store is not set. Say 's3://BUCKET/PREFIX', or build into a folder"
        )
    from newsletter.aws import S3Bucket  # boto3 takes a while to import

    bucket = S3Bucket(place.bucket, region=place.region, endpoint=place.endpoint, section="[archive]")
    before = _read(bucket.get(place.prefix + MANIFEST) or b"")
    now = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    changed = sorted((name for name in files if before.get(name) != now[name]), key=_turn)
    gone = {name for name in before.keys() - files.keys() if not is_linked(name, files)}
    written = Written(
        changed=tuple(changed), unchanged=tuple(sorted(files.keys() - set(changed))), removed=tuple(sorted(gone))
    )
    if is_rehearsal or not (changed or gone):
        return written
    for name in changed:
        if name not in before and not is_copy(name) and bucket.exists(place.prefix + name):
            raise UsageError(
                f"s3://{place.bucket}/{place.prefix}{name} was not put there by a publish and stands in the way. "
                "Take it away, or name another prefix"
            )
    _note(bucket, place.prefix, {**before, **dict.fromkeys(changed, "")})
    for name in changed:
        suffix = name[name.rfind(".") :]
        bucket.put(
            place.prefix + name,
            files[name],
            content_type=_TYPES.get(suffix, "application/octet-stream"),
            cache_control=_FOR_EVER if suffix in {".jpg", ".png", ".gif", ".css"} else _SHORTLY,
        )
    for name in written.removed:
        bucket.delete(place.prefix + name)
    _note(bucket, place.prefix, {**{name: before[name] for name in before.keys() - gone}, **now})
    return written


def _turn(name: str) -> tuple[int, str]:
    """Return when a file has its turn: what pages show, pages of issues, what leads to them."""
    is_shown = not name.endswith((".html", ".xml", ".txt"))
    return (0 if is_shown else 1 if name.startswith("issues/") else 2, name)


def _read(manifest: bytes) -> dict[str, str]:
    lines = (line.partition(" ") for line in manifest.decode(errors="replace").splitlines())
    return {name: "" if digest == "-" else digest for digest, _, name in lines if name}


def _note(bucket: "S3Bucket", prefix: str, digests: Mapping[str, str]) -> None:
    lines = "".join(f"{digest or '-'} {name}\n" for name, digest in sorted(digests.items()))
    bucket.put(prefix + MANIFEST, lines.encode(), content_type="text/plain; charset=utf-8", cache_control="no-store")
