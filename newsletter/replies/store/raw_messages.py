"""Raw mail on disk: private (mode 0600), durable before anybody is told that we have it."""

import hashlib
from pathlib import Path

from newsletter.atomic_file import make_private_folder, write_atomically
from newsletter.settings import Settings


def keep_raw(settings: Settings, raw: bytes) -> str:
    """Store one mail under var/replies and return its SHA-256 in hex; the same mail again is the same file."""
    digest = digest_of(raw)
    path = raw_message_path(settings, digest)
    make_private_folder(path.parent)
    if path.exists():
        return digest
    write_atomically(path, raw, mode=0o600)
    return digest


def digest_of(raw: bytes) -> str:
    """Return the name under which a mail is stored."""
    return hashlib.sha256(raw).hexdigest()


def raw_message_path(settings: Settings, digest: str) -> Path:
    """Return where the mail with that digest lies."""
    return settings.var / "replies" / f"{digest}.eml"
