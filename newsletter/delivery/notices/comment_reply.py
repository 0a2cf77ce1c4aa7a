"""The notice that tells a writer of another reader's answer: a courtesy, which ends when its recipient leaves."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from newsletter.address import Address
from newsletter.audience import exclusion_reason, suppression_reason
from newsletter.delivery.models import DeliveryStatus
from newsletter.delivery.notices.queue import Notice, notices
from newsletter.delivery.tables import deliveries
from newsletter.tokens import Keyring

COMMENT_REPLY = "answered"
"""Its kind; what it is about is the comment that answers."""
_PLANNED = (notices.c.kind == COMMENT_REPLY) & (notices.c.status == DeliveryStatus.PLANNED.value)


def reason_for_silence(connection: Connection, keyring: Keyring, notice: Notice) -> str:
    """Return why such a notice must not leave any more, empty if it may: whoever left the list hears nothing."""
    if notice.kind != COMMENT_REPLY:
        return ""
    if known := suppression_reason(connection, keyring, Address.parse(notice.recipient)):
        return f"the address is suppressed: {known}"
    began = select(deliveries.c.subscriber_id).where(deliveries.c.id == notice.delivery_id)
    subscriber_id = connection.scalar(began)
    exclusion = subscriber_id and exclusion_reason(connection, notice.list_name, subscriber_id)
    return f"they are {exclusion} since" if exclusion else ""


def cancel_comment_replies(connection: Connection, recipient: str) -> None:
    """Let none leave to an address of those that are due."""
    connection.execute(delete(notices).where(_PLANNED & (notices.c.recipient == recipient)))


def withdraw_comment_replies(connection: Connection, about: Collection[str], now: datetime) -> None:
    """Take those about some comments back: what is due never leaves, what has left loses its words here."""
    theirs = notices.c.about.in_(about)
    connection.execute(delete(notices).where(_PLANNED & theirs))
    connection.execute(update(notices).where(notices.c.kind == COMMENT_REPLY, theirs).values(text="", changed_at=now))
