"""Notices: mail to one person that is not an edition, kept under the ledger's contract.

A notice is recorded before it is due, claimed before the call and settled after it. It is planned at most
once for what it is about, and submitted at most once by itself; what is uncertain waits for a person's word.
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, column, select, table, update
from sqlalchemy import types as kinds
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from newsletter.database import Database, UtcDateTime
from newsletter.delivery.models import DeliveryStatus
from newsletter.errors import UsageError

FIRST_NOTICE_NUMBER = 10**12
"""Notices are numbered from here on where a number stands for a delivery: in tokens, tags and the outbox.

No ledger has so many deliveries.
"""
MAX_REFERENCES = 20

notices = table(
    "notices",
    *(
        column(name, kinds.Text)
        for name in (
            *("kind", "about", "recipient", "recipient_name", "list_name", "subject", "text", "in_reply_to"),
            *("references", "status", "reason", "worker", "reference", "html"),
        )
    ),
    *(column(name, kinds.BigInteger) for name in ("id", "delivery_id", "attempts", "due_at")),
    column("is_automatic", kinds.Boolean),
    *(column(name, UtcDateTime) for name in ("created_at", "changed_at")),
)
_OURS = re.compile(r"(\d{1,18})\.([0-9a-f]{16})\.notice@.+")
_MESSAGE_ID = re.compile(r"[^\s<>]{3,250}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One mail to one person."""

    id: int = 0
    """0 until it is planned."""
    kind: str
    """What it is: answer, answered, published, refusal, digest, alert."""
    about: str
    """What it is about; of one kind there is one notice about one thing."""
    recipient: str
    recipient_name: str = ""
    list_name: str
    """The list whose sender it is from."""
    delivery_id: int | None = None
    """The delivery of its recipient from which it all began."""
    subject: str
    text: str
    html: str = ""
    """The same as HTML, where there is any."""
    in_reply_to: str = ""
    """The message it answers, without brackets."""
    references: str = ""
    """What that message referred to, as it wrote it."""
    is_automatic: bool
    """Whether no person wrote it: then no machine shall answer it either."""
    status: DeliveryStatus = DeliveryStatus.PLANNED
    reason: str = ""
    attempts: int = 0
    due_at: int = 0
    reference: str = ""
    created_at: datetime | None = None

    @property
    def number(self) -> int:
        """Its number among those of deliveries."""
        return FIRST_NOTICE_NUMBER + self.id

    @property
    def digest(self) -> str:
        """What its Message-ID holds, so that counting up numbers finds nothing."""
        said = "\0".join((self.kind, self.about, self.recipient, self.text))
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]


FIELDS = [notices.c[name] for name in Notice.__dataclass_fields__]


def plan_notice(connection: Connection, notice: Notice, now: datetime) -> int:
    """Plan a notice and return its id; one of its kind about the same thing stays as it is."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    row = {name: getattr(notice, name) for name in Notice.__dataclass_fields__ if name != "id"}
    connection.execute(insert(notices).values({**row, "created_at": now}).on_conflict_do_nothing())
    same = (notices.c.kind == notice.kind) & (notices.c.about == notice.about)
    return int(connection.execute(select(notices.c.id).where(same)).scalar_one())


def find_notice(database: Database, number: int) -> Notice | None:
    """Return the notice of that number among those of deliveries, or None."""
    if not FIRST_NOTICE_NUMBER < number < 2 * FIRST_NOTICE_NUMBER:
        return None
    with database.read() as connection:
        row = connection.execute(select(*FIELDS).where(notices.c.id == number - FIRST_NOTICE_NUMBER)).one_or_none()
    return None if row is None else read_notice(row)


def find_notice_about(database: Database, kinds: Collection[str], about: str) -> Notice | None:
    """Return the notice of one of these kinds about something, or None."""
    query = select(*FIELDS).where(notices.c.kind.in_(kinds), notices.c.about == about)
    with database.read() as connection:
        row = connection.execute(query.order_by(notices.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else read_notice(row)


def find_notice_by_reference(database: Database, reference: str) -> Notice | None:
    """Return the notice whose message has this Message-ID, ours or the provider's, with or without <>; or None."""
    reference = reference.strip().strip("<>")
    ours = _OURS.fullmatch(reference.lower())
    if ours is not None:
        found = find_notice(database, FIRST_NOTICE_NUMBER + int(ours[1]))
        return found if found is not None and found.digest == ours[2] else None
    name = reference.partition("@")[0]
    with database.read() as connection:
        row = connection.execute(select(*FIELDS).where(notices.c.reference == name).limit(1)).one_or_none()
    return None if row is None or not name else read_notice(row)


def list_notices(database: Database, status: DeliveryStatus | None = None) -> tuple[Notice, ...]:
    """Return the notices, oldest first, of one status if asked."""
    query = select(*FIELDS).order_by(notices.c.id)
    if status is not None:
        query = query.where(notices.c.status == status)
    with database.read() as connection:
        return tuple(read_notice(row) for row in connection.execute(query))


def resolve_notice(database: Database, notice_id: int, *, resend: bool, now: datetime) -> Notice:
    """Plan an uncertain or failed notice anew, or count it as failed; UsageError if there is nothing to settle."""
    found = find_notice(database, FIRST_NOTICE_NUMBER + notice_id) if 0 < notice_id < FIRST_NOTICE_NUMBER else None
    if found is None:
        raise UsageError(f"no notice {notice_id}. 'newsletter notices list' names them")
    may = {DeliveryStatus.UNCERTAIN, DeliveryStatus.FAILED} if resend else {DeliveryStatus.UNCERTAIN}
    if found.status not in may:
        raise UsageError(f"notice {notice_id} is {found.status}: there is nothing to settle")
    if resend and not found.recipient:
        raise UsageError(f"notice {notice_id}: its recipient was erased. Count it as failed with --skip")
    values = (
        {"status": DeliveryStatus.PLANNED.value, "reason": "", "due_at": 0, "attempts": 0}
        if resend
        else {"status": DeliveryStatus.FAILED.value, "reason": "the author chose not to send it again"}
    )
    with database.write() as connection:
        connection.execute(
            update(notices)
            .where(notices.c.id == notice_id, notices.c.status == found.status)
            .values({**values, "changed_at": now})
        )
    settled = find_notice(database, found.number)
    if settled is None:
        raise UsageError(f"notice {notice_id} is not there any more")
    return settled


def message_ids(text: str) -> list[str]:
    """Return the ids in a field that may stand in one of ours, without brackets."""
    found = re.findall(r"<([^<>\s]{3,250})>", text) or [text.strip().strip("<>")]
    return [name for name in found if _MESSAGE_ID.fullmatch(name) and name.isascii() and name.isprintable()]


def read_notice(row: Row[tuple[object, ...]]) -> Notice:
    """Return the notice in a row of FIELDS."""
    values = dict(row._mapping)
    values["status"] = DeliveryStatus(values["status"])
    return Notice(**values)
