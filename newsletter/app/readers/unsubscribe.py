"""Unsubscribe by the link of an email, for one list or all of them, and undo it for a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter import audience
from newsletter.app.publication import Publication
from newsletter.app.readers.preferences import describe_email
from newsletter.audience import ConsentProof, Preferences, Unsubscription
from newsletter.delivery import Addressee, find_addressee, find_addressees
from newsletter.tokens import Purpose

UNDO_PERIOD = timedelta(hours=24)
"""How long the link of an email, which others may hold too, can also undo an unsubscribe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeRequest:
    """What the holder of an email's link asked for: to leave its list, or every list."""

    delivery_id: int
    from_all: bool
    is_one_click: bool
    text: str = ""
    """The text of the page they saw; empty for a mailbox provider's own button, whose text we do not know."""


def find_recipient(publication: Publication, token: str) -> Addressee | None:
    """Return whose email has this unsubscribe link."""
    number = publication.keyring.verify(Purpose.UNSUBSCRIBE, token)
    return find_addressee(publication.database, number) if number else None


def recipient_preferences(publication: Publication, recipient: Addressee | None) -> Preferences | None:
    """Return the preferences of an email's recipient; None where the person was erased."""
    if recipient is None or recipient.subscriber_id is None:
        return None
    return audience.read_preferences(publication.database, recipient.subscriber_id)


def unsubscribe_many(publication: Publication, requests: Sequence[UnsubscribeRequest], now: datetime) -> None:
    """End the subscriptions of many requests in one transaction; repeating it changes nothing."""
    recipients = find_addressees(publication.database, [request.delivery_id for request in requests])
    endings = [
        Unsubscription(
            subscriber_id=recipient.subscriber_id,
            list_name=None if request.from_all else recipient.list_name,
            proof=ConsentProof(
                evidence=f"delivery {request.delivery_id}{', one click' if request.is_one_click else ''}",
                consent_text=request.text,
                mail=describe_email(request.delivery_id),
            ),
        )
        for request in requests
        if (recipient := recipients.get(request.delivery_id)) is not None and recipient.subscriber_id is not None
    ]
    audience.unsubscribe_many(publication.database, endings, origin="web", now=now)


def undo_unsubscribe(publication: Publication, recipient: Addressee, *, consent_text: str, now: datetime) -> None:
    """Subscribe a reader again who unsubscribed by this email's link within the last day."""
    if recipient.subscriber_id is None:
        return
    mail = describe_email(recipient.delivery_id)
    audience.undo_unsubscribe(
        publication.database,
        recipient.subscriber_id,
        recipient.list_name,
        since=now - UNDO_PERIOD,
        proof=ConsentProof(evidence="taken back", consent_text=consent_text, mail=mail),
        now=now,
    )
