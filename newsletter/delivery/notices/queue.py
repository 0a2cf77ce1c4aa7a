"""Notice queue: planned, claimed and sent notices, with the guarantees that deliveries have.

A notice is recorded before it is due, claimed before it is submitted, and its outcome recorded afterwards. Of one
kind there is at most one notice about one thing. An uncertain notice is never submitted again automatically.
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, column, select, table, types, update

from newsletter.database import Database, UtcDateTime, insert_into
from newsletter.delivery.models import DeliveryStatus
from newsletter.errors import UsageError

FIRST_NOTICE_NUMBER = 10**12
"""Where a number may be a delivery's or a notice's (tokens, tags, the outbox), notices are numbered from here.

No database has so many deliveries.
"""
COMMENT_REPLY = "answered"
"""The kind of notices that tell a commenter about another reader's reply; each is about the comment that replies."""

notices = table(
    "notices",
    *(
        column(name, types.Text)
        for name in (
            *("kind", "about", "recipient", "recipient_name", "list_name", "subject", "text", "in_reply_to"),
            *("references", "status", "reason", "worker", "reference", "html"),
        )
    ),
    *(column(name, types.BigInteger) for name in ("id", "delivery_id", "attempts", "due_at")),
    column("is_automatic", types.Boolean),
    *(column(name, UtcDateTime) for name in ("created_at", "changed_at")),
)
_OWN_MESSAGE_ID = re.compile(r"(\d{1,18})\.([0-9a-f]{16})\.notice@.+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One email to one person."""

    id: int = 0
    """0 until it is planned."""
    kind: str
    """What it is: answer, answered, published, refusal, digest, alert, welcome ..."""
    about: str
    """What it is about; of one kind there is one notice about one thing."""
    recipient: str
    recipient_name: str = ""
    list_name: str
    """The list whose sender it is from."""
    delivery_id: int | None = None
    """The delivery that the recipient replied to, where it goes back to one."""
    subject: str
    text: str
    html: str = ""
    """The same as HTML, where there is any."""
    in_reply_to: str = ""
    """The Message-ID that it replies to, without brackets."""
    references: str = ""
    """The References header of that message."""
    is_automatic: bool
    """Whether no person wrote it, so that autoresponders must not reply to it."""
    status: DeliveryStatus = DeliveryStatus.PLANNED
    reason: str = ""
    attempts: int = 0
    due_at: int = 0
    reference: str = ""
    """What the mail server or provider calls its message."""
    created_at: datetime | None = None

    @property
    def number(self) -> int:
        """Its number among those of deliveries."""
        return FIRST_NOTICE_NUMBER + self.id

    @property
    def digest(self) -> str:
        """Sixteen hex digits that its Message-ID holds, so that it cannot be guessed by counting."""
        content = "\0".join((self.kind, self.about, self.recipient, self.text))
        return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:16]


NOTICE_COLUMNS = [notices.c[name] for name in Notice.__dataclass_fields__]


def plan_notice(connection: Connection, notice: Notice, now: datetime) -> int:
    """Plan a notice and return its id; an existing one of its kind about the same thing is left unchanged."""
    row = {name: getattr(notice, name) for name in Notice.__dataclass_fields__ if name != "id"}
    connection.execute(insert_into(connection, notices).values({**row, "created_at": now}).on_conflict_do_nothing())
    is_same = (notices.c.kind == notice.kind) & (notices.c.about == notice.about)
    return int(connection.execute(select(notices.c.id).where(is_same)).scalar_one())


def is_notice(number: int) -> bool:
    """Return whether a number is a notice's, not a delivery's."""
    return FIRST_NOTICE_NUMBER < number < 2 * FIRST_NOTICE_NUMBER


def find_notice(database: Database, number: int) -> Notice | None:
    """Return the notice with this number, or None."""
    if not is_notice(number):
        return None
    query = select(*NOTICE_COLUMNS).where(notices.c.id == number - FIRST_NOTICE_NUMBER)
    with database.read() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else notice_of(row)


def find_notice_about(database: Database, kinds: Collection[str], about: str) -> Notice | None:
    """Return the newest notice of one of these kinds about something, or None."""
    query = select(*NOTICE_COLUMNS).where(notices.c.kind.in_(kinds), notices.c.about == about)
    with database.read() as connection:
        row = connection.execute(query.order_by(notices.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else notice_of(row)


def find_notice_by_reference(database: Database, reference: str) -> Notice | None:
    """Return the notice whose message has this Message-ID, ours or the provider's, with or without <>; or None."""
    reference = reference.strip().strip("<>")
    own = _OWN_MESSAGE_ID.fullmatch(reference.lower())
    if own is not None:
        notice = find_notice(database, FIRST_NOTICE_NUMBER + int(own[1]))
        return notice if notice is not None and notice.digest == own[2] else None
    name = reference.partition("@")[0]
    query = select(*NOTICE_COLUMNS).where(notices.c.reference == name).limit(1)
    with database.read() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None or not name else notice_of(row)


def list_notices(database: Database, status: DeliveryStatus | None = None) -> tuple[Notice, ...]:
    """Return all notices, or those of one status, oldest first."""
    query = select(*NOTICE_COLUMNS).order_by(notices.c.id)
    if status is not None:
        query = query.where(notices.c.status == status)
    with database.read() as connection:
        return tuple(notice_of(row) for row in connection.execute(query))


def resolve_notice(database: Database, notice_id: int, *, resend: bool, now: datetime) -> Notice:
    """Plan an uncertain or failed notice again, or record an uncertain one as failed; return it as it is then.

    UsageError if there is no such notice, or nothing to resolve.
    """
    notice = find_notice(database, FIRST_NOTICE_NUMBER + notice_id) if 0 < notice_id < FIRST_NOTICE_NUMBER else None
    if notice is None:
        raise UsageError(f"no notice {notice_id}. 'newsletter notices list' lists them")
    resolvable = {DeliveryStatus.UNCERTAIN, DeliveryStatus.FAILED} if resend else {DeliveryStatus.UNCERTAIN}
    if notice.status not in resolvable:
        raise UsageError(f"notice {notice_id} is {notice.status}: there is nothing to resolve")
    if resend and not notice.recipient:
        raise UsageError(f"notice {notice_id}: its recipient was erased. Record it as failed with --skip")
    values = (
        {"status": DeliveryStatus.PLANNED.value, "reason": "", "due_at": 0, "attempts": 0}
        if resend
        else {"status": DeliveryStatus.FAILED.value, "reason": "the author chose not to send it again"}
    )
    with database.write() as connection:
        connection.execute(
            update(notices)
            .where(notices.c.id == notice_id, notices.c.status == notice.status)
            .values({**values, "changed_at": now})
        )
    resolved = find_notice(database, notice.number)
    if resolved is None:
        raise UsageError(f"notice {notice_id} no longer exists")
    return resolved


def notice_of(row: Row[tuple[object, ...]]) -> Notice:
    """Return the notice in a row of NOTICE_COLUMNS."""
    values = dict(row._mapping)
    values["status"] = DeliveryStatus(values["status"])
    return Notice(**values)
