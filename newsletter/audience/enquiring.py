"""Enquiring: an enquiry is noted at the door, weighed afterwards, and answered by whoever holds the address."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, select, update

from newsletter.address import Address
from newsletter.audience.enquiry import (
    JOIN_LASTS,
    ONE_MAIL_WITHIN,
    OWN_LASTS,
    Call,
    Enquiry,
    EnquiryKind,
    EnquiryState,
    Weighed,
    enquiries,
)
from newsletter.audience.joining import confirm_subscription
from newsletter.audience.roster import consents, insert_missing, lists, subscribers, subscriptions
from newsletter.audience.subscriber import ConsentAct, SubscriptionState, SuppressionReason
from newsletter.audience.suppressing import find_suppression, lift
from newsletter.database import Database
from newsletter.tokens import Keyring

_RETURNABLE = frozenset({SuppressionReason.UNSUBSCRIBED, SuppressionReason.ERASED})
"""Suppressions that a person's own confirmation lifts; a bounce, a complaint or the author's word stay."""
_UNREACHABLE = frozenset({SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED})
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCaps:
    """How many mails enquiries may call for within an hour."""

    in_all: int
    slow: int
    """Of those, for enquiries that nothing speaks for."""


def enquire(
    database: Database,
    kind: EnquiryKind,
    address: Address,
    list_names: Sequence[str] = (),
    *,
    language: str = "",
    evidence: str = "",
    words: str = "",
    is_slow: bool = False,
    now: datetime,
) -> None:
    """Note what was asked. The same steps whoever asks, so that nothing can be told from the time they take."""
    with database.write() as connection:
        connection.execute(
            insert(enquiries).values(
                kind=kind.value,
                address=str(address),
                address_key=address.key,
                lists=list(list_names),
                language=language,
                evidence=evidence,
                words=words,
                is_slow=is_slow,
                state=EnquiryState.NEW.value,
                created_at=now,
            )
        )


def weigh_enquiry(
    connection: Connection, keyring: Keyring, known_lists: Collection[str], caps: MailCaps, now: datetime
) -> Weighed | None:
    """Weigh the next enquiry within the caller's transaction; None when none waits or an hour's mails are used up.

    Those that nothing speaks for come last. The subscriptions asked for are pending afterwards; an enquiry that
    calls for no mail is forgotten.
    """
    used = _weighed_since(connection, now - _HOUR)
    if sum(used.values()) >= caps.in_all:
        return None
    waiting = select(enquiries).where(enquiries.c.state == EnquiryState.NEW.value)
    if used.get(True, 0) >= caps.slow:
        waiting = waiting.where(enquiries.c.is_slow.is_(False))
    row = connection.execute(waiting.order_by(enquiries.c.is_slow, enquiries.c.id).limit(1)).one_or_none()
    if row is None:
        return None
    enquiry = _enquiry(row)
    call = _call(connection, keyring, enquiry, known_lists, now)
    mine = enquiries.c.id == enquiry.id
    if call is None:
        connection.execute(delete(enquiries).where(mine))
    else:
        state = EnquiryState.ANSWERED if call is Call.KNOWN else EnquiryState.WEIGHED
        connection.execute(update(enquiries).where(mine).values(state=state.value, weighed_at=now))
    return Weighed(enquiry=enquiry, call=call)


def open_enquiry(database: Database, kind: EnquiryKind, number: int, now: datetime) -> Enquiry | None:
    """Return an enquiry whose mailed link is good still; None for any other number."""
    if not 0 < number < 2**62:
        return None
    with database.read() as connection:
        return _open(connection, kind, number, now)


def confirm_enquiry(
    database: Database,
    keyring: Keyring,
    number: int,
    *,
    evidence: str,
    words: str = "",
    mail: str = "",
    now: datetime,
) -> bool:
    """Confirm the subscriptions of an enquiry; True while its link is good. A second call changes nothing.

    Whoever had left everything, or was erased, comes back by it: that is their own word, proven by mail.
    """
    if not 0 < number < 2**62:
        return False
    with database.write() as connection:
        enquiry = _open(connection, EnquiryKind.JOIN, number, now)
        if enquiry is None:
            return False
        if enquiry.state is EnquiryState.CONFIRMED:
            return True
        address_hash = keyring.address_hash(enquiry.address.key)
        if found := find_suppression(connection, address_hash):
            if found.reason not in _RETURNABLE:
                return False
            lift(connection, address_hash, found.reason, origin="web", now=now)
        subscriber_id = _person(connection, keyring, enquiry.address, enquiry.language, now)
        for list_name in enquiry.lists:
            confirm_subscription(
                connection,
                subscriber_id,
                list_name,
                origin="web",
                evidence=evidence,
                words=words,
                mail=mail,
                now=now,
            )
        connection.execute(
            update(enquiries).where(enquiries.c.id == number).values(state=EnquiryState.CONFIRMED.value)
        )
    return True


def expire_enquiries(database: Database, now: datetime) -> int:
    """Forget enquiries that are over, and whoever never confirmed; returns how many people that were."""
    with database.write() as connection:
        old = connection.scalars(
            select(enquiries.c.id)
            .where(func.coalesce(enquiries.c.weighed_at, enquiries.c.created_at) < now - JOIN_LASTS)
            .limit(5000)
        ).all()
        stale = (
            select(subscriptions.c.id)
            .where(subscriptions.c.state == SubscriptionState.PENDING.value)
            .where(subscriptions.c.changed_at < now - JOIN_LASTS)
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
        connection.execute(delete(enquiries).where(enquiries.c.id.in_(old)))
    return gone.rowcount


_was_asked_for_at_the_web = and_(
    exists().where(
        consents.c.subscription_id == subscriptions.c.id,
        consents.c.act == ConsentAct.REQUESTED.value,
        consents.c.origin == "web",
    ),
    ~exists().where(
        consents.c.subscription_id == subscriptions.c.id, consents.c.act != ConsentAct.REQUESTED.value
    ),
)
"""Nothing but an enquiry stands behind it: what an import or the author made is theirs to delete."""


def _weighed_since(connection: Connection, since: datetime) -> dict[bool, int]:
    rows = connection.execute(
        select(enquiries.c.is_slow, func.count())
        .where(enquiries.c.weighed_at > since)
        .group_by(enquiries.c.is_slow)
    )
    return {bool(is_slow): number for is_slow, number in rows}


def _call(
    connection: Connection, keyring: Keyring, enquiry: Enquiry, known_lists: Collection[str], now: datetime
) -> Call | None:
    """Decide what is mailed, and note what is pending for it."""
    found = find_suppression(connection, keyring.address_hash(enquiry.address.key))
    if enquiry.kind is EnquiryKind.OWN:
        if found is not None and found.reason in _UNREACHABLE:
            return None
        is_known = exists().where(subscribers.c.address_key == enquiry.address.key)
        if not connection.scalar(select(is_known)) or _earlier(connection, enquiry, EnquiryState.WEIGHED, now):
            return None
        return Call.OWN_PAGE
    wanted = [name for name in enquiry.lists if name in known_lists]
    if not wanted or (found is not None and found.reason not in _RETURNABLE):
        return None
    missing = _not_confirmed(connection, enquiry.address, wanted)
    if not missing and found is None:
        return None if _earlier(connection, enquiry, EnquiryState.ANSWERED, now) else Call.KNOWN
    subscriber_id = _person(connection, keyring, enquiry.address, "", now)
    for list_name in missing:
        _make_pending(connection, subscriber_id, list_name, enquiry, now)
    earlier = _earlier(connection, enquiry, EnquiryState.WEIGHED, now)
    if earlier is None:
        return Call.CONFIRM
    merged = list(dict.fromkeys((*earlier.lists, *wanted)))  # its mail is on its way: that link confirms these too
    connection.execute(update(enquiries).where(enquiries.c.id == earlier.id).values(lists=merged))
    return None


def _earlier(connection: Connection, enquiry: Enquiry, state: EnquiryState, now: datetime) -> Enquiry | None:
    """Return the enquiry of this kind and state for which the address has got its mail of the day."""
    row = connection.execute(
        select(enquiries)
        .where(enquiries.c.address_key == enquiry.address.key, enquiries.c.kind == enquiry.kind.value)
        .where(enquiries.c.state == state.value, enquiries.c.weighed_at > now - ONE_MAIL_WITHIN)
        .order_by(enquiries.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _enquiry(row)


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


def _person(connection: Connection, keyring: Keyring, address: Address, language: str, now: datetime) -> int:
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
            update(subscribers)
            .where(subscribers.c.id == row.id)
            .values(fields={**row.fields, "language": language})
        )
    return int(row.id)


def _make_pending(
    connection: Connection, subscriber_id: int, list_name: str, enquiry: Enquiry, now: datetime
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


def _open(connection: Connection, kind: EnquiryKind, number: int, now: datetime) -> Enquiry | None:
    is_join = enquiries.c.kind == EnquiryKind.JOIN.value
    if kind is EnquiryKind.JOIN:
        is_good = is_join & enquiries.c.state.in_((EnquiryState.WEIGHED.value, EnquiryState.CONFIRMED.value))
    else:  # who has it already is told so, with the link to their own page
        is_good = ~is_join | (enquiries.c.state == EnquiryState.ANSWERED.value)
    lasts = JOIN_LASTS if kind is EnquiryKind.JOIN else OWN_LASTS
    row = connection.execute(
        select(enquiries).where(enquiries.c.id == number, is_good, enquiries.c.weighed_at > now - lasts)
    ).one_or_none()
    return None if row is None else _enquiry(row)


def _enquiry(row: Row[Any]) -> Enquiry:
    local, _, domain = row.address.rpartition("@")
    return Enquiry(
        id=row.id,
        kind=EnquiryKind(row.kind),
        address=Address(local, domain),
        lists=tuple(row.lists),
        language=row.language,
        evidence=row.evidence,
        words=row.words,
        is_slow=row.is_slow,
        state=EnquiryState(row.state),
        created_at=row.created_at,
        weighed_at=row.weighed_at,
    )
