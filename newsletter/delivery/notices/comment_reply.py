"""Comment replies: the notices that tell a commenter that another reader answered their comment.

They are optional mail: once the recipient unsubscribes, or either comment is withdrawn, none is sent any more. What
a notice says is composed where replies are published; here is when it must not be sent.
"""

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
"""The kind of these notices; each is about the comment that answers."""
_IS_PLANNED = (notices.c.kind == COMMENT_REPLY) & (notices.c.status == DeliveryStatus.PLANNED.value)


def reason_against_comment_reply(connection: Connection, keyring: Keyring, notice: Notice) -> str:
    """Return why such a notice must no longer be sent, "" if it may: not to an address that left the list."""
    if notice.kind != COMMENT_REPLY:
        return ""
    if suppression := suppression_reason(connection, keyring, Address.parse(notice.recipient)):
        return f"the address is suppressed: {suppression}"
    commenter = select(deliveries.c.subscriber_id).where(deliveries.c.id == notice.delivery_id)
    subscriber_id = connection.scalar(commenter)
    exclusion = subscriber_id and exclusion_reason(connection, notice.list_name, subscriber_id)
    return f"the recipient is now {exclusion}" if exclusion else ""


def cancel_comment_replies(connection: Connection, recipient: str) -> None:
    """Delete the planned notices to an address, whose owner no longer wants them."""
    connection.execute(delete(notices).where(_IS_PLANNED & (notices.c.recipient == recipient)))


def withdraw_comment_replies(connection: Connection, about: Collection[str], now: datetime) -> None:
    """Delete the planned notices about these comments, and clear the text of those already sent."""
    is_about = notices.c.about.in_(about)
    connection.execute(delete(notices).where(_IS_PLANNED & is_about))
    connection.execute(update(notices).where(notices.c.kind == COMMENT_REPLY, is_about).values(text="", changed_at=now))
