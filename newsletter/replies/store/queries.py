"""The table of replies."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from newsletter.database import Database, UtcDateTime
from newsletter.delivery import Notice, plan_notice
from newsletter.errors import UsageError
from newsletter.replies.authentication import AuthResult
from newsletter.replies.classify.classifier import Verdict
from newsletter.replies.decisions import Decision, note_decision
from newsletter.replies.store.models import ALLOWED, Reply, ReplyState

_REPLIES = sa.table(
    "replies",
    sa.column("number", sa.Integer),
    sa.column("id", sa.Text),
    sa.column("raw_hash", sa.Text),
    sa.column("sameness", sa.Text),
    sa.column("received_at", UtcDateTime),
    sa.column("fetched_at", UtcDateTime),
    sa.column("slug", sa.Text),
    sa.column("delivery_id", sa.Integer),
    sa.column("matched_by", sa.Text),
    sa.column("subscriber_id", sa.Integer),
    sa.column("from_address", sa.Text),
    sa.column("author", sa.Text),
    sa.column("is_from_subscriber", sa.Boolean),
    sa.column("is_verified", sa.Boolean),
    sa.column("verdict", sa.Text),
    sa.column("reason", sa.Text),
    sa.column("state", sa.Text),
    sa.column("text", sa.Text),
    sa.column("note", sa.Text),
    sa.column("extractor", sa.Integer),
    sa.column("proof", sa.Text),
    sa.column("proof_why", sa.Text),
    sa.column("message_id", sa.Text),
    sa.column("references", sa.Text),
    sa.column("in_reply_to", sa.Text),
    sa.column("edits", sa.Text),
    sa.column("decided_at", UtcDateTime),
    sa.column("decided_by", sa.Text),
    sa.column("decided_why", sa.Text),
)
_FIELDS = [column for column in _REPLIES.c if column.name not in {"number", "sameness", "fetched_at"}]


def is_known(database: Database, *, raw_hash: str = "", sameness: str | None = None) -> bool:
    """Whether a mail has its row already: the same bytes, or the same message come by another way."""
    is_it = _REPLIES.c.raw_hash == raw_hash if sameness is None else _REPLIES.c.sameness == sameness
    with database.read() as connection:
        return connection.execute(sa.select(_REPLIES.c.number).where(is_it)).first() is not None


def record(database: Database, reply: Reply, *, sameness: str | None, now: datetime) -> bool:
    """Write a reply's row; False, and nothing written, if that mail is there already."""
    insert = sqlite_insert if database.is_sqlite else postgresql_insert
    row = {**asdict(reply), "sameness": sameness, "fetched_at": now}
    with database.write() as connection:
        statement = insert(_REPLIES).values(row).on_conflict_do_nothing().returning(_REPLIES.c.id)
        return connection.execute(statement).one_or_none() is not None


def read_replies(database: Database, state: ReplyState | None = None, slug: str | None = None) -> tuple[Reply, ...]:
    """Return the replies, oldest first, of one state and one issue if asked."""
    query = sa.select(*_FIELDS).order_by(_REPLIES.c.received_at, _REPLIES.c.number)
    if state is not None:
        query = query.where(_REPLIES.c.state == state)
    if slug is not None:
        query = query.where(_REPLIES.c.slug == slug)
    with database.read() as connection:
        return tuple(_reply(row) for row in connection.execute(query))


def read_reply(database: Database, reply_id: str) -> Reply:
    """Return one reply by its id or the beginning of it; UsageError if there is none, or more than one."""
    query = sa.select(*_FIELDS).where(_REPLIES.c.id.startswith(reply_id.lower(), autoescape=True)).limit(2)
    with database.read() as connection:
        found = [_reply(row) for row in connection.execute(query)]
    exact = [reply for reply in found if reply.id == reply_id]
    if not reply_id or not found:
        raise UsageError(f"no reply '{reply_id}'. 'newsletter replies list' names them")
    if len(found) > 1 and not exact:
        raise UsageError(f"more than one reply begins with '{reply_id}'. Give more of its id")
    return (exact or found)[0]


