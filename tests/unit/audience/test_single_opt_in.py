"""Lists that wait for no confirmation: whom that lets in at once, and whom it must not."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.address import Address
from newsletter.audience import (
    Call,
    Consent,
    EnquiryKind,
    MailCaps,
    Proof,
    SuppressionReason,
    add_subscriber,
    confirm_enquiry,
    end_subscription,
    enquire,
    find_subscriber_id,
    show_subscriber,
    suppress,
    weigh_enquiry,
)
from newsletter.database import Database
from newsletter.tokens import Keyring

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
ADA = Address.parse("ada@example.org")


def ask(database: Database, keyring: Keyring, *lists: str, is_slow: bool = False) -> Call | None:
    enquire(
        database,
        EnquiryKind.JOIN,
        ADA,
        lists,
        proof=Proof(evidence="form", words="You get letters"),
        is_slow=is_slow,
        now=NOW,
    )
    with database.write() as connection:
        weighed = weigh_enquiry(
            connection,
            keyring,
            {"weekly", "daily"},
            MailCaps(in_all=100, slow=100),
            NOW + timedelta(minutes=1),
            at_once=["weekly"],
        )
    assert weighed is not None
    return weighed.call


def standing(database: Database, keyring: Keyring) -> dict[str, str]:
    found = show_subscriber(database, keyring, ADA)
    return {s.list_name: s.state.value for s, _ in found.subscriptions} if found else {}


def consents(database: Database, keyring: Keyring) -> tuple[Consent, ...]:
    found = show_subscriber(database, keyring, ADA)
    assert found is not None
    return found.subscriptions[0][1]


def test_whoever_is_new_joins_at_once_with_the_words_they_read(database: Database, keyring: Keyring) -> None:
    assert ask(database, keyring, "weekly") is None
    assert standing(database, keyring) == {"weekly": "confirmed"}
    requested, confirmed = consents(database, keyring)
    assert (requested.act, requested.words) == ("requested", "You get letters")
    assert (confirmed.act, confirmed.evidence, confirmed.mail) == ("confirmed", "single opt-in", "")


def test_a_list_that_waits_still_waits_beside_one_that_does_not(database: Database, keyring: Keyring) -> None:
    assert ask(database, keyring, "daily", "weekly") is Call.CONFIRM
    assert standing(database, keyring) == {"daily": "pending", "weekly": "confirmed"}
    assert confirm_enquiry(database, keyring, 1, proof=Proof(evidence="pressed"), now=NOW + timedelta(hours=1))
    assert standing(database, keyring) == {"daily": "confirmed", "weekly": "confirmed"}


def test_an_enquiry_that_nothing_speaks_for_waits_for_a_confirmation(database: Database, keyring: Keyring) -> None:
    assert ask(database, keyring, "weekly", is_slow=True) is Call.CONFIRM
    assert standing(database, keyring) == {"weekly": "pending"}


@pytest.mark.parametrize("list_name", ["weekly", None])
def test_whoever_left_comes_back_by_their_own_confirmation_alone(
    database: Database, keyring: Keyring, list_name: str | None
) -> None:
    add_subscriber(database, keyring, ADA, "weekly", origin="command line", now=NOW)
    number = find_subscriber_id(database, ADA)
    assert number is not None
    end_subscription(database, number, list_name, origin="web", now=NOW)
    assert ask(database, keyring, "weekly") is Call.CONFIRM
    assert standing(database, keyring) == {"weekly": "ended"}


@pytest.mark.parametrize("reason", [SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED])
def test_the_suppressed_do_not_join(database: Database, keyring: Keyring, reason: SuppressionReason) -> None:
    suppress(database, keyring, ADA, reason, origin="SES", now=NOW)
    assert ask(database, keyring, "weekly") is None
    assert standing(database, keyring) == {}
