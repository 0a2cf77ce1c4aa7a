"""Sign-up requests: recorded, processed within the limits, confirmed, and deleted."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.address import Address
from newsletter.audience import (
    ConsentProof,
    SuppressionReason,
    Unsubscription,
    add_subscriber,
    count_lists,
    expire_pauses,
    find_subscriber_id,
    pause,
    read_preferences,
    read_subscriber_record,
    suppress,
    suppression_reason,
    unsubscribe_many,
)
from newsletter.audience.signup import (
    SignupMailKind,
    SignupMailLimits,
    SignupRequestKind,
    confirm_signup,
    expire_signups,
    find_signup_request,
    process_signup_request,
    record_signup_request,
)
from newsletter.database import Database
from newsletter.tokens import Keyring

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
ADA = Address.parse("ada@example.org")
MANY = SignupMailLimits(total=1000, low_priority=1000)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ask(database: Database, address: Address = ADA, *lists: str, now: datetime = NOW, is_slow: bool = False) -> None:
    record_signup_request(
        database, SignupRequestKind.SIGNUP, address, lists or ("weekly",), is_low_priority=is_slow, now=now
    )


def process(
    database: Database, keyring: Keyring, now: datetime = NOW, limits: SignupMailLimits = MANY
) -> list[tuple[int, SignupMailKind | None]]:
    found = []
    with database.write() as connection:
        while (processed := process_signup_request(connection, keyring, {"weekly", "daily"}, limits, now)) is not None:
            found.append((processed.request.id, processed.mail))
    return found


def number_on(database: Database) -> tuple[int, int]:
    return sum(c.confirmed for c in count_lists(database)), sum(c.pending for c in count_lists(database))


def test_a_request_is_confirmed_once_and_then_its_link_no_longer_works(database: Database, keyring: Keyring) -> None:
    ask(database)
    ((number, call),) = process(database, keyring)
    assert call is SignupMailKind.CONFIRMATION
    assert confirm_signup(database, keyring, number, proof=ConsentProof(evidence="test"), now=NOW)
    assert confirm_signup(database, keyring, number, proof=ConsentProof(evidence="test"), now=NOW)
    person = find_subscriber_id(database, ADA)
    assert person is not None
    unsubscribe_many(database, [Unsubscription(subscriber_id=person, list_name="weekly")], origin="web", now=NOW)
    confirm_signup(database, keyring, number, proof=ConsentProof(evidence="test"), now=NOW)
    assert number_on(database) == (0, 0)


def test_a_request_not_confirmed_in_time_is_deleted_with_the_person(database: Database, keyring: Keyring) -> None:
    ask(database)
    ((number, _),) = process(database, keyring)
    assert find_signup_request(database, SignupRequestKind.SIGNUP, number, NOW + 6 * DAY)
    assert expire_signups(database, NOW + 6 * DAY) == 0
    assert not find_signup_request(database, SignupRequestKind.SIGNUP, number, NOW + 8 * DAY)
    assert not confirm_signup(database, keyring, number, proof=ConsentProof(), now=NOW + 8 * DAY)
    assert expire_signups(database, NOW + 8 * DAY) == 1
    assert read_subscriber_record(database, keyring, ADA) is None


def test_expiry_spares_whoever_the_author_added(database: Database, keyring: Keyring) -> None:
    add_subscriber(database, keyring, ADA, "daily", origin="command line", now=NOW)
    ask(database)
    process(database, keyring)
    expire_signups(database, NOW + 8 * DAY)
    assert number_on(database) == (1, 0)


def test_the_hourly_limit_holds_and_low_priority_requests_come_last(database: Database, keyring: Keyring) -> None:
    for number in range(6):
        ask(database, Address.parse(f"slow{number}@example.org"), is_slow=True)
    for number in range(3):
        ask(database, Address.parse(f"good{number}@example.org"))
    limits = SignupMailLimits(total=5, low_priority=1)
    assert [number for number, _ in process(database, keyring, limits=limits)] == [7, 8, 9, 1]
    assert process(database, keyring, NOW + timedelta(minutes=59), limits) == []
    assert [number for number, _ in process(database, keyring, NOW + timedelta(minutes=61), limits)] == [2]


@pytest.mark.parametrize("reason", list(SuppressionReason))
def test_a_confirmation_lifts_only_what_people_chose_themselves(
    database: Database, keyring: Keyring, reason: SuppressionReason
) -> None:
    suppress(database, keyring, ADA, reason, origin="test", now=NOW)
    ask(database)
    found = process(database, keyring)
    may = reason in {SuppressionReason.UNSUBSCRIBED, SuppressionReason.ERASED}
    assert [call for _, call in found] == [SignupMailKind.CONFIRMATION if may else None]
    assert confirm_signup(database, keyring, found[0][0], proof=ConsentProof(), now=NOW) is may
    with database.read() as connection:
        assert suppression_reason(connection, keyring, ADA) == (None if may else reason)


def test_a_bounce_before_the_confirmation_counts(database: Database, keyring: Keyring) -> None:
    ask(database)
    ((number, _),) = process(database, keyring)
    suppress(database, keyring, ADA, SuppressionReason.COMPLAINED, origin="test", now=NOW)
    assert not confirm_signup(database, keyring, number, proof=ConsentProof(), now=NOW)


def test_lists_that_no_longer_exist_are_left_out(database: Database, keyring: Keyring) -> None:
    ask(database, ADA, "gone")
    assert process(database, keyring) == [(1, None)]
    assert read_subscriber_record(database, keyring, ADA) is None


def test_a_pause_ends_by_itself(database: Database, keyring: Keyring) -> None:
    add_subscriber(database, keyring, ADA, "weekly", origin="command line", now=NOW)
    person = find_subscriber_id(database, ADA)
    assert person is not None
    pause(database, person, NOW + DAY)
    for moment, is_over in ((NOW, False), (NOW + DAY, True)):
        with database.write() as connection:
            expire_pauses(connection, moment)
        chosen = read_preferences(database, person)
        assert chosen is not None
        assert (chosen.paused_until is None) is is_over


def test_many_unsubscriptions_at_once_are_as_if_each_came_alone(database: Database, keyring: Keyring) -> None:
    people = []
    for number in range(5):
        address = Address.parse(f"reader{number}@example.org")
        for name in ("weekly", "daily"):
            add_subscriber(database, keyring, address, name, origin="command line", now=NOW)
        people.append(find_subscriber_id(database, address) or 0)
    said = [
        Unsubscription(subscriber_id=people[0], list_name="weekly"),
        Unsubscription(subscriber_id=people[1], list_name="daily"),
        Unsubscription(subscriber_id=people[0], list_name="weekly"),
        Unsubscription(subscriber_id=people[2], list_name=None),
        Unsubscription(subscriber_id=999, list_name="weekly"),
        Unsubscription(subscriber_id=people[3], list_name="unknown"),
    ]
    left = unsubscribe_many(database, said, origin="web", now=NOW)
    assert left == (("weekly",), ("daily",), (), ("daily", "weekly"), (), ())
    assert number_on(database) == (6, 0)
