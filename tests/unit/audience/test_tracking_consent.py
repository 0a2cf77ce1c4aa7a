"""Agreeing to clicks: a person's own word, each time with its proof; letters are another matter."""

import io
from datetime import UTC, datetime, timedelta

from newsletter.address import Address
from newsletter.audience import (
    ConsentProof,
    add_subscriber,
    export_csv,
    find_subscriber_id,
    grant_click_consent,
    read_subscriber_record,
    unsubscribe,
    with_click_consent,
    withdraw_click_consent,
)
from newsletter.audience.signup import (
    SignupMailLimits,
    SignupRequestKind,
    expire_signups,
    process_signup_request,
    record_signup_request,
)
from newsletter.database import Database
from newsletter.tokens import Keyring

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ADA = Address.parse("ada@example.org")
OWN_PAGE = ConsentProof(evidence="own page", consent_text="May we?", mail="own-page 3")


def make_ada(database: Database, keyring: Keyring, *lists: str) -> int:
    for name in lists:
        add_subscriber(database, keyring, ADA, name, origin="test", now=NOW)
    number = find_subscriber_id(database, ADA)
    assert number is not None
    return number


def agree(database: Database, number: int) -> bool:
    with database.write() as connection:
        return grant_click_consent(connection, number, origin="web", proof=OWN_PAGE, now=NOW)


def withdraw(database: Database, number: int) -> bool:
    with database.write() as connection:
        return withdraw_click_consent(
            connection, number, origin="web", proof=ConsentProof(evidence="preferences"), now=NOW
        )


def acts(database: Database, keyring: Keyring) -> dict[str, list[tuple[str, ConsentProof]]]:
    """The acts about clicks on each list."""
    record = read_subscriber_record(database, keyring, ADA)
    assert record is not None
    return {
        subscription.list_name: [
            (each.act.value, ConsentProof(evidence=each.evidence, consent_text=each.consent_text, mail=each.mail))
            for each in consents
            if each.act.value.startswith("clicks")
        ]
        for subscription, consents in record.subscriptions
    }


def test_granting_and_withdrawing_is_recorded_on_every_list_that_has_not_ended(
    database: Database, keyring: Keyring
) -> None:
    number = make_ada(database, keyring, "daily", "left", "weekly")
    unsubscribe(database, number, "left", origin="mail", now=NOW)
    assert agree(database, number)
    assert not agree(database, number), "a second time says nothing new"
    assert withdraw(database, number)
    assert not withdraw(database, number)
    both = [("clicks agreed", OWN_PAGE), ("clicks withdrawn", ConsentProof(evidence="preferences"))]
    assert acts(database, keyring) == {"daily": both, "left": [], "weekly": both}


def test_whoever_is_on_no_list_cannot_consent(database: Database, keyring: Keyring) -> None:
    number = make_ada(database, keyring, "weekly")
    unsubscribe(database, number, "weekly", origin="mail", now=NOW)
    assert not agree(database, number)
    assert not agree(database, 999)


def test_consent_covers_the_lists_that_they_are_on(database: Database, keyring: Keyring) -> None:
    number = make_ada(database, keyring, "weekly", "daily")
    asked = {(number, "weekly"), (number, "daily"), (number, "other"), (999, "weekly")}

    def found() -> set[str]:
        with database.write() as connection:
            return {name for _, name in with_click_consent(connection, asked)}

    assert found() == set()
    agree(database, number)
    assert found() == {"weekly", "daily"}
    unsubscribe(database, number, "daily", origin="mail", now=NOW)
    assert found() == {"weekly"}
    withdraw(database, number)
    assert found() == set()


def test_click_consent_does_not_hide_why_somebody_is_on_a_list(database: Database, keyring: Keyring) -> None:
    number = make_ada(database, keyring, "weekly")
    before, after = io.StringIO(), io.StringIO()
    export_csv(database, "weekly", before)
    agree(database, number)
    export_csv(database, "weekly", after)
    assert after.getvalue() == before.getvalue()


def test_click_consent_does_not_keep_an_unconfirmed_subscription(database: Database, keyring: Keyring) -> None:
    number = make_ada(database, keyring, "weekly")
    record_signup_request(database, SignupRequestKind.SIGNUP, ADA, ("daily",), now=NOW)
    with database.write() as connection:
        process_signup_request(connection, keyring, ("daily",), SignupMailLimits(total=10, low_priority=10), NOW)
    agree(database, number)
    assert set(acts(database, keyring)) == {"daily", "weekly"}
    expire_signups(database, NOW + timedelta(days=8))
    assert set(acts(database, keyring)) == {"weekly"}
