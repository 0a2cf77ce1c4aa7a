"""Why something bounced is told from what reporters really say, and what follows stands in one table."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.feedback.apply.circuit_breaker import BreakerCounts, pause_reason
from newsletter.feedback.apply.rules import RULES, Effect, rule_for
from newsletter.feedback.formats.bounce_classifier import classify_bounce, classify_complaint, diagnostic_text
from newsletter.feedback.formats.dsn_arf import ARF, DSN, field_groups, parse_report, stored_report
from newsletter.feedback.formats.json_envelopes import unwrap
from newsletter.feedback.formats.ses import parse_ses_event
from newsletter.feedback.models import EventKind, EventReason, UnreadableEvent
from newsletter.settings import FeedbackSettings

NOW = datetime(2030, 1, 1, tzinfo=UTC)
BOUNCES = [
    ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown", Effect.SUPPRESS),
    ("Permanent", "NoEmail", "", "", Effect.SUPPRESS),
    ("Permanent", "General", "", "", Effect.SUPPRESS),
    ("Permanent", "General", "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", Effect.SUPPRESS),
    ("Permanent", "General", "5.4.4", "dns; host not found", Effect.SUPPRESS),
    ("Permanent", "General", "5.2.1", "550 5.2.1 account disabled for spam", Effect.SUPPRESS),
    ("Permanent", "Suppressed", "5.1.1", "Amazon SES has suppressed sending", Effect.SUPPRESS),
    ("Permanent", "OnAccountSuppressionList", "5.1.1", "", Effect.SUPPRESS),
    ("Permanent", "OnTenantSuppressionList", "", "", Effect.SUPPRESS),
    ("Permanent", "UnsubscribedRecipient", "", "", Effect.END_SUBSCRIPTION),
    ("Permanent", "General", "5.2.2", "552 5.2.2 mailbox full", Effect.COUNT_SOFT_BOUNCE),
    ("Transient", "MailboxFull", "", "", Effect.COUNT_SOFT_BOUNCE),
    ("Transient", "General", "4.4.7", "4.4.7 message expired", Effect.COUNT_SOFT_BOUNCE),
    ("Transient", "General", "", "", Effect.COUNT_SOFT_BOUNCE),
    ("Undetermined", "Undetermined", "", "", Effect.COUNT_SOFT_BOUNCE),
    ("Permanent", "SomethingNew", "", "", Effect.SUPPRESS),
    ("Transient", "SomethingNew", "", "", Effect.COUNT_SOFT_BOUNCE),
    ("Transient", "MessageTooLarge", "", "", Effect.SENDER_FAULT),
    ("Permanent", "General", "5.3.4", "552 5.3.4 message size exceeds", Effect.SENDER_FAULT),
    ("Transient", "ContentRejected", "", "", Effect.SENDER_FAULT),
    ("Transient", "AttachmentRejected", "", "", Effect.SENDER_FAULT),
    ("Permanent", "General", "5.7.1", "550 5.7.1 blocked using zen.spamhaus.org", Effect.SENDER_FAULT),
    ("Permanent", "General", "5.7.606", "550 5.7.606 Access denied, banned sending IP", Effect.SENDER_FAULT),
    (
        "Permanent",
        "General",
        "5.7.515",
        "550 5.7.515 not the required authentication level",
        Effect.SENDER_FAULT,
    ),
    ("Permanent", "General", "5.7.26", "550-5.7.26 unauthenticated mail is prohibited", Effect.SENDER_FAULT),
    ("Permanent", "General", "5.7.1", "554 5.7.1 looks like spam", Effect.SENDER_FAULT),
    ("Permanent", "General", "5.7.0", "550 5.7.0 no", Effect.SENDER_FAULT),
]


@pytest.mark.parametrize(("kind", "subtype", "status", "words", "effect"), BOUNCES)
def test_a_bounce_has_its_consequence(kind: str, subtype: str, status: str, words: str, effect: Effect) -> None:
    assert rule_for(EventKind.BOUNCED, classify_bounce(kind, subtype, status, words)).effect is effect


@pytest.mark.parametrize(
    ("kind", "effect"),
    [
        *((kind, Effect.SUPPRESS) for kind in ("abuse", "fraud", "other", "", "something-new")),
        *((kind, Effect.SENDER_FAULT) for kind in ("virus", "auth-failure")),
        ("not-spam", Effect.NONE),
    ],
)
def test_a_complaint_has_its_consequence(kind: str, effect: Effect) -> None:
    assert rule_for(EventKind.COMPLAINED, classify_complaint(kind, "")).effect is effect


@given(kind=st.sampled_from(EventKind), reason=st.sampled_from(EventReason))
def test_every_report_has_a_rule_and_only_what_is_suppressed_says_as_what(kind: EventKind, reason: EventReason) -> None:
    rule = rule_for(kind, reason)
    assert rule in RULES
    assert (rule.suppression is not None) is (rule.effect is Effect.SUPPRESS)


@given(st.text(), st.text())
def test_no_address_is_kept_in_a_detail(status: str, words: str) -> None:
    assert "jo@example.net" not in diagnostic_text(status, f"{words} <jo@example.net> {words}")


def test_any_unknown_field_and_odd_type_is_borne() -> None:
    odd = [None, 7, "x", [], {}, [None], [[]], {"x": 1}]
    for value in odd:
        for kind, place in (("Bounce", "bounce"), ("Complaint", "complaint"), ("Delivery", "delivery")):
            for mail in ({}, {"tags": value, "destination": value, "timestamp": value, "commonHeaders": value}):
                found = {"eventType": kind, place: value, "mail": mail, "newField": value}
                assert parse_ses_event(found, NOW) is not None
    assert parse_ses_event({"eventType": "Levitation"}, NOW) is None


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["eventType", "notificationType", "mail", "bounce", "Message", "detail", "Records", "x"]),
        json_values | st.sampled_from(["Bounce", "Send", "Complaint", "Open"]),
    )
)
def test_whatever_comes_it_is_read_or_called_unreadable(found: dict[str, Any]) -> None:
    try:
        for each in unwrap(json.dumps(found)):
            event = parse_ses_event(each, NOW)
            assert event is None or event.at.tzinfo is not None
    except UnreadableEvent:
        pass


def _report(text: str, kind: str = DSN) -> dict[str, Any]:
    return stored_report(
        kind, text, delivery_id=7, mailing_id=1, address="jo@example.net", date="Tue, 01 Jan 2030 12:00:00 +0100"
    )


@pytest.mark.parametrize(
    ("action", "status", "kind", "effect"),
    [
        ("failed", "5.1.1", EventKind.BOUNCED, Effect.SUPPRESS),
        ("Failed (bad mailbox)", "5.1.1", EventKind.BOUNCED, Effect.SUPPRESS),
        ("failed", "5.2.2", EventKind.BOUNCED, Effect.COUNT_SOFT_BOUNCE),
        ("failed", "5.7.1", EventKind.BOUNCED, Effect.SENDER_FAULT),
        ("failed", "4.4.7", EventKind.BOUNCED, Effect.COUNT_SOFT_BOUNCE),
        ("delayed", "4.4.1", EventKind.DEFERRED, Effect.NONE),
        ("delivered", "2.0.0", EventKind.DELIVERED, Effect.NONE),
        ("relayed", "2.0.0", EventKind.SENT, Effect.NONE),
    ],
)
def test_a_delivery_status_report_is_an_event(action: str, status: str, kind: EventKind, effect: Effect) -> None:
    text = (
        f"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; jo@example.net\nAction: {action}\n"
        f"Status: {status}\nDiagnostic-Code: smtp; 550 {status}\n  <jo@example.net> no\n"
    )
    event = parse_report(_report(text), NOW)
    assert (event.kind, rule_for(event.kind, event.reason).effect) == (kind, effect)
    assert event.at == datetime(2030, 1, 1, 11, tzinfo=UTC)
    assert (event.delivery_id, event.mailing_id, event.matched_by) == (7, 1, "signed address")
    assert "jo@" not in event.detail


def test_a_report_of_no_spam_suppresses_nobody() -> None:
    event = parse_report(_report("Feedback-Type: not-spam\nVersion: 1\n", ARF), NOW)
    assert rule_for(event.kind, event.reason).effect is Effect.NONE


@pytest.mark.parametrize("text", ["", "Reporting-MTA: dns; x\n", "Action: \n", "\0" * 99])
def test_a_report_that_tells_nothing_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableEvent):
        parse_report(_report(text), NOW)


@given(st.text(max_size=400))
def test_the_fields_of_any_report_are_read(text: str) -> None:
    assert all(isinstance(group, dict) for group in field_groups(text))


@pytest.mark.parametrize(
    ("sent", "bounced", "complained", "pauses"),
    [
        (199, 199, 199, False),
        (200, 9, 0, False),
        (200, 10, 0, True),
        (1000, 40, 0, False),
        (1000, 41, 0, True),
        (200, 0, 2, False),
        (200, 0, 3, True),
        (10_000, 0, 8, False),
        (10_000, 0, 9, True),
    ],
)
def test_a_mailing_pauses_beyond_a_share_and_a_least_number(
    sent: int, bounced: int, complained: int, pauses: bool
) -> None:
    assert (
        bool(pause_reason(BreakerCounts(sent=sent, bounced=bounced, complained=complained), FeedbackSettings()))
        is pauses
    )
