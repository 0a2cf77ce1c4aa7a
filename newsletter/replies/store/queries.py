"""Queries on replies, the decisions about them and the author's answers to them."""

import base64
import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.database import Database, insert_into
from newsletter.delivery.notices import Notice, plan_notice
from newsletter.errors import UsageError
from newsletter.replies.authentication import AuthResult
from newsletter.replies.classify.classifier import Verdict
from newsletter.replies.store.models import (
    ALLOWED_TRANSITIONS,
    CONSENT,
    MUTE,
    NOTIFY,
    AuthorAnswer,
    Decision,
    Reply,
    ReplyState,
    WriterHistory,
)
from newsletter.replies.store.tables import ANSWERS, DECISIONS, REPLIES

_COLUMNS = [column for column in REPLIES.c if column.name not in {"number", "duplicate_key", "fetched_at"}]
_PERSONAL = ("text", "author", "from_address", "note", "message_id", "references", "matched_by", "auth_reason")
"""Columns that say something of the writer."""
_ID_LENGTH = 10


def short_id(digest: bytes) -> str:
    """Return the id that a reply, or an author's answer, has by its SHA-256 digest."""
    return base64.b32encode(digest).decode().lower()[:_ID_LENGTH]


# Replies


def is_recorded(database: Database, *, raw_hash: str = "", duplicate_key: str | None = None) -> bool:
    """Whether a message has its row already: the same octets, or the same message delivered another way."""
    is_same = REPLIES.c.raw_hash == raw_hash if duplicate_key is None else REPLIES.c.duplicate_key == duplicate_key
    with database.read() as connection:
        return connection.execute(sa.select(REPLIES.c.number).where(is_same)).first() is not None


def record_reply(database: Database, reply: Reply, *, duplicate_key: str | None, now: datetime) -> bool:
    """Insert a reply; False, and nothing written, if that message is recorded already."""
    row = {**asdict(reply), "duplicate_key": duplicate_key, "fetched_at": now}
    with database.write() as connection:
        statement = insert_into(connection, REPLIES).values(row).on_conflict_do_nothing().returning(REPLIES.c.id)
        return connection.execute(statement).one_or_none() is not None


def list_replies(database: Database, *, state: ReplyState | None = None, slug: str | None = None) -> tuple[Reply, ...]:
    """Return the replies, oldest first, of one state and one issue if asked."""
    query = sa.select(*_COLUMNS).order_by(REPLIES.c.received_at, REPLIES.c.number)
    if state is not None:
        query = query.where(REPLIES.c.state == state)
    if slug is not None:
        query = query.where(REPLIES.c.slug == slug)
    with database.read() as connection:
        return tuple(_reply(row) for row in connection.execute(query))


def get_reply(database: Database, reply_id: str) -> Reply:
    """Return one reply by its id or the beginning of it; UsageError if there is none, or more than one."""
    query = sa.select(*_COLUMNS).where(REPLIES.c.id.startswith(reply_id.lower(), autoescape=True)).limit(2)
    with database.read() as connection:
        replies = [_reply(row) for row in connection.execute(query)]
    exact = [reply for reply in replies if reply.id == reply_id]
    if not reply_id or not replies:
        raise UsageError(f"no reply '{reply_id}'. List them: newsletter replies list")
    if len(replies) > 1 and not exact:
        raise UsageError(f"more than one reply begins with '{reply_id}'. Give more of its id")
    return (exact or replies)[0]


def find_reply_by_id(database: Database, reply_id: str) -> Reply | None:
    """Return the reply of exactly that id, or None."""
    return _find(database, REPLIES.c.id == reply_id)


def find_reply_by_number(database: Database, number: int) -> Reply | None:
    """Return the reply of the number that a token carries, or None."""
    return _find(database, REPLIES.c.number == number) if 0 < number < 2**31 else None


def reply_number(database: Database, reply: Reply) -> int:
    """Return a reply's number, which tokens carry."""
    with database.read() as connection:
        return int(connection.execute(sa.select(REPLIES.c.number).where(REPLIES.c.id == reply.id)).scalar_one())


def child_reply_ids(database: Database, reply_id: str) -> tuple[str, ...]:
    """Return the ids of the replies that answer one."""
    query = sa.select(REPLIES.c.id).where(REPLIES.c.in_reply_to == reply_id)
    with database.read() as connection:
        return tuple(connection.scalars(query))


