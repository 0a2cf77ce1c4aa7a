"""One person across all packages: everything that is held about them, its erasure, and consent to click tracking.

Erasure runs from the last package to the first: each package finds what it holds by the subscriber's number, so the
subscriber's own row goes last, and a call after a kill finds what is left and finishes it.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter import audience, delivery, feedback
from newsletter.address import Address
from newsletter.audience import ConsentProof
from newsletter.database import Database
from newsletter.delivery.notices import Notice
from newsletter.replies import (
    Reply,
    answer_notification_choice,
    erase_replies,
    notice_subject_ids,
    raw_message_path,
    replies_by_person,
    replies_from_other_addresses,
)
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from newsletter.utc import format_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """Everything that is held about one person."""

    person: audience.SubscriberRecord | None
    """Subscriber, subscriptions with their proofs of consent, suppression; None where audience holds nothing."""
    deliveries: tuple[delivery.DeliveryRecord, ...]
    facts: tuple[feedback.Fact, ...]
    """What was reported about these deliveries."""
    replies: tuple[Reply, ...]
    elsewhere: tuple[Reply, ...]
    """Replies that came from other addresses to this person's signed reply addresses: perhaps theirs too."""
    wants_to_hear: bool | None
    """Whether they want to be notified of comments on what they wrote; None if they never said."""
    clicks: tuple[feedback.PersonalClick, ...]
    """Which links they followed, if they consented to click tracking."""
    notices: tuple[Notice, ...]
    raw_mails: tuple[Path, ...]
    """Their raw messages on disk."""

    @property
    def subscriber_id(self) -> int | None:
        """The subscriber's number, the same in all packages."""
        subscriber = self.person.subscriber if self.person else None
        return subscriber.id if subscriber else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is held."""
        return self.person is None and not (self.deliveries or self.replies or self.notices)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureResult:
    """What an erasure did."""

    was_known: bool
    replies: int
    tombstones: tuple[Path, ...]
    """Comment files that now say only that there was a comment."""
    notices: int


def collect_personal_data(database: Database, keyring: Keyring, settings: Settings, address: Address) -> PersonalData:
    """Return everything that is held about a person."""
    person = audience.read_subscriber_record(database, keyring, address)
    subscriber_id = person.subscriber.id if person and person.subscriber else None
    replies = replies_by_person(database, subscriber_id, address)
    deliveries = delivery.deliveries_to(database, subscriber_id, address)
    return PersonalData(
        person=person,
        deliveries=deliveries,
        facts=tuple(feedback.list_facts(database, [one.id for one in deliveries])),
        replies=replies,
        elsewhere=replies_from_other_addresses(database, subscriber_id, address),
        wants_to_hear=answer_notification_choice(database, address.key),
        clicks=feedback.list_personal_clicks(database, subscriber_id) if subscriber_id is not None else (),
        notices=delivery.notices_to(database, address),
        raw_mails=tuple(
            path for path in (raw_message_path(settings, reply.raw_hash) for reply in replies) if path.exists()
        ),
    )


def erase_person(
    database: Database, keyring: Keyring, settings: Settings, address: Address, *, origin: str, now: datetime
) -> ErasureResult:
    """Erase a person in every package; only a keyed hash stays, which keeps imports from adding the address again.

    The address is suppressed first, so that nothing is mailed to it meanwhile. Calling this again changes nothing;
    after DatabaseBusy it must be called again, because the database file may still hold what was deleted.
    """
    subscriber_id = audience.find_subscriber_id(database, address)
    replies = replies_by_person(database, subscriber_id, address)
    audience.suppress(database, keyring, address, audience.SuppressionReason.ERASED, origin=origin, now=now)
    notices = delivery.erase_recipient(database, subscriber_id, address, notice_subject_ids(database, replies), now=now)
    erased = erase_replies(database, settings, subscriber_id, address, by=origin, now=now)
    if subscriber_id is not None:
        proof = ConsentProof(evidence="erased")
        withdraw_click_tracking(database, subscriber_id, origin=origin, proof=proof, now=now)
        feedback.delete_events_about(database, subscriber_id)
    feedback.delete_events_naming(database, address.key)
    subscriber = audience.erase_subscriber(database, keyring, address, origin=origin, now=now)
    database.vacuum()
    return ErasureResult(
        was_known=subscriber is not None,
        replies=erased.replies,
        tombstones=erased.tombstones,
        notices=notices,
    )


def consent_to_click_tracking(
    database: Database, subscriber_id: int, *, origin: str, proof: ConsentProof, now: datetime
) -> bool:
    """Record that a person consents to click tracking; False if they did already, or are on no list."""
    with database.write() as connection:
        return audience.grant_click_consent(connection, subscriber_id, origin=origin, proof=proof, now=now)


def withdraw_click_tracking(
    database: Database, subscriber_id: int, *, origin: str, proof: ConsentProof, now: datetime
) -> bool:
    """Record that a person withdraws consent to click tracking, and delete their clicks; False if there was none.

    One transaction does both, so that no click of somebody who withdrew is ever kept, even after a kill.
    """
    with database.write() as connection:
        had_consented = audience.withdraw_click_consent(connection, subscriber_id, origin=origin, proof=proof, now=now)
        feedback.delete_personal_clicks(connection, subscriber_id)
    return had_consented


def personal_data_json(address: Address, data: PersonalData) -> dict[str, Any]:
    """Return everything that is held about a person as JSON, for their right of access (GDPR article 15)."""
    nothing = audience.SubscriberRecord(subscriber=None, subscriptions=(), suppression=None)
    return {
        **audience.record_json(address, data.person or nothing),
        "deliveries": [
            {
                "id": one.id,
                "issue": one.slug,
                "list": one.list_name,
                "kind": one.kind,
                "status": one.status,
                "reason": one.reason,
                "changed_at": _utc(one.changed_at),
                "reported": [
                    {"kind": fact.kind, "at": _utc(fact.at), "reason": fact.reason, "detail": fact.detail}
                    for fact in data.facts
                    if fact.delivery_id == one.id
                ],
            }
            for one in data.deliveries
        ],
        "replies": [_reply_json(reply) for reply in data.replies],
        "replies_from_other_addresses": [_reply_json(reply) for reply in data.elsewhere],
        "wants_to_hear_of_answers": data.wants_to_hear,
        "clicks": [{"issue": click.slug, "url": click.url, "day": click.day.isoformat()} for click in data.clicks],
        "notices": [
            {
                "id": notice.id,
                "kind": notice.kind,
                "status": notice.status,
                "subject": notice.subject,
                "text": notice.text,
                "created_at": _utc(notice.created_at),
            }
            for notice in data.notices
        ],
        "raw_mails": [str(path) for path in data.raw_mails],
    }


def _reply_json(reply: Reply) -> dict[str, Any]:
    return {
        "id": reply.id,
        "issue": reply.slug,
        "from": reply.from_address,
        "author": reply.author,
        "received": _utc(reply.received_at),
        "state": reply.state,
        "verdict": reply.verdict,
        "text": reply.text,
    }


def _utc(at: datetime | None) -> str | None:
    return format_utc(at) if at else None