def find_reply_named(database: Database, reply_id: str) -> Reply | None:
    """Return the reply of exactly that id, or None."""
    with database.read() as connection:
        row = connection.execute(sa.select(*_FIELDS).where(_REPLIES.c.id == reply_id)).one_or_none()
    return None if row is None else _reply(row)


def answers_below(database: Database, reply_id: str) -> tuple[str, ...]:
    """Return the ids of the replies that answer one."""
    query = sa.select(_REPLIES.c.id).where(_REPLIES.c.in_reply_to == reply_id)
    with database.read() as connection:
        return tuple(connection.scalars(query))


def read_digests(database: Database, *, but: Iterable[ReplyState]) -> tuple[tuple[str, datetime], ...]:
    """Return of every reply, except the undecided in some states, its mail's digest and when it was settled."""
    columns = (_REPLIES.c.raw_hash, _REPLIES.c.decided_at, _REPLIES.c.fetched_at)
    query = sa.select(*columns).where(
        _REPLIES.c.state.not_in([state.value for state in but]) | _REPLIES.c.decided_at.is_not(None)
    )
    with database.read() as connection:
        return tuple((row.raw_hash, row.decided_at or row.fetched_at) for row in connection.execute(query))


def number_of(database: Database, reply: Reply) -> int:
    """Return a reply's number, which tokens carry."""
    with database.read() as connection:
        return int(connection.execute(sa.select(_REPLIES.c.number).where(_REPLIES.c.id == reply.id)).scalar_one())


def find_reply(database: Database, number: int) -> Reply | None:
    """Return the reply of that number, or None."""
    if not 0 < number < 2**31:
        return None
    with database.read() as connection:
        row = connection.execute(sa.select(*_FIELDS).where(_REPLIES.c.number == number)).one_or_none()
    return None if row is None else _reply(row)


def record_proof(database: Database, reply: Reply) -> None:
    """Write what was found of a reply's sender later than the reply itself."""
    values = {"proof": reply.proof.value, "proof_why": reply.proof_why, "is_verified": reply.is_verified}
    with database.write() as connection:
        connection.execute(sa.update(_REPLIES).where(_REPLIES.c.id == reply.id).values(values))


def record_text(database: Database, reply: Reply) -> None:
    """Write the words that a later extractor found, and which one it was."""
    values = {"text": reply.text, "extractor": reply.extractor}
    with database.write() as connection:
        connection.execute(
            sa.update(_REPLIES).where(_REPLIES.c.id == reply.id, _REPLIES.c.state == reply.state).values(values)
        )


def decide(
    database: Database,
    reply: Reply,
    state: ReplyState,
    *,
    slug: str | None,
    by: str,
    why: str,
    now: datetime,
    door: str = "",
    notices: Sequence[Notice] = (),
) -> Reply:
    """Record a decision and return the reply as it is now; `door` is the way it came: terminal, mail, rule.

    The `notices` that tell of it are planned in the same step. UsageError if another decision was made
    meanwhile, or this step is not allowed.
    """
    if state not in ALLOWED[reply.state]:
        raise UsageError(f"reply {reply.id} is {reply.state} and cannot become {state}")
    decided = replace(reply, state=state, slug=slug, decided_at=now, decided_by=by, decided_why=why)
    change = (
        sa.update(_REPLIES)
        .where(_REPLIES.c.id == reply.id, _REPLIES.c.state == reply.state)
        .values(state=state, slug=slug, decided_at=now, decided_by=by, decided_why=why)
    )
    with database.write() as connection:
        if connection.execute(change).rowcount != 1:
            raise UsageError(
                f"reply {reply.id} was decided by somebody else meanwhile. See: newsletter replies show {reply.id}"
            )
        note_decision(connection, Decision(reply_id=reply.id, state=state, by=by, why=why, door=door, at=now))
        for notice in notices:
            plan_notice(connection, notice, now)
    return decided


def _reply(row: sa.Row[tuple[object, ...]]) -> Reply:
    values = {name: value for name, value in row._mapping.items() if name != "number"}
    values["state"] = ReplyState(values["state"])
    values["verdict"] = Verdict(values["verdict"])
    values["proof"] = AuthResult(values["proof"])
    return Reply(**values)
