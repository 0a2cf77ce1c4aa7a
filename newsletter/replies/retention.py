"""How long raw mail is kept: so many days after the decision on its reply, and never less than until then.

Machines' mail, orders and unsubscribing answers are decided as they come in. Of an old mail stays its row: what it
said, redacted, and its digest, by which the same mail is known again.
"""

from datetime import datetime, timedelta

from newsletter.database import Database
from newsletter.replies.store.models import ReplyState
from newsletter.replies.store.queries import read_digests
from newsletter.replies.store.raw_messages import raw_message_path
from newsletter.settings import Settings

_UNDECIDED = (ReplyState.HELD, ReplyState.PRIVATE)


def drop_old_mail(database: Database, settings: Settings, *, now: datetime) -> int:
    """Delete the raw mail of replies that were decided `[replies] keep_raw_days` ago, and return how many."""
    if not settings.replies.keep_raw_days:
        return 0
    before = now - timedelta(days=settings.replies.keep_raw_days)
    dropped = 0
    for digest, settled_at in read_digests(database, but=_UNDECIDED):
        path = raw_message_path(settings, digest)
        if settled_at <= before and path.exists():
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped
