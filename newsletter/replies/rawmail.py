"""Raw mail on disk: private (mode 0600), durable before anybody is told that we have it."""

import hashlib
import os
import secrets
from pathlib import Path

from newsletter.settings import Settings


def keep_raw(settings: Settings, raw: bytes) -> str:
    """Store one mail under var/replies and return its SHA-256 in hex; the same mail again is the same file."""
    digest = hashlib.sha256(raw).hexdigest()
    path = raw_path(settings, digest)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return digest
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return digest


def raw_path(settings: Settings, digest: str) -> Path:
    """Return where the mail with that digest lies."""
    return settings.var / "replies" / f"{digest}.eml"