def list_raw_hashes(database: Database, *, except_undecided: Iterable[ReplyState]) -> tuple[tuple[str, datetime], ...]:
    """Return the raw hash of every reply and when it was settled, but not of the undecided in some states."""
    query = sa.select(REPLIES.c.raw_hash, REPLIES.c.decided_at, REPLIES.c.fetched_at).where(
        REPLIES.c.state.not_in([state.value for state in except_undecided]) | REPLIES.c.decided_at.is_not(None)
    )
    with database.read() as connection:
        return tuple((row.raw_hash, row.decided_at or row.fetched_at) for row in connection.execute(query))


def writer_history(database: Database, reply: Reply, now: datetime) -> WriterHistory:
    """Count the other replies of the same person: the same subscriber, else the same From address."""
    same = REPLIES.c.from_address == reply.from_address
    if reply.subscriber_id is not None and reply.is_from_subscriber:
        same = (REPLIES.c.subscriber_id == reply.subscriber_id) & REPLIES.c.is_from_subscriber
    others = same & (REPLIES.c.id != reply.id) & (REPLIES.c.verdict == Verdict.HUMAN)
    with database.read() as connection:
        query = sa.select(REPLIES.c.state, sa.func.count()).where(others).group_by(REPLIES.c.state)
        counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
        today = connection.scalar(
            sa.select(sa.func.count())
            .select_from(REPLIES)
            .where(others, REPLIES.c.fetched_at > now - timedelta(days=1))
        )
    return WriterHistory(
        published=counts.get(ReplyState.APPROVED, 0), rejected=counts.get(ReplyState.REJECTED, 0), today=today or 0
    )


def update_authentication(database: Database, reply: Reply) -> None:
    """Write what a reply's authentication came to when it was repeated later."""
    values = {
        "auth_result": reply.auth_result.value,
        "auth_reason": reply.auth_reason,
        "is_verified": reply.is_verified,
    }
    with database.write() as connection:
        connection.execute(sa.update(REPLIES).where(REPLIES.c.id == reply.id).values(values))


def update_text(database: Database, reply: Reply) -> None:
    """Write the text that a later extractor found, and the extractor's version."""
    is_it = (REPLIES.c.id == reply.id) & (REPLIES.c.state == reply.state)
    with database.write() as connection:
        connection.execute(sa.update(REPLIES).where(is_it).values(text=reply.text, extractor=reply.extractor))


# Decisions


def record_decision(
    database: Database, reply: Reply, decision: Decision, *, slug: str | None, notices: Sequence[Notice] = ()
) -> Reply:
    """Move a reply to the decided state and return it; the notices about it are planned in the same transaction.

    UsageError if that transition is not allowed, or another decision was made meanwhile.
    """
    state = ReplyState(decision.state)
    if state not in ALLOWED_TRANSITIONS[reply.state]:
        raise UsageError(f"reply {reply.id} is {reply.state} and cannot become {state}")
    values = {
        "state": state,
        "slug": slug,
        "decided_at": decision.at,
        "decided_by": decision.by,
        "decided_reason": decision.reason,
    }
    is_unchanged = (REPLIES.c.id == reply.id) & (REPLIES.c.state == reply.state)
    with database.write() as connection:
        if connection.execute(sa.update(REPLIES).where(is_unchanged).values(values)).rowcount != 1:
            raise UsageError(
                f"reply {reply.id}: somebody else decided it meanwhile. See: newsletter replies show {reply.id}"
            )
        add_decision(connection, decision)
        for notice in notices:
            plan_notice(connection, notice, decision.at)
    return replace(
        reply,
        state=state,
        slug=slug,
        decided_at=decision.at,
        decided_by=decision.by,
        decided_reason=decision.reason,
    )


def add_decision(connection: sa.Connection, decision: Decision) -> None:
    """Add a decision to the record, from which only the reasons of an erased person are ever removed."""
    connection.execute(sa.insert(DECISIONS).values(asdict(decision)))


def list_decisions(database: Database, reply_id: str) -> tuple[Decision, ...]:
    """Return what was decided about a reply, oldest first."""
    columns = [DECISIONS.c[name] for name in Decision.__dataclass_fields__]
    query = sa.select(*columns).where(DECISIONS.c.reply_id == reply_id).order_by(DECISIONS.c.number)
    with database.read() as connection:
        return tuple(Decision(**row._mapping) for row in connection.execute(query))


