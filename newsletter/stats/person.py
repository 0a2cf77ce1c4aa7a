"""One person across all stations: the whole record of them, and its erasure.

Erasure goes against the stream, and the roster comes last: what each station holds is found by the roster's
number, so that a call after a kill finds what is left and finishes it.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter import audience, delivery, feedback
from newsletter.address import Address
from newsletter.database import Database
from newsletter.replies import (
    Reply,
    erase_replies,
    names_of,
    raw_path,
    replies_by,
    replies_to_letters_of,
    said_wish,
)
from newsletter.settings import Settings
from newsletter.stats.agreement import withdraw_clicks
from newsletter.tokens import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRecord:
    """All that is held of one person."""

    person: audience.SubscriberRecord | None
    """Subscriber, subscriptions with their consents, suppression; None where the roster knows nothing."""
    deliveries: tuple[delivery.DeliveryRecord, ...]
    facts: tuple[feedback.KnownFact, ...]
    """What was reported of these deliveries."""
    replies: tuple[Reply, ...]
    elsewhere: tuple[Reply, ...]
    """What came to their signed addresses from other ones: theirs too, perhaps."""
    wants_to_hear: bool | None
    """Whether they said that they want to hear of answers to what they wrote."""
    clicks: tuple[feedback.PersonalClick, ...]
    """Which links they followed, if they let that be recorded."""
    notices: tuple[delivery.Notice, ...]
    raw_mails: tuple[Path, ...]
    """Their mails on disk."""

    @property
    def subscriber_id(self) -> int | None:
        """The number under which all stations know them."""
        subscriber = self.person.subscriber if self.person else None
        return subscriber.id if subscriber else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is held."""
        return self.person is None and not (self.deliveries or self.replies or self.notices)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedPerson:
    """What an erasure did."""

    was_known: bool
    replies: int
    tombstones: tuple[Path, ...]
    """The comments' files, which now say only that a comment stood there."""
    notices: int


def record(database: Database, keyring: Keyring, settings: Settings, address: Address) -> WholeRecord:
    """Return all that is held of a person."""
    person = audience.read_subscriber_record(database, keyring, address)
    number = person.subscriber.id if person and person.subscriber else None
    theirs = replies_by(database, number, address)
    lines = delivery.deliveries_to(database, number, address)
    return WholeRecord(
        person=person,
        deliveries=lines,
        facts=tuple(feedback.facts_of(database, [line.id for line in lines])),
        replies=theirs,
        elsewhere=replies_to_letters_of(database, number, address),
        wants_to_hear=said_wish(database, address.key),
        clicks=feedback.clicks_of(database, number) if number is not None else (),
        notices=delivery.notices_to(database, address),
        raw_mails=tuple(path for path in (raw_path(settings, one.raw_hash) for one in theirs) if path.exists()),
    )


def erase(
    database: Database, keyring: Keyring, settings: Settings, address: Address, *, origin: str, now: datetime
) -> ErasedPerson:
    """Forget a person in every station; what stays is a hash that keeps their address from coming in again.

    They are suppressed first, so that nothing is mailed to them meanwhile. A second call changes nothing; after
    DatabaseBusy it is needed, for the database's file may still hold what was deleted.
    """
    number = audience.find_subscriber_id(database, address)
    theirs = replies_by(database, number, address)
    audience.suppress(database, keyring, address, audience.SuppressionReason.ERASED, origin=origin, now=now)
    notices = delivery.erase_recipient(database, number, address, names_of(database, theirs), now=now)
    erased = erase_replies(database, settings, number, address, by=origin, now=now)
    if number is not None:
        proof = audience.ConsentProof(evidence="erased")
        withdraw_clicks(database, number, origin=origin, proof=proof, now=now)
        feedback.forget_reader(database, number)
    feedback.forget_address(database, address.key)
    known = audience.erase_subscriber(database, keyring, address, origin=origin, now=now)
    database.scrub()
    return ErasedPerson(
        was_known=known is not None,
        replies=erased.replies,
        tombstones=erased.tombstones,
        notices=notices,
    )
