"""Raw messages on disk: as they came, private (mode 0600), and durable before they are acknowledged.

They are kept for `[replies] keep_raw_days` after the decision on their reply. Automatic messages, commands and
unsubscribe requests are decided when they come in. Of a deleted message its row stays: the redacted text, and the
hash by which the same message is recognised.
"""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from newsletter.atomic_file import make_private_folder, write_atomically
from newsletter.database import Database
from newsletter.replies.store.models import ReplyState
from newsletter.replies.store.queries import list_raw_hashes
from newsletter.settings import Settings

_UNDECIDED = (ReplyState.HELD, ReplyState.PRIVATE)


def store_raw_message(settings: Settings, raw: bytes) -> str:
    """Store one message under var/replies and return its hash; the same message again is the same file."""
    digest = raw_message_hash(raw)
    path = raw_message_path(settings, digest)
    make_private_folder(path.parent)
    if not path.exists():
        write_atomically(path, raw, mode=0o600)
    return digest


def raw_message_hash(raw: bytes) -> str:
    """Return the SHA-256 in hex under which a message is stored."""
    return hashlib.sha256(raw).hexdigest()


def raw_message_path(settings: Settings, raw_hash: str) -> Path:
    """Return where the message with that hash is stored."""
    return settings.var / "replies" / f"{raw_hash}.eml"


def delete_expired_raw_messages(database: Database, settings: Settings, *, now: datetime) -> int:
    """Delete the raw messages of replies that were decided `[replies] keep_raw_days` ago, and return how many."""
    if not settings.replies.keep_raw_days:
        return 0
    before = now - timedelta(days=settings.replies.keep_raw_days)
    deleted = 0
    for raw_hash, settled_at in list_raw_hashes(database, except_undecided=_UNDECIDED):
        path = raw_message_path(settings, raw_hash)
        if settled_at <= before and path.exists():
            path.unlink(missing_ok=True)
            deleted += 1
    return deleted
