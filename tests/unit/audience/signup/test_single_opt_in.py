"""Lists that wait for no confirmation: whom that lets in at once, and whom it must not."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.address import Address
from newsletter.audience import (
    ConsentProof,
    SuppressionReason,
    add_subscriber,
    find_subscriber_id,
    read_subscriber_record,
    suppress,
    unsubscribe,
)
from newsletter.audience.models import Consent
from newsletter.audience.signup import (
    SignupMailKind,
    SignupMailLimits,
    SignupRequestKind,
    confirm_signup,
    process_signup_request,
    record_signup_request,
)
from newsletter.database import Database
from newsletter.tokens import Keyring

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
ADA = Address.parse("ada@example.org")


def ask(database: Database, keyring: Keyring, *lists: str, is_slow: bool = False) -> SignupMailKind | None:
    record_signup_request(
        database,
        SignupRequestKind.SIGNUP,
        ADA,
        lists,
        proof=ConsentProof(evidence="form", consent_text="You get letters"),
        is_low_priority=is_slow,
        now=NOW,
    )
    with database.write() as connection:
        processed = process_signup_request(
            connection,
            keyring,
            {"weekly", "daily"},
            SignupMailLimits(total=100, low_priority=100),
            NOW + timedelta(minutes=1),
            single_opt_in=["weekly"],
        )
    assert processed is not None
    return processed.mail


def standing(database: Database, keyring: Keyring) -> dict[str, str]:
    found = read_subscriber_record(database, keyring, ADA)
    return {s.list_name: s.state.value for s, _ in found.subscriptions} if found else {}


def consents(database: Database, keyring: Keyring) -> tuple[Consent, ...]:
    found = read_subscriber_record(database, keyring, ADA)
    assert found is not None
    return found.subscriptions[0][1]


def test_a_new_subscriber_is_confirmed_at_once_with_the_consent_text(database: Database, keyring: Keyring) -> None:
    assert ask(database, keyring, "weekly") is None
    assert standing(database, keyring) == {"weekly": "confirmed"}
    requested, confirmed = consents(database, keyring)
    assert (requested.act, requested.consent_text) == ("requested", "You get letters")
    assert (confirmed.act, confirmed.evidence, confirmed.mail) == ("confirmed", "single opt-in", "")


def test_double_opt_in_lists_still_wait_beside_single_opt_in_lists(database: Database, keyring: Keyring) -> None:
    assert ask(database, keyring, "daily", "weekly") is SignupMailKind.CONFIRMATION
    assert standing(database, keyring) == {"daily": "pending", "weekly": "confirmed"}
    assert confirm_signup(database, keyring, 1, proof=ConsentProof(evidence="pressed"), now=NOW + timedelta(hours=1))
    assert standing(database, keyring) == {"daily": "confirmed", "weekly": "confirmed"}


def test_a_low_priority_request_needs_a_confirmation(database: Database, keyring: Keyring) -> None:
    assert ask(database, keyring, "weekly", is_slow=True) is SignupMailKind.CONFIRMATION
    assert standing(database, keyring) == {"weekly": "pending"}


@pytest.mark.parametrize("list_name", ["weekly", None])
def test_whoever_unsubscribed_comes_back_only_by_confirming(
    database: Database, keyring: Keyring, list_name: str | None
) -> None:
    add_subscriber(database, keyring, ADA, "weekly", origin="command line", now=NOW)
    number = find_subscriber_id(database, ADA)
    assert number is not None
    unsubscribe(database, number, list_name, origin="web", now=NOW)
    assert ask(database, keyring, "weekly") is SignupMailKind.CONFIRMATION
    assert standing(database, keyring) == {"weekly": "ended"}


@pytest.mark.parametrize("reason", [SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED])
def test_suppressed_addresses_are_not_subscribed(
    database: Database, keyring: Keyring, reason: SuppressionReason
) -> None:
    suppress(database, keyring, ADA, reason, origin="SES", now=NOW)
    assert ask(database, keyring, "weekly") is None
    assert standing(database, keyring) == {}
