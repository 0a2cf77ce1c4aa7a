"""Sign-up processing: which email a request leads to, decided in the background where nobody waits for the answer.

The subscriptions asked for become pending here, or confirmed on a list with single opt-in.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from newsletter.address import Address
from newsletter.audience.models import ConsentAct, ConsentProof, SubscriptionState, SuppressionReason
from newsletter.audience.signup.request import (
    SignupRequest,
    SignupRequestKind,
    SignupRequestState,
    request_from_row,
    signup_requests,
)
from newsletter.audience.subscriptions import confirm_subscription, ensure_subscriber
from newsletter.audience.suppressions import LIFTED_BY_CONFIRMATION, find_suppression
from newsletter.audience.tables import consents, insert_missing, lists, subscribers, subscriptions
from newsletter.tokens import Keyring

_ONE_EMAIL_WITHIN = timedelta(hours=24)
"""An address gets one email of a kind within this time, however many requests are made for it."""
_UNREACHABLE = frozenset({SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED})
_HOUR = timedelta(hours=1)


class SignupMailKind(StrEnum):
    """The email that a request leads to."""

    CONFIRMATION = "confirmation"
    ALREADY_SUBSCRIBED = "already subscribed"
    MY_DATA = "own page"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedSignup:
    """A request, and the email that it leads to, if any."""

    request: SignupRequest
    mail: SignupMailKind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignupMailLimits:
    """How many emails requests may lead to within an hour."""

    total: int
    low_priority: int
    """Of those, for requests of low priority."""


def process_signup_request(
    connection: Connection,
    keyring: Keyring,
    known_lists: Collection[str],
    limits: SignupMailLimits,
    now: datetime,
    *,
    single_opt_in: Collection[str] = (),
) -> ProcessedSignup | None:
    """Process the next request within the caller's transaction; None when none waits or an hour's limit is reached.

    Requests of low priority come last. A request that leads to no email is deleted. Lists with `single_opt_in` need
    no confirmation, unless the person had unsubscribed or is suppressed, or the request is of low priority.
    """
    used = _processed_since(connection, now - _HOUR)
    if sum(used.values()) >= limits.total:
        return None
    waiting = select(signup_requests).where(signup_requests.c.state == SignupRequestState.NEW.value)
    if used.get(True, 0) >= limits.low_priority:
        waiting = waiting.where(signup_requests.c.is_low_priority.is_(False))
    order = signup_requests.c.is_low_priority, signup_requests.c.id
    row = connection.execute(waiting.order_by(*order).limit(1)).one_or_none()
    if row is None:
        return None
    request = request_from_row(row)
    if request.kind is SignupRequestKind.MY_DATA:
        mail = _process_my_data(connection, keyring, request, now)
    else:
        mail = _process_signup(connection, keyring, request, known_lists, single_opt_in, now)
    this = signup_requests.c.id == request.id
    if mail is None:
        connection.execute(delete(signup_requests).where(this))
    else:
        is_known = mail is SignupMailKind.ALREADY_SUBSCRIBED
        state = SignupRequestState.ALREADY_SUBSCRIBED if is_known else SignupRequestState.MAILED
        connection.execute(update(signup_requests).where(this).values(state=state.value, processed_at=now))
    return ProcessedSignup(request=request, mail=mail)


def _processed_since(connection: Connection, since: datetime) -> Mapping[bool, int]:
    """Return how many requests have led to an email, by whether they are of low priority."""
    rows = connection.execute(
        select(signup_requests.c.is_low_priority, func.count())
        .where(signup_requests.c.processed_at > since)
        .group_by(signup_requests.c.is_low_priority)
    )
    return {bool(is_low_priority): count for is_low_priority, count in rows}


def _process_my_data(
    connection: Connection, keyring: Keyring, request: SignupRequest, now: datetime
) -> SignupMailKind | None:
    suppression = find_suppression(connection, keyring.address_hash(request.address.key))
    if suppression is not None and suppression.reason in _UNREACHABLE:
        return None
    is_known = exists().where(subscribers.c.address_key == request.address.key)
    if not connection.scalar(select(is_known)) or _earlier(connection, request, SignupRequestState.MAILED, now):
        return None
    return SignupMailKind.MY_DATA


def _process_signup(
    connection: Connection,
    keyring: Keyring,
    request: SignupRequest,
    known_lists: Collection[str],
    single_opt_in: Collection[str],
    now: datetime,
) -> SignupMailKind | None:
    """Make the subscriptions pending, and decide what is mailed."""
    suppression = find_suppression(connection, keyring.address_hash(request.address.key))
    wanted = [name for name in request.lists if name in known_lists]
    if not wanted or (suppression is not None and suppression.reason not in LIFTED_BY_CONFIRMATION):
        return None
    missing = _not_confirmed(connection, request.address, wanted)
    if not missing and suppression is None:
        is_told = _earlier(connection, request, SignupRequestState.ALREADY_SUBSCRIBED, now)
        return None if is_told else SignupMailKind.ALREADY_SUBSCRIBED
    subscriber_id = ensure_subscriber(connection, keyring, request.address, "", now)
    for list_name in missing:
        _make_pending(connection, subscriber_id, list_name, request, now)
    if suppression is None and not request.is_low_priority:
        at_once = [name for name in missing if name in single_opt_in]
        missing = _confirm_at_once(connection, subscriber_id, at_once, missing, now)
        if not missing:
            return None
    earlier = _earlier(connection, request, SignupRequestState.MAILED, now)
    if earlier is None:
        return SignupMailKind.CONFIRMATION
    # its email is on the way: that link confirms these lists too
    merged = list(dict.fromkeys((*earlier.lists, *wanted)))
    connection.execute(update(signup_requests).where(signup_requests.c.id == earlier.id).values(lists=merged))
    return None


def _earlier(
    connection: Connection, request: SignupRequest, state: SignupRequestState, now: datetime
) -> SignupRequest | None:
    """Return the request of the same kind for which the address has got its email of the day."""
    row = connection.execute(
        select(signup_requests)
        .where(signup_requests.c.address_key == request.address.key, signup_requests.c.kind == request.kind.value)
        .where(signup_requests.c.state == state.value, signup_requests.c.processed_at > now - _ONE_EMAIL_WITHIN)
        .order_by(signup_requests.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else request_from_row(row)


def _not_confirmed(connection: Connection, address: Address, wanted: Sequence[str]) -> list[str]:
    """Return the lists to which an address has no confirmed subscription."""
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


def _make_pending(
    connection: Connection, subscriber_id: int, list_name: str, request: SignupRequest, now: datetime
) -> None:
    """Record that a subscription was asked for; one that had ended stays ended until it is confirmed."""
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
    is_theirs = (subscriptions.c.list_id == list_id) & (subscriptions.c.subscriber_id == subscriber_id)
    subscription_id = connection.execute(select(subscriptions.c.id).where(is_theirs)).scalar_one()
    connection.execute(
        insert(consents).values(
            subscription_id=subscription_id,
            act=ConsentAct.REQUESTED.value,
            at=now,
            origin="web",
            evidence=request.evidence,
            consent_text=request.consent_text,
        )
    )


def _confirm_at_once(
    connection: Connection, subscriber_id: int, names: Sequence[str], asked: Sequence[str], now: datetime
) -> list[str]:
    """Confirm what is pending on lists with single opt-in; returns which of those asked for still need confirmation."""
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
