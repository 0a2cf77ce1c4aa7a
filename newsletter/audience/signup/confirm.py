"""Sign-up confirmation: following the mailed link confirms the subscriptions; old requests are deleted."""

from datetime import datetime

from sqlalchemy import Connection, and_, delete, exists, func, select, update

from newsletter.audience.models import ABOUT_CLICKS, ConsentAct, ConsentProof, SubscriptionState
from newsletter.audience.signup.request import (
    MY_DATA_VALID_FOR,
    SIGNUP_VALID_FOR,
    SignupRequest,
    SignupRequestKind,
    SignupRequestState,
    request_from_row,
    signup_requests,
)
from newsletter.audience.subscriptions import confirm_subscription, ensure_subscriber
from newsletter.audience.suppressions import LIFTED_BY_CONFIRMATION, find_suppression, lift
from newsletter.audience.tables import consents, subscribers, subscriptions
from newsletter.database import Database
from newsletter.tokens import Keyring

_AT_MOST = 5000
"""Requests and people that one call deletes."""


def find_signup_request(
    database: Database, kind: SignupRequestKind, request_id: int, now: datetime
) -> SignupRequest | None:
    """Return a request whose mailed link still works; None for any other number."""
    if not 0 < request_id < 2**62:
        return None
    with database.read() as connection:
        return _find_valid(connection, kind, request_id, now)


def confirm_signup(
    database: Database, keyring: Keyring, request_id: int, *, proof: ConsentProof, now: datetime
) -> bool:
    """Confirm the subscriptions of a request; True while its link works. A second call changes nothing.

    It lifts the suppression of people who had unsubscribed from everything or were erased: that is their own wish,
    proven by the email.
    """
    if not 0 < request_id < 2**62:
        return False
    with database.write() as connection:
        request = _find_valid(connection, SignupRequestKind.SIGNUP, request_id, now)
        if request is None:
            return False
        if request.state is SignupRequestState.CONFIRMED:
            return True
        if suppression := find_suppression(connection, keyring.address_hash(request.address.key)):
            if suppression.reason not in LIFTED_BY_CONFIRMATION:
                return False
            lift(connection, suppression, request.address, origin="web", now=now)
        subscriber_id = ensure_subscriber(connection, keyring, request.address, request.language, now)
        for list_name in request.lists:
            confirm_subscription(connection, subscriber_id, list_name, origin="web", proof=proof, now=now)
        connection.execute(
            update(signup_requests)
            .where(signup_requests.c.id == request_id)
            .values(state=SignupRequestState.CONFIRMED.value)
        )
    return True


def expire_signups(database: Database, now: datetime) -> int:
    """Delete old requests, and the people who never confirmed; returns how many people were deleted."""
    with database.write() as connection:
        old_requests = connection.scalars(
            select(signup_requests.c.id)
            .where(func.coalesce(signup_requests.c.processed_at, signup_requests.c.created_at) < now - SIGNUP_VALID_FOR)
            .limit(_AT_MOST)
        ).all()
        stale = (
            select(subscriptions.c.id)
            .where(subscriptions.c.state == SubscriptionState.PENDING.value)
            .where(subscriptions.c.changed_at < now - SIGNUP_VALID_FOR)
            .where(_was_only_requested)
        )
        people = connection.scalars(
            select(subscriptions.c.subscriber_id).where(subscriptions.c.id.in_(stale)).distinct().limit(_AT_MOST)
        ).all()
        ids = connection.scalars(
            stale.where(subscriptions.c.subscriber_id.in_(people)).with_only_columns(subscriptions.c.id)
        ).all()
        connection.execute(delete(consents).where(consents.c.subscription_id.in_(ids)))
        connection.execute(delete(subscriptions).where(subscriptions.c.id.in_(ids)))
        deleted = connection.execute(
            delete(subscribers)
            .where(subscribers.c.id.in_(people))
            .where(~exists().where(subscriptions.c.subscriber_id == subscribers.c.id))
        )
        connection.execute(delete(signup_requests).where(signup_requests.c.id.in_(old_requests)))
    return deleted.rowcount


_was_only_requested = and_(
    exists().where(
        consents.c.subscription_id == subscriptions.c.id,
        consents.c.act == ConsentAct.REQUESTED.value,
        consents.c.origin == "web",
    ),
    ~exists().where(
        consents.c.subscription_id == subscriptions.c.id,
        consents.c.act.not_in((ConsentAct.REQUESTED, *ABOUT_CLICKS)),
    ),
)
"""Whether a subscription comes from a request alone: what an import or the author made is not deleted."""


def _find_valid(
    connection: Connection, kind: SignupRequestKind, request_id: int, now: datetime
) -> SignupRequest | None:
    is_signup = signup_requests.c.kind == SignupRequestKind.SIGNUP.value
    if kind is SignupRequestKind.SIGNUP:
        states = SignupRequestState.MAILED.value, SignupRequestState.CONFIRMED.value
        is_valid = is_signup & signup_requests.c.state.in_(states)
    else:  # people who are already subscribed get the link to "my data" instead of a confirmation
        is_valid = ~is_signup | (signup_requests.c.state == SignupRequestState.ALREADY_SUBSCRIBED.value)
    valid_for = SIGNUP_VALID_FOR if kind is SignupRequestKind.SIGNUP else MY_DATA_VALID_FOR
    row = connection.execute(
        select(signup_requests)
        .where(signup_requests.c.id == request_id, is_valid)
        .where(signup_requests.c.processed_at > now - valid_for)
    ).one_or_none()
    return None if row is None else request_from_row(row)
