"""Decisions: every word that was ever said on a reply, by whom, why, when and through which door."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.database import Database, UtcDateTime

CONSENT = "consent"
"""The writer's leave to publish, beside the states a reply may be decided into."""
HEAR = "hear"
QUIET = "quiet"
"""Whether the writer wants to hear of answers by other readers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One word on one reply."""

    reply_id: str
    state: str
    by: str
    why: str
    door: str
    """terminal, mail, rule, or another way in."""
    at: datetime


_DECISIONS = sa.table(
    "decisions",
    *(sa.column(name, sa.Text) for name in ("reply_id", "state", "by", "why", "door")),
    sa.column("number", sa.Integer),
    sa.column("at", UtcDateTime),
)


def note_decision(connection: sa.Connection, decision: Decision) -> None:
    """Add a decision to the record, from which only an erased person's reasons are ever taken."""
    connection.execute(sa.insert(_DECISIONS).values(asdict(decision)))


def read_decisions(database: Database, reply_id: str) -> tuple[Decision, ...]:
    """Return what was decided of a reply, oldest first."""
    columns = [_DECISIONS.c[name] for name in Decision.__dataclass_fields__]
    query = sa.select(*columns).where(_DECISIONS.c.reply_id == reply_id).order_by(_DECISIONS.c.number)
    with database.read() as connection:
        return tuple(Decision(**row._mapping) for row in connection.execute(query))


def last_of(database: Database, from_address: str, states: Collection[str]) -> str | None:
    """Return the last word among some that was said on any reply from an address; None if none was."""
    replies = sa.table("replies", sa.column("id", sa.Text), sa.column("from_address", sa.Text))
    query = (
        sa.select(_DECISIONS.c.state)
        .join(replies, replies.c.id == _DECISIONS.c.reply_id)
        .where(replies.c.from_address == from_address, _DECISIONS.c.state.in_(states))
        .order_by(_DECISIONS.c.number.desc())
        .limit(1)
    )
    with database.read() as connection:
        return connection.scalar(query)


def forget_reasons(connection: sa.Connection, reply_id: str) -> None:
    """Forget why things were decided of a reply, and keep that they were."""
    connection.execute(sa.update(_DECISIONS).where(_DECISIONS.c.reply_id == reply_id).values(why=""))
