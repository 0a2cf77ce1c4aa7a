"""Enquiring: an enquiry is noted at the door, and answered later by whoever holds the address."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, exists, func, insert, select, update

from newsletter.address import Address
from newsletter.audience.models import ABOUT_CLICKS, NO_PROOF, ConsentAct, ConsentProof, SubscriptionState
from newsletter.audience.signup.process import RETURNABLE, note_person
from newsletter.audience.signup.request import (
    MY_DATA_VALID_FOR,
    SIGNUP_VALID_FOR,
    SignupRequest,
    SignupRequestKind,
    SignupRequestState,
    read_signup_request,
    signup_requests,
)
from newsletter.audience.subscriptions import confirm_subscription
from newsletter.audience.suppressions import find_suppression, lift
from newsletter.audience.tables import consents, subscribers, subscriptions
from newsletter.database import Database
from newsletter.tokens import Keyring


def record_signup_request(
    database: Database,
    kind: SignupRequestKind,
    address: Address,
    list_names: Sequence[str] = (),
    *,
    language: str = "",
    proof: ConsentProof = NO_PROOF,
    is_slow: bool = False,
    now: datetime,
) -> None:
    """Note what was asked. The same steps whoever asks, so that nothing can be told from the time they take."""
    with database.write() as connection:
        connection.execute(
            insert(signup_requests).values(
                kind=kind.value,
                address=str(address),
                address_key=address.key,
                lists=list(list_names),
                language=language,
                evidence=proof.evidence,
                words=proof.words,
                is_slow=is_slow,
                state=SignupRequestState.NEW.value,
                created_at=now,
            )
        )


def find_signup_request(
    database: Database, kind: SignupRequestKind, number: int, now: datetime
) -> SignupRequest | None:
    """Return an enquiry whose mailed link is good still; None for any other number."""
    if not 0 < number < 2**62:
        return None
    with database.read() as connection:
        return _open(connection, kind, number, now)


def confirm_signup(database: Database, keyring: Keyring, number: int, *, proof: ConsentProof, now: datetime) -> bool:
    """Confirm the subscriptions of an enquiry; True while its link is good. A second call changes nothing.

    Whoever had left everything, or was erased, comes back by it: that is their own word, proven by mail.
    """
    if not 0 < number < 2**62:
        return False
    with database.write() as connection:
        enquiry = _open(connection, SignupRequestKind.JOIN, number, now)
        if enquiry is None:
            return False
        if enquiry.state is SignupRequestState.CONFIRMED:
            return True
        if found := find_suppression(connection, keyring.address_hash(enquiry.address.key)):
            if found.reason not in RETURNABLE:
                return False
            lift(connection, found, enquiry.address, origin="web", now=now)
        subscriber_id = note_person(connection, keyring, enquiry.address, enquiry.language, now)
        for list_name in enquiry.lists:
            confirm_subscription(connection, subscriber_id, list_name, origin="web", proof=proof, now=now)
        connection.execute(
            update(signup_requests)
            .where(signup_requests.c.id == number)
            .values(state=SignupRequestState.CONFIRMED.value)
        )
    return True


def expire_signups(database: Database, now: datetime) -> int:
    """Forget enquiries that are over, and whoever never confirmed; returns how many people that were."""
    with database.write() as connection:
        old = connection.scalars(
            select(signup_requests.c.id)
            .where(func.coalesce(signup_requests.c.weighed_at, signup_requests.c.created_at) < now - SIGNUP_VALID_FOR)
            .limit(5000)
        ).all()
        stale = (
            select(subscriptions.c.id)
            .where(subscriptions.c.state == SubscriptionState.PENDING.value)
            .where(subscriptions.c.changed_at < now - SIGNUP_VALID_FOR)
            .where(_was_asked_for_at_the_web)
        )
        people = connection.scalars(
            select(subscriptions.c.subscriber_id).where(subscriptions.c.id.in_(stale)).distinct().limit(5000)
        ).all()
        ids = connection.scalars(
            stale.where(subscriptions.c.subscriber_id.in_(people)).with_only_columns(subscriptions.c.id)
        ).all()
        connection.execute(delete(consents).where(consents.c.subscription_id.in_(ids)))
        connection.execute(delete(subscriptions).where(subscriptions.c.id.in_(ids)))
        gone = connection.execute(
            delete(subscribers)
            .where(subscribers.c.id.in_(people))
            .where(~exists().where(subscriptions.c.subscriber_id == subscribers.c.id))
        )
        connection.execute(delete(signup_requests).where(signup_requests.c.id.in_(old)))
    return gone.rowcount


_was_asked_for_at_the_web = and_(
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
"""Nothing but an enquiry stands behind it: what an import or the author made is theirs to delete."""


def _open(connection: Connection, kind: SignupRequestKind, number: int, now: datetime) -> SignupRequest | None:
    is_join = signup_requests.c.kind == SignupRequestKind.JOIN.value
    if kind is SignupRequestKind.JOIN:
        is_good = is_join & signup_requests.c.state.in_(
            (SignupRequestState.WEIGHED.value, SignupRequestState.CONFIRMED.value)
        )
    else:  # who has it already is told so, with the link to their own page
        is_good = ~is_join | (signup_requests.c.state == SignupRequestState.ANSWERED.value)
    lasts = SIGNUP_VALID_FOR if kind is SignupRequestKind.JOIN else MY_DATA_VALID_FOR
    row = connection.execute(
        select(signup_requests).where(
            signup_requests.c.id == number, is_good, signup_requests.c.weighed_at > now - lasts
        )
    ).one_or_none()
    return None if row is None else read_signup_request(row)
