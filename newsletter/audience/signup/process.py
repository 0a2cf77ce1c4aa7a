"""Weighing: what an enquiry is worth, decided where nobody waits for the answer: pending, a mail, or nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from newsletter.address import Address
from newsletter.audience.models import ConsentAct, ConsentProof, SubscriptionState, SuppressionReason
from newsletter.audience.signup.request import (
    ONE_MAIL_WITHIN,
    ProcessedSignup,
    SignupMailKind,
    SignupRequest,
    SignupRequestKind,
    SignupRequestState,
    read_signup_request,
    signup_requests,
)
from newsletter.audience.subscriptions import confirm_subscription
from newsletter.audience.suppressions import find_suppression
from newsletter.audience.tables import consents, insert_missing, lists, subscribers, subscriptions
from newsletter.tokens import Keyring

RETURNABLE = frozenset({SuppressionReason.UNSUBSCRIBED, SuppressionReason.ERASED})
"""Suppressions that a person's own confirmation lifts; a bounce, a complaint or the author's word stay."""
_UNREACHABLE = frozenset({SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED})
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignupMailLimits:
    """How many mails enquiries may call for within an hour."""

    total: int
    low_priority: int
    """Of those, for enquiries that nothing speaks for."""


def process_signup_request(
    connection: Connection,
    keyring: Keyring,
    known_lists: Collection[str],
    caps: SignupMailLimits,
    now: datetime,
    *,
    at_once: Collection[str] = (),
) -> ProcessedSignup | None:
    """Weigh the next enquiry within the caller's transaction; None when none waits or an hour's mails are used up.

    Those that nothing speaks for come last. The subscriptions asked for are pending afterwards; an enquiry that
    calls for no mail is forgotten. The lists to be joined `at_once` need no confirmation, but where somebody left
    or is suppressed, or nothing speaks for the enquiry.
    """
    used = _weighed_since(connection, now - _HOUR)
    if sum(used.values()) >= caps.total:
        return None
    waiting = select(signup_requests).where(signup_requests.c.state == SignupRequestState.NEW.value)
    if used.get(True, 0) >= caps.low_priority:
        waiting = waiting.where(signup_requests.c.is_slow.is_(False))
    row = connection.execute(waiting.order_by(signup_requests.c.is_slow, signup_requests.c.id).limit(1)).one_or_none()
    if row is None:
        return None
    enquiry = read_signup_request(row)
    call = _call(connection, keyring, enquiry, known_lists, at_once, now)
    mine = signup_requests.c.id == enquiry.id
    if call is None:
        connection.execute(delete(signup_requests).where(mine))
    else:
        state = SignupRequestState.ANSWERED if call is SignupMailKind.KNOWN else SignupRequestState.WEIGHED
        connection.execute(update(signup_requests).where(mine).values(state=state.value, weighed_at=now))
    return ProcessedSignup(enquiry=enquiry, call=call)


def _weighed_since(connection: Connection, since: datetime) -> dict[bool, int]:
    rows = connection.execute(
        select(signup_requests.c.is_slow, func.count())
        .where(signup_requests.c.weighed_at > since)
        .group_by(signup_requests.c.is_slow)
    )
    return {bool(is_slow): number for is_slow, number in rows}


def _call(
    connection: Connection,
    keyring: Keyring,
    enquiry: SignupRequest,
    known_lists: Collection[str],
    at_once: Collection[str],
    now: datetime,
) -> SignupMailKind | None:
    """Decide what is mailed, and note what is pending for it."""
    found = find_suppression(connection, keyring.address_hash(enquiry.address.key))
    if enquiry.kind is SignupRequestKind.OWN:
        if found is not None and found.reason in _UNREACHABLE:
            return None
        is_known = exists().where(subscribers.c.address_key == enquiry.address.key)
        if not connection.scalar(select(is_known)) or _earlier(connection, enquiry, SignupRequestState.WEIGHED, now):
            return None
        return SignupMailKind.OWN_PAGE
    wanted = [name for name in enquiry.lists if name in known_lists]
    if not wanted or (found is not None and found.reason not in RETURNABLE):
        return None
    missing = _not_confirmed(connection, enquiry.address, wanted)
    if not missing and found is None:
        return None if _earlier(connection, enquiry, SignupRequestState.ANSWERED, now) else SignupMailKind.KNOWN
    subscriber_id = note_person(connection, keyring, enquiry.address, "", now)
    for list_name in missing:
        _make_pending(connection, subscriber_id, list_name, enquiry, now)
    if found is None and not enquiry.is_slow:
        missing = _join_at_once(connection, subscriber_id, [n for n in missing if n in at_once], missing, now)
        if not missing:
            return None
    earlier = _earlier(connection, enquiry, SignupRequestState.WEIGHED, now)
    if earlier is None:
        return SignupMailKind.CONFIRM
    merged = list(dict.fromkeys((*earlier.lists, *wanted)))  # its mail is on its way: that link confirms these too
    connection.execute(update(signup_requests).where(signup_requests.c.id == earlier.id).values(lists=merged))
    return None


def _join_at_once(
    connection: Connection, subscriber_id: int, names: Sequence[str], asked: Sequence[str], now: datetime
) -> list[str]:
    """Confirm what is pending on these lists; returns which of those asked for wait for a confirmation still."""
    pending = set(
        connection.scalars(
            select(lists.c.name)
            .join(subscriptions, subscriptions.c.list_id == lists.c.id)
            .where(subscriptions.c.subscriber_id == subscriber_id, lists.c.name.in_(names))
            .where(subscriptions.c.state == SubscriptionState.PENDING.value)
        )
    )
    for name in sorted(pending):
        proof = ConsentProof(evidence="single opt-in")
        confirm_subscription(connection, subscriber_id, name, origin="web", proof=proof, now=now)
    return [name for name in asked if name not in pending]


def _earlier(
    connection: Connection, enquiry: SignupRequest, state: SignupRequestState, now: datetime
) -> SignupRequest | None:
    """Return the enquiry of this kind and state for which the address has got its mail of the day."""
    row = connection.execute(
        select(signup_requests)
        .where(signup_requests.c.address_key == enquiry.address.key, signup_requests.c.kind == enquiry.kind.value)
        .where(signup_requests.c.state == state.value, signup_requests.c.weighed_at > now - ONE_MAIL_WITHIN)
        .order_by(signup_requests.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else read_signup_request(row)


def _not_confirmed(connection: Connection, address: Address, wanted: Sequence[str]) -> list[str]:
    confirmed = set(
        connection.scalars(
            select(lists.c.name)
            .join(subscriptions, subscriptions.c.list_id == lists.c.id)
            .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
            .where(subscribers.c.address_key == address.key)
            .where(subscriptions.c.state == SubscriptionState.CONFIRMED.value)
        )
    )
    return [name for name in wanted if name not in confirmed]


def note_person(connection: Connection, keyring: Keyring, address: Address, language: str, now: datetime) -> int:
    """Return the number of the person with this address, noted down if they are new."""
    connection.execute(
        insert_missing(connection, subscribers).values(
            address=str(address),
            address_key=address.key,
            address_hash=keyring.address_hash(address.key),
            first_name="",
            last_name="",
            fields={},
            created_at=now,
        )
    )
    row = connection.execute(
        select(subscribers.c.id, subscribers.c.fields).where(subscribers.c.address_key == address.key)
    ).one()
    if language and not row.fields.get("language"):
        connection.execute(
            update(subscribers).where(subscribers.c.id == row.id).values(fields={**row.fields, "language": language})
        )
    return int(row.id)


def _make_pending(
    connection: Connection, subscriber_id: int, list_name: str, enquiry: SignupRequest, now: datetime
) -> None:
    """Note that a subscription was asked for; one that had ended stays ended until it is confirmed."""
    connection.execute(insert_missing(connection, lists).values(name=list_name))
    list_id = connection.execute(select(lists.c.id).where(lists.c.name == list_name)).scalar_one()
    connection.execute(
        insert_missing(connection, subscriptions).values(
            list_id=list_id,
            subscriber_id=subscriber_id,
            state=SubscriptionState.PENDING.value,
            changed_at=now,
        )
    )
    theirs = (subscriptions.c.list_id == list_id) & (subscriptions.c.subscriber_id == subscriber_id)
    number = connection.execute(select(subscriptions.c.id).where(theirs)).scalar_one()
    connection.execute(
        insert(consents).values(
            subscription_id=number,
            act=ConsentAct.REQUESTED.value,
            at=now,
            origin="web",
            evidence=enquiry.evidence,
            words=enquiry.words,
        )
    )
