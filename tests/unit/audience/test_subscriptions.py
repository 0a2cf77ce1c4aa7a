"""Joining, leaving, suppression and erasure, each with its proof."""

from datetime import UTC, datetime

import pytest

from newsletter.address import Address
from newsletter.audience import (
    ConsentProof,
    SuppressionReason,
    add_subscriber,
    candidates,
    count_lists,
    ensure_lists,
    erase_subscriber,
    find_subscriber_id,
    lift_suppression,
    list_suppressions,
    read_subscriber_record,
    suppress,
    unsubscribe,
)
from newsletter.database import Database
from newsletter.errors import DecisionRequired
from newsletter.tokens import Keyring

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
ADA = Address.parse("Ada@example.org")


def acts(database: Database, keyring: Keyring) -> list[tuple[str, str, str]]:
    record = read_subscriber_record(database, keyring, ADA)
    assert record is not None
    return [
        (subscription.list_name, consent.act, consent.evidence)
        for subscription, consents in record.subscriptions
        for consent in consents
    ]


def exclusion(database: Database, list_name: str = "weekly") -> dict[str, str | None]:
    with database.read() as connection:
        return {row.address: row.exclusion for row in connection.execute(candidates(list_name))}


def test_adding_somebody_is_idempotent(database: Database, keyring: Keyring) -> None:
    assert add_subscriber(database, keyring, ADA, "weekly", first_name="Ada", origin="command line", now=NOW)
    assert not add_subscriber(database, keyring, ADA, "weekly", origin="command line", now=NOW)
    assert acts(database, keyring) == [("weekly", "confirmed", "")]
    record = read_subscriber_record(database, keyring, ADA)
    assert record is not None
    assert record.subscriber is not None
    assert record.subscriber.first_name == "Ada"


def test_whoever_unsubscribed_may_be_added_again_and_every_step_is_recorded(
    database: Database, keyring: Keyring
) -> None:
    add_subscriber(database, keyring, ADA, "weekly", origin="command line", now=NOW)
    number = find_subscriber_id(database, ADA)
    assert number is not None
    assert unsubscribe(
        database, number, "weekly", origin="mail", now=NOW, proof=ConsentProof(evidence="delivery 7")
    ) == ("weekly",)
    assert unsubscribe(database, number, "weekly", origin="mail", now=NOW) == ()
    assert exclusion(database) == {"Ada@example.org": "unsubscribed"}
    assert add_subscriber(database, keyring, ADA, "weekly", origin="command line", now=NOW)
    assert exclusion(database) == {"Ada@example.org": None}
    assert acts(database, keyring) == [
        ("weekly", "confirmed", ""),
        ("weekly", "ended", "delivery 7"),
        ("weekly", "confirmed", ""),
    ]


def test_unsubscribing_from_one_list_keeps_the_others(database: Database, keyring: Keyring) -> None:
    for name in ("weekly", "daily"):
        add_subscriber(database, keyring, ADA, name, origin="command line", now=NOW)
    number = find_subscriber_id(database, ADA)
    assert number is not None
    unsubscribe(database, number, "daily", origin="mail", now=NOW)
    assert exclusion(database, "weekly") == {"Ada@example.org": None}
    assert exclusion(database, "daily") == {"Ada@example.org": "unsubscribed"}


def test_a_suppressed_address_is_not_added_until_that_is_lifted(database: Database, keyring: Keyring) -> None:
    assert suppress(database, keyring, ADA, SuppressionReason.BOUNCED, origin="report", now=NOW)
    assert not suppress(database, keyring, ADA, SuppressionReason.COMPLAINED, origin="report", now=NOW)
    with pytest.raises(DecisionRequired, match=r"bounced since 02 November 2026.*suppressions remove"):
        add_subscriber(database, keyring, ADA, "weekly", origin="command line", now=NOW)
    assert exclusion(database) == {}
    lifted = lift_suppression(database, keyring, Address.parse("ADA@EXAMPLE.ORG"), origin="command line", now=NOW)
    assert lifted is not None
    assert lifted.reason is SuppressionReason.BOUNCED
    assert lift_suppression(database, keyring, ADA, origin="command line", now=NOW) is None
    assert add_subscriber(database, keyring, ADA, "weekly", origin="command line", now=NOW)


def test_suppressing_and_lifting_are_recorded(database: Database, keyring: Keyring) -> None:
    add_subscriber(database, keyring, ADA, "weekly", origin="command line", now=NOW)
    suppress(database, keyring, ADA, SuppressionReason.BOUNCED, origin="report", now=NOW)
    assert exclusion(database) == {"Ada@example.org": "suppressed"}
    lift_suppression(database, keyring, ADA, origin="command line", now=NOW)
    assert acts(database, keyring)[1:] == [("weekly", "suppressed", "bounced"), ("weekly", "lifted", "bounced")]


def test_suppression_takes_precedence_over_unsubscribing(database: Database, keyring: Keyring) -> None:
    add_subscriber(database, keyring, ADA, "weekly", origin="command line", now=NOW)
    number = find_subscriber_id(database, ADA)
    assert number is not None
    unsubscribe(database, number, "weekly", origin="mail", now=NOW)
    suppress(database, keyring, ADA, SuppressionReason.BOUNCED, origin="report", now=NOW)
    assert exclusion(database) == {"Ada@example.org": "suppressed"}


def test_erasure_leaves_a_hash_and_nothing_else(database: Database, keyring: Keyring) -> None:
    add_subscriber(database, keyring, ADA, "weekly", first_name="Ada", origin="command line", now=NOW)
    number = find_subscriber_id(database, ADA)
    assert erase_subscriber(database, keyring, ADA, origin="command line", now=NOW) == number
    assert erase_subscriber(database, keyring, ADA, origin="command line", now=NOW) is None
    (left,) = list_suppressions(database)
    assert left.address is None
    assert left.suppression.reason is SuppressionReason.ERASED
    record = read_subscriber_record(database, keyring, ADA)
    assert record is not None
    assert record.subscriber is None
    assert exclusion(database) == {}


def test_the_number_of_an_erased_subscriber_is_never_reused(database: Database, keyring: Keyring) -> None:
    add_subscriber(database, keyring, ADA, "weekly", origin="command line", now=NOW)
    number = erase_subscriber(database, keyring, ADA, origin="command line", now=NOW)
    add_subscriber(database, keyring, Address.parse("bob@example.org"), "weekly", origin="command line", now=NOW)
    assert find_subscriber_id(database, Address.parse("bob@example.org")) != number


def test_lists_are_counted_by_state(database: Database, keyring: Keyring) -> None:
    ensure_lists(database, ["weekly", "daily"])
    ensure_lists(database, ["weekly"])
    for name in ("ada", "bob", "cat"):
        add_subscriber(database, keyring, Address(name, "example.org"), "weekly", origin="command line", now=NOW)
    suppress(database, keyring, Address("cat", "example.org"), SuppressionReason.MANUAL, origin="x", now=NOW)
    number = find_subscriber_id(database, Address("bob", "example.org"))
    assert number is not None
    unsubscribe(database, number, "weekly", origin="mail", now=NOW)
    daily, weekly = count_lists(database)
    assert (daily.name, daily.confirmed) == ("daily", 0)
    assert (weekly.confirmed, weekly.ended, weekly.suppressed, weekly.pending) == (1, 1, 1, 0)