def has_consent(database: Database, reply: Reply) -> bool:
    """Whether a reply's writer agreed to its publication."""
    return any(decision.state == CONSENT for decision in list_decisions(database, reply.edits or reply.id))


def answer_notification_choice(database: Database, from_address: str) -> bool | None:
    """Return whether a writer chose to be notified of answers; None if they chose nothing.

    The last choice on any reply from their address counts.
    """
    if not from_address:
        return None
    latest = _latest_decision(database, from_address, (NOTIFY, MUTE))
    return None if latest is None else latest == NOTIFY


def _latest_decision(database: Database, from_address: str, states: Collection[str]) -> str | None:
    query = (
        sa.select(DECISIONS.c.state)
        .join(REPLIES, REPLIES.c.id == DECISIONS.c.reply_id)
        .where(REPLIES.c.from_address == from_address, DECISIONS.c.state.in_(states))
        .order_by(DECISIONS.c.number.desc())
        .limit(1)
    )
    with database.read() as connection:
        return connection.scalar(query)


# The author's answers


def answer_id(reply_id: str, text: str) -> str:
    """Return the id of an author's answer."""
    return short_id(hashlib.sha256(f"{reply_id}\0{' '.join(text.split())}".encode("utf-8", "replace")).digest())


def record_answer(connection: sa.Connection, answer: AuthorAnswer) -> bool:
    """Insert an author's answer; False, and nothing written, if it is recorded already."""
    statement = insert_into(connection, ANSWERS).values(asdict(answer)).on_conflict_do_nothing().returning(ANSWERS.c.id)
    return connection.execute(statement).one_or_none() is not None


def list_answers(database: Database, reply_id: str) -> tuple[AuthorAnswer, ...]:
    """Return the author's answers to a reply, oldest first."""
    query = sa.select(ANSWERS).where(ANSWERS.c.reply_id == reply_id).order_by(ANSWERS.c.written_at)
    with database.read() as connection:
        return tuple(AuthorAnswer(**row._mapping) for row in connection.execute(query))


def find_answer(database: Database, answer_id: str) -> AuthorAnswer | None:
    """Return the author's answer of that id, or None."""
    with database.read() as connection:
        row = connection.execute(sa.select(ANSWERS).where(ANSWERS.c.id == answer_id)).one_or_none()
    return None if row is None else AuthorAnswer(**row._mapping)


# Erasure


def mark_withdrawn(database: Database, reply: Reply, decision: Decision, *, is_erased: bool) -> None:
    """Empty a withdrawn reply's text, and all that says something of its writer if it is erased too."""
    values: dict[str, str | None] = {"text": "", "state": ReplyState.WITHDRAWN.value}
    if is_erased:
        values |= dict.fromkeys(_PERSONAL, "") | {"duplicate_key": None}
    with database.write() as connection:
        connection.execute(sa.update(REPLIES).where(REPLIES.c.id == reply.id).values(values))
        if reply.state is not ReplyState.WITHDRAWN:
            add_decision(connection, decision)


def erase_personal_columns(database: Database, reply_id: str) -> None:
    """Empty a row of everything that says something of its writer.

    Its raw hash stays, or the same message would be taken in again.
    """
    values: dict[str, str | None] = dict.fromkeys((*_PERSONAL, "decided_reason"), "") | {"duplicate_key": None}
    with database.write() as connection:
        connection.execute(sa.update(DECISIONS).where(DECISIONS.c.reply_id == reply_id).values(reason=""))
        connection.execute(sa.update(REPLIES).where(REPLIES.c.id == reply_id).values(values))


def delete_private_answers(database: Database, reply_id: str) -> None:
    """Delete what the author wrote to a reader alone."""
    is_private = (ANSWERS.c.reply_id == reply_id) & ANSWERS.c.is_private
    with database.write() as connection:
        connection.execute(sa.delete(ANSWERS).where(is_private))


def _find(database: Database, condition: sa.ColumnElement[bool]) -> Reply | None:
    with database.read() as connection:
        row = connection.execute(sa.select(*_COLUMNS).where(condition)).one_or_none()
    return None if row is None else _reply(row)


def _reply(row: sa.Row[tuple[object, ...]]) -> Reply:
    values = dict(row._mapping)
    values["state"] = ReplyState(values["state"])
    values["verdict"] = Verdict(values["verdict"])
    values["auth_result"] = AuthResult(values["auth_result"])
    return Reply(**values)
