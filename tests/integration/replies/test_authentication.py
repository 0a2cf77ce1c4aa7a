"""A comment is marked as verified only when its writer was proven, in a mail that was written to us."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from newsletter.replies import AuthResult, Reply, approve, list_replies
from newsletter.replies.authentication import LookupFailure
from tests.integration.replies.conftest import NOW, Harbour
from tests.unit.replies.signing import FIELDS, signed

Mail = Callable[..., str]


@pytest.fixture
def take(harbour: Harbour) -> Callable[[bytes], Reply]:
    """Take one mail in, with the keys of two domains published."""
    for domain in ("example.net", "evil.example"):
        harbour.names.publish(domain)

    def fetched(raw: bytes) -> Reply:
        harbour.deliver(raw)
        (reply,) = harbour.fetch().replies
        return reply

    return fetched


def test_a_signed_answer_is_verified_in_its_comment(
    harbour: Harbour, answer: Mail, take: Callable[[bytes], Reply]
) -> None:
    reply = take(signed(answer()))
    assert (reply.is_verified, reply.auth_result) == (True, AuthResult.PASS)
    path = approve(harbour.database, harbour.settings, reply.id, now=NOW)
    assert "verified: true" in path.read_text()


def test_an_unsigned_answer_is_not_verified(harbour: Harbour, answer: Mail, take: Callable[[bytes], Reply]) -> None:
    reply = take(answer().encode())
    assert (reply.is_verified, reply.is_from_subscriber, reply.auth_reason) == (False, True, "it is not signed")
    path = approve(harbour.database, harbour.settings, reply.id, now=NOW)
    assert "verified: false" in path.read_text()


def test_a_signature_of_somebody_else_is_not_the_subscribers(answer: Mail, take: Callable[[bytes], Reply]) -> None:
    reply = take(signed(answer(sender="Jo Winter <eve@evil.example>"), "evil.example"))
    assert (reply.auth_result, reply.is_from_subscriber, reply.is_verified) == (AuthResult.PASS, False, False)


@pytest.mark.parametrize(
    "sender",
    [
        '"jo@example.net" <eve@evil.example>',
        "jo@example.net, eve@evil.example",
        "jo@example.net <eve@evil.example>",
    ],
)
def test_a_name_that_looks_like_an_address_is_no_address(
    answer: Mail, take: Callable[[bytes], Reply], sender: str
) -> None:
    reply = take(signed(answer(sender=sender), "evil.example"))
    assert not reply.is_verified
    assert not reply.is_from_subscriber


def test_a_mail_to_somebody_else_that_is_handed_to_us_is_not_verified(
    harbour: Harbour, answer: Mail, take: Callable[[bytes], Reply]
) -> None:
    private = signed(answer("Only for Ada.", to="ada@example.net").replace("Delivered-To: ada@example.net\n", ""))
    reply = take(f"Delivered-To: {harbour.address()}\n".encode() + private)
    assert (reply.slug, reply.auth_result, reply.is_verified) == ("ferries", AuthResult.PASS, False)


def test_a_recipient_that_is_not_signed_is_no_recipient(
    harbour: Harbour, answer: Mail, take: Callable[[bytes], Reply]
) -> None:
    private = signed(answer("Only for Ada.", to="ada@example.net"), fields=FIELDS)
    reply = take(f"Cc: {harbour.address()}\n".encode() + private)
    assert (reply.slug, reply.is_verified) == ("ferries", False)


def test_a_forged_word_of_the_border_is_heard_by_nobody(
    harbour: Harbour, answer: Mail, take: Callable[[bytes], Reply]
) -> None:
    forged = "Authentication-Results: mx.example.org; dmarc=pass header.from=example.net\n"
    assert not take(answer(headers=forged).encode()).is_verified


def test_the_word_of_our_own_border_is_heard(harbour: Harbour, answer: Mail) -> None:
    replies = harbour.settings.replies.model_copy(update={"authserv_id": "mx.example.org"})
    trusting = replace(harbour, settings=harbour.settings.model_copy(update={"replies": replies}))
    trusting.deliver(f"Authentication-Results: mx.example.org; dmarc=pass header.from=example.net\n{answer()}")
    assert trusting.fetch().replies[0].is_verified


def test_a_name_server_that_is_away_keeps_nobody_from_reading(harbour: Harbour, answer: Mail) -> None:
    harbour.names.records["s1._domainkey.example.net"] = LookupFailure.TRY_AGAIN
    harbour.deliver(signed(answer()))
    (reply,) = harbour.fetch().replies
    assert (reply.text, reply.auth_result, reply.is_verified) == ("I own two.", AuthResult.TEMPERROR, False)


def test_what_could_not_be_proven_for_now_is_asked_about_again(harbour: Harbour, answer: Mail) -> None:
    harbour.names.records["s1._domainkey.example.net"] = LookupFailure.TRY_AGAIN
    harbour.deliver(signed(answer()))
    (reply,) = harbour.fetch().replies
    assert harbour.fetch().known == 1
    harbour.names.publish("example.net")
    harbour.fetch()
    (now,) = list_replies(harbour.database)
    assert (now.id, now.auth_result, now.is_verified) == (reply.id, AuthResult.PASS, True)
