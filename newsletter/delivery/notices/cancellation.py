"""Cancellation of notices: why a planned notice must no longer be sent, and what a withdrawn comment does to its own.

Mail that answers its recipient (sign-up mail, the author's answers) stops for bounces and complaints only. The
welcome series, and the notices that tell a commenter about another reader's reply, also stop when the recipient
leaves the list.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from newsletter.address import Address
from newsletter.audience import SuppressionReason, exclusion_reason, suppression_reason
from newsletter.delivery.models import DeliveryStatus
from newsletter.delivery.notices.queue import COMMENT_REPLY, Notice, notices
from newsletter.delivery.notices.welcome_series import WELCOME
from newsletter.delivery.tables import deliveries
from newsletter.tokens import Keyring

_UNDELIVERABLE = {SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED}
_IS_PLANNED_REPLY = (notices.c.kind == COMMENT_REPLY) & (notices.c.status == DeliveryStatus.PLANNED.value)


def reason_to_cancel(connection: Connection, keyring: Keyring, notice: Notice) -> str:
    """Return why a planned notice must no longer be sent; "" if it may."""
    suppression = suppression_reason(connection, keyring, Address.parse(notice.recipient))
    if suppression in _UNDELIVERABLE or (suppression and notice.kind == COMMENT_REPLY):
        return f"the address is suppressed: {suppression}"
    subscriber_id = _list_subscriber(connection, notice)
    exclusion = subscriber_id and exclusion_reason(connection, notice.list_name, subscriber_id)
    return f"the recipient is now {exclusion}" if exclusion else ""


def cancel_comment_replies(connection: Connection, recipient: str) -> None:
    """Delete the planned comment-reply notices to an address, whose owner no longer wants them."""
    connection.execute(delete(notices).where(_IS_PLANNED_REPLY & (notices.c.recipient == recipient)))


def withdraw_comment_replies(connection: Connection, about: Collection[str], now: datetime) -> None:
    """Delete the planned notices about these comments, and clear the text of those already sent."""
    is_about = notices.c.about.in_(about)
    connection.execute(delete(notices).where(_IS_PLANNED_REPLY & is_about))
    connection.execute(update(notices).where(notices.c.kind == COMMENT_REPLY, is_about).values(text="", changed_at=now))


def _list_subscriber(connection: Connection, notice: Notice) -> int | None:
    """Return the subscriber who gets a notice only while on its list; None for other notices."""
    if notice.kind == WELCOME:
        return int(notice.about.split("/", 3)[2])
    if notice.kind == COMMENT_REPLY:
        recipient = select(deliveries.c.subscriber_id).where(deliveries.c.id == notice.delivery_id)
        return connection.scalar(recipient)
    return None
