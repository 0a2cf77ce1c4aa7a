"""Bounces in qmail's words: a status, or a permanent wording, else nothing is made of them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.feedback import extract_qmail_bounce, parse_qmail_bounce
from newsletter.feedback.apply.rules import Effect, rule_for
from newsletter.feedback.formats.dsn_arf import QMAIL_BOUNCE, parse_report, stored_report
from newsletter.feedback.models import Event, EventKind, EventReason, UnreadableEvent

NOW = datetime(2030, 1, 1, tzinfo=UTC)
GIVEN_UP = (
    "Hi. This is the qmail-send program at mx.example.net.\n"
    "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
    "This is a permanent error; I've given up. Sorry it didn't work out.\n"
)
TRYING = "Hi. This is the qmail-send program at mx.example.net.\nThis message has not been delivered yet.\n"
LETTER = "--- Below this line is a copy of the message.\n\nReturn-Path: <b@x>\nSubject: x\n\n<eve@x>:\nno (#5.1.1)\n"
DELAYED = "I'm not going to try again; this message has been in the queue too long."


def event_of(*paragraphs: str) -> Event:
    bounce = extract_qmail_bounce("\n".join([*paragraphs, LETTER]))
    kept = stored_report(QMAIL_BOUNCE, bounce, delivery_id=7, mailing_id=1, address="jo@example.net", date="")
    return parse_report(kept, NOW)


@pytest.mark.parametrize(
    ("beginning", "reason", "code", "kind", "effect"),
    [
        (GIVEN_UP, "Sorry, no mailbox here by that name. (#5.1.1)", "5.1.1", EventKind.BOUNCED, Effect.SUPPRESS),
        (GIVEN_UP, "Sorry, I couldn't find any host by that name.", "5.0.0", EventKind.BOUNCED, Effect.SUPPRESS),
        (
            GIVEN_UP,
            "The users mailfolder is over the quota. (#5.2.2)",
            "5.2.2",
            EventKind.BOUNCED,
            Effect.COUNT_SOFT_BOUNCE,
        ),
        (GIVEN_UP, "Remote host said: 550 5.7.1 Relaying denied", "5.7.1", EventKind.BOUNCED, Effect.SENDER_FAULT),
        (GIVEN_UP, "Remote host said: 550 SPF check failed", "5.0.0", EventKind.BOUNCED, Effect.SENDER_FAULT),
        (GIVEN_UP, "Remote host said: 550-5.1.1 no such\n550 5.1.1 user", "5.1.1", EventKind.BOUNCED, Effect.SUPPRESS),
        (
            GIVEN_UP,
            f"CNAME lookup failed temporarily. (#4.4.3)\n{DELAYED}",
            "4.4.3",
            EventKind.BOUNCED,
            Effect.COUNT_SOFT_BOUNCE,
        ),
        (GIVEN_UP, f"192.0.2.1 does not like it.\n{DELAYED}", "4.4.7", EventKind.BOUNCED, Effect.COUNT_SOFT_BOUNCE),
        (GIVEN_UP, "Remote host said: 451 come back", "4.0.0", EventKind.BOUNCED, Effect.COUNT_SOFT_BOUNCE),
        (TRYING, "Sorry, no mailbox here by that name. (#5.1.1)", "5.1.1", EventKind.BOUNCED, Effect.SUPPRESS),
        (TRYING, "Connected, but the greeting failed. (#4.4.2)", "4.4.2", EventKind.DEFERRED, Effect.NONE),
        (TRYING, "This is a permanent error.", "5.0.0", EventKind.BOUNCED, Effect.SUPPRESS),
    ],
)
def test_a_status_or_a_permanent_wording_says_what_became_of_it(
    beginning: str, reason: str, code: str, kind: EventKind, effect: Effect
) -> None:
    event = event_of(beginning, f"<jo@example.net>:\n{reason}\n")
    assert (event.code, event.kind, rule_for(event.kind, event.reason).effect) == (code, kind, effect)
    assert (event.delivery_id, event.matched_by, "@" in event.detail) == (7, "signed address", False)


@pytest.mark.parametrize("reason", ["It did not like it.", "Version 5.1.1 of it is old", "Remote host said: 550 no"])
def test_without_either_it_is_unreadable(reason: str) -> None:
    with pytest.raises(UnreadableEvent):
        event_of(TRYING, f"<jo@example.net>:\n{reason}\n")


def test_the_gravest_of_several_counts_and_the_letter_behind_them_does_not() -> None:
    event = event_of(TRYING, "<jo@example.net>:\nlater (#4.4.1)\n", "<ada@example.net>:\n\nnever (#5.1.1)\n")
    assert (event.kind, event.reason) == (EventKind.BOUNCED, EventReason.NO_MAILBOX)
    told = list(parse_qmail_bounce(extract_qmail_bounce(f"{GIVEN_UP}\n<jo@x.example>:\nfull (#5.2.2)\n\n{LETTER}")))
    assert [(each["final-recipient"], each["status"]) for each in told] == [("rfc822; jo@x.example", "5.2.2")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hi. This is the plumber. I fixed it.\n",
        f"Jo wrote:\n\n{GIVEN_UP}\n<jo@example.net>:\nno (#5.1.1)\n",
        "> " + f"{GIVEN_UP}\n<jo@example.net>:\nno (#5.1.1)\n".replace("\n", "\n> "),
        f"{GIVEN_UP}\n{LETTER}",
    ],
)
def test_other_texts_are_none(text: str) -> None:
    assert extract_qmail_bounce(text) == ""


@given(st.lists(st.sampled_from([GIVEN_UP, "<a@b>:\n", "<", ">:", "(#5.1.1)", "\n", "\n\n", "-", " ", "Remote"])))
def test_whatever_stands_in_one_it_is_read(pieces: list[str]) -> None:
    bounce = extract_qmail_bounce(GIVEN_UP + "".join(pieces))
    assert all(group["status"][0] in "45" for group in parse_qmail_bounce(bounce))
