"""Whether an answer may stand at once: a proven writer with a history, and nothing in it against that."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.database import Database, UtcDateTime
from newsletter.replies.extract.phrase_tables import folded
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.settings import RepliesSettings

_DAY = timedelta(days=1)
_LINK = re.compile(r"\b(?:https?://|www\.)\S", re.IGNORECASE)
_REPLIES = sa.table(
    "replies",
    *(sa.column(name, sa.Text) for name in ("id", "state", "from_address", "verdict")),
    sa.column("subscriber_id", sa.BigInteger),
    sa.column("fetched_at", UtcDateTime),
    sa.column("is_from_subscriber", sa.Boolean),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterHistory:
    """What became of a writer's answers so far."""

    published: int = 0
    rejected: int = 0
    """Rejected, or withdrawn by the author's word."""
    today: int = 0
    """How many came within 24 hours, this one left out."""


def history_of(database: Database, reply: Reply, now: datetime) -> WriterHistory:
    """Count the other answers of the same person: the same subscriber, else the same From address."""
    same = _REPLIES.c.from_address == reply.from_address
    if reply.subscriber_id is not None and reply.is_from_subscriber:
        same = (_REPLIES.c.subscriber_id == reply.subscriber_id) & _REPLIES.c.is_from_subscriber
    rest = same & (_REPLIES.c.id != reply.id) & (_REPLIES.c.verdict == "human")
    with database.read() as connection:
        query = sa.select(_REPLIES.c.state, sa.func.count()).where(rest).group_by(_REPLIES.c.state)
        states: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
        today = connection.scalar(
            sa.select(sa.func.count()).select_from(_REPLIES).where(rest, _REPLIES.c.fetched_at > now - _DAY)
        )
    return WriterHistory(
        published=states.get(ReplyState.APPROVED, 0), rejected=states.get(ReplyState.REJECTED, 0), today=today or 0
    )


def warnings(reply: Reply, history: WriterHistory, rules: RepliesSettings) -> list[str]:
    """Return what in an answer is like spam, for its moderator to know."""
    found = []
    links = len(_LINK.findall(reply.text))
    if links > rules.max_links:
        found.append(f"it holds {links} links")
    said = folded(reply.text)
    words = [word for word in rules.blocked_words if _holds(said, folded(word))]
    if words:
        found.append(f"it holds '{words[0]}', which [replies] blocked_words names")
    if history.today >= rules.most_a_day:
        found.append(f"it is the writer's answer number {history.today + 1} within 24 hours")
    return found


def is_trusted(reply: Reply, history: WriterHistory, rules: RepliesSettings) -> bool:
    """Whether an answer may stand without anybody reading it first, as `[replies] trust_after` says."""
    return (
        rules.trust_after > 0
        and rules.publish == "review"
        and reply.state is ReplyState.HELD
        and reply.is_verified
        and not reply.note
        and reply.edits is None
        and history.published >= rules.trust_after
        and not history.rejected
    )


def _holds(said: str, word: str) -> bool:
    return bool(word.strip()) and re.search(rf"(?<!\w){re.escape(word.strip())}(?!\w)", said) is not None
