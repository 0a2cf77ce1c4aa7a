"""A sender is proven by a valid signature of a domain that may speak for it, and by nothing less."""

from datetime import UTC, datetime

import pytest

from newsletter.replies import AuthResult
from newsletter.replies.authentication import (
    SenderAuthentication,
    authenticate_sender,
    dkim_key_names,
    look_up_keys,
    verify_signatures,
)
from newsletter.replies.authentication.dkim_verification import MAX_SIGNATURES
from newsletter.replies.authentication.from_header import read_from_header
from newsletter.replies.parsing.message import parse_message
from tests.unit.replies.signing import FIELDS, Names, key_pair, signed

NOW = datetime(2026, 11, 3, tzinfo=UTC)
MAIL = (
    b"From: Jo <jo@example.net>\nTo: r+x@reply.example.org\nSubject: Re: Ferries\n"
    b"Date: Mon, 2 Nov 2026 20:00:00 +0000\nMessage-ID: <1@example.net>\n\nI own two.\n"
)


def judged(
    raw: bytes, names: Names, *, verdicts: dict[str, str] | None = None, authserv_id: str | None = None
) -> SenderAuthentication:
    headers = parse_message(raw).headers
    signatures = verify_signatures(raw, headers, look_up_keys(names, dkim_key_names(headers)), NOW)
    return authenticate_sender(headers, signatures, verdicts=verdicts or {}, authserv_id=authserv_id)


@pytest.fixture
def names() -> Names:
    found = Names()
    for domain in ("example.net", "evil.example"):
        found.publish(domain)
    return found


def test_a_valid_signature_of_the_same_domain_is_proof(names: Names) -> None:
    found = judged(signed(MAIL), names)
    assert (found.result, found.reason, found.covered) == (AuthResult.PASS, "dkim=pass d=example.net", ("to",))


def test_a_domain_above_may_speak_and_one_below_may_not(names: Names) -> None:
    names.publish("mail.example.net")
    above = MAIL.replace(b"jo@example.net", b"jo@dept.example.net")
    assert judged(signed(above), names).result is AuthResult.PASS
    assert judged(signed(MAIL, "mail.example.net"), names).result is AuthResult.NONE


def test_line_ends_of_a_maildir_do_not_break_a_signature(names: Names) -> None:
    crlf = signed(MAIL).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert judged(crlf, names).result is AuthResult.PASS
    assert judged(crlf.replace(b"\r\n", b"\n"), names).result is AuthResult.PASS


def test_a_stranger_who_signs_proves_nothing(names: Names) -> None:
    found = judged(signed(MAIL, "evil.example"), names)
    assert found.result is AuthResult.NONE
    assert "not aligned" in found.reason


@pytest.mark.parametrize("suffix", ["net", "", "ample.net", "xample.net"])
def test_part_of_a_name_is_no_domain_above(names: Names, suffix: str) -> None:
    names.publish(suffix)
    tampered = signed(MAIL).replace(b"d=example.net", f"d={suffix}".encode())
    assert judged(tampered, names).result is AuthResult.NONE


def test_a_changed_text_is_refuted(names: Names) -> None:
    found = judged(signed(MAIL).replace(b"two", b"ten"), names)
    assert found.result is AuthResult.FAIL
    assert "changed after it was signed" in found.reason


def test_a_changed_subject_is_refuted(names: Names) -> None:
    assert judged(signed(MAIL).replace(b"Ferries", b"Trains"), names).result is AuthResult.FAIL


def test_a_signature_over_part_of_the_text_proves_nothing(names: Names) -> None:
    found = judged(signed(MAIL, has_length=True) + b"and buy my pills\n", names)
    assert found.result is AuthResult.NONE
    assert "whole body" in found.reason


def test_an_unsigned_from_proves_nothing(names: Names) -> None:
    raw = signed(MAIL)
    unsigned = raw.replace(b"h=from : to", b"h=to").replace(b"h=from:to", b"h=to")
    assert unsigned != raw
    found = judged(unsigned, names)
    assert found.result is AuthResult.NONE
    assert "From field" in found.reason


@pytest.mark.parametrize(("moment", "proof"), [(1_600_000_000, AuthResult.NONE), (1_900_000_000, AuthResult.PASS)])
def test_an_expired_signature_proves_nothing(names: Names, moment: int, proof: AuthResult) -> None:
    found = judged(signed(MAIL, more=b"x=%d" % moment), names)
    assert found.result is proof
    assert ("expired" in found.reason) is (proof is AuthResult.NONE)


def test_a_key_that_is_cut_proves_nothing(names: Names) -> None:
    names.publish("example.net", bits=1024)
    assert judged(signed(MAIL, bits=1024), names).result is AuthResult.PASS
    names.records["s1._domainkey.example.net"] = key_pair(1024)[1][:-200]
    assert judged(signed(MAIL), names).result is AuthResult.NONE


def test_a_key_that_was_revoked_or_is_only_tested_proves_nothing(names: Names) -> None:
    record = key_pair()[1]
    for published in (b"v=DKIM1; p=", record + b"; t=y", b"v=DKIM2; p=x", b"\xff\x00", b""):
        names.records["s1._domainkey.example.net"] = published
        assert judged(signed(MAIL), names).result is AuthResult.NONE, published


def test_a_name_server_that_does_not_answer_is_told_apart(names: Names) -> None:
    from newsletter.replies.authentication import LookupFailure

    names.records["s1._domainkey.example.net"] = LookupFailure.TRY_AGAIN
    assert judged(signed(MAIL), names).result is AuthResult.TEMPERROR
    del names.records["s1._domainkey.example.net"]
    assert judged(signed(MAIL), names).result is AuthResult.NONE


def test_only_so_many_signatures_are_looked_at(names: Names) -> None:
    raw = b"DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=%d; h=from; bh=x; b=x\n" * 50 % tuple(range(50))
    judged(raw + MAIL, names)
    assert len(names.asked) == MAX_SIGNATURES
    assert judged(raw + signed(MAIL), names).result is AuthResult.NONE


@pytest.mark.parametrize(
    "sender",
    [
        b"jo@example.net, eve@evil.example",
        b"Jo <jo@example.net>, Eve <eve@evil.example>",
        b"Jo <jo@example.net> <eve@evil.example>",
        b"<eve@evil.example> <jo@example.net>",
        b"jo@example.net <eve@evil.example>",
        b"friends: jo@example.net;",
        b"Jo <jo@example.net",
        b"Jo <>",
        b'"Jo <jo@example.net>',
        b"Jo (jo@example.net",
        b"Jo <jo@example.net>\nFrom: Eve <eve@evil.example>",
        b"Eve <eve@evil.example>\nfrom: Jo <jo@example.net>",
        b"=?utf-8?q?jo=40example=2Enet?=",
        b"=?utf-8?q?Jo_=3Cjo=40example=2Enet=3E?=",
        b"Jo <jo@example.net@evil.example>",
        b"Jo <@evil.example:jo@example.net>",
        b"jo @ example.net",
        b"",
    ],
)
def test_a_from_line_that_is_not_one_mailbox_proves_nothing(names: Names, sender: bytes) -> None:
    raw = MAIL.replace(b"Jo <jo@example.net>", sender, 1)
    fields = FIELDS
    for found in (judged(signed(raw, fields=fields), names), judged(raw, names, verdicts={"dmarc": "PASS"})):
        assert found.result is AuthResult.NONE
    assert read_from_header(parse_message(raw).headers).address == ""


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        (b'"jo@example.net" <eve@evil.example>', "eve@evil.example"),
        (b'"Jo <jo@example.net>" <eve@evil.example>', "eve@evil.example"),
        (b"=?utf-8?q?jo=40example=2Enet?= <eve@evil.example>", "eve@evil.example"),
        (b"Eve (jo@example.net) <eve@evil.example>", "eve@evil.example"),
        (b"eve@evil.example (jo@example.net)", "eve@evil.example"),
        (b'"a \\" b" <JO@Example.NET>', "jo@example.net"),
        (b"Winter\\, Jo <jo@example.net>", ""),
        (b"jo@example.net", "jo@example.net"),
    ],
)
def test_the_address_and_never_the_name_is_the_sender(sender: bytes, address: str) -> None:
    raw = MAIL.replace(b"Jo <jo@example.net>", sender, 1)
    assert read_from_header(parse_message(raw).headers).address == address


@pytest.mark.parametrize("twice", [b"To: r+y@reply.example.org\n", b"Subject: x\n", b"Content-Type: text/html\n" * 2])
def test_a_field_that_is_there_twice_proves_nothing(names: Names, twice: bytes) -> None:
    found = judged(twice + signed(MAIL), names)
    assert found.result is AuthResult.NONE
    assert "more than one" in found.reason


OURS = b"Authentication-Results: mx.example.org;"


@pytest.mark.parametrize(
    ("field", "proof"),
    [
        (OURS + b" dmarc=pass header.from=example.net\n", AuthResult.PASS),
        (OURS + b" dkim=pass (2048) header.d=example.net; spf=fail\n", AuthResult.PASS),
        (OURS + b" dkim=pass header.i=@example.net header.b=x\n", AuthResult.PASS),
        (
            OURS
            + b"\n spf=pass (spfCheck: domain of example.net designates 192.0.2.1 as permitted sender)"
            + b" client-ip=192.0.2.1; envelope-from=jo@example.net; helo=mail.example.net;\n"
            + b" dkim=pass header.i=@example.net;\n dmarc=pass header.from=example.net;\n",
            AuthResult.PASS,
        ),
        (OURS.replace(b";", b" 1;") + b"\n dmarc=pass (p=none)\n header.from=example.net\n", AuthResult.PASS),
        (b"Authentication-Results: (x) MX.example.ORG (y); dmarc=pass header.from=Example.net\n", AuthResult.PASS),
        (OURS + b" dmarc=fail header.from=example.net; dkim=pass header.d=example.net\n", AuthResult.FAIL),
        (OURS + b" dmarc=pass header.from=evil.example\n", AuthResult.NONE),
        (OURS + b" dmarc=pass\n", AuthResult.NONE),
        (OURS + b" dkim=pass header.d=evil.example\n", AuthResult.NONE),
        (OURS + b" dkim=fail header.d=example.net\n", AuthResult.NONE),
        (OURS + b" spf=pass smtp.mailfrom=example.net\n", AuthResult.NONE),
        (OURS + b' x="; dmarc=pass header.from=example.net"\n', AuthResult.NONE),
        (OURS + b" none (; dmarc=pass header.from=example.net)\n", AuthResult.NONE),
        (OURS + b" dmarc=pass header.from=example.net (never ends\n", AuthResult.NONE),
        (OURS + b" dmarc=passed header.from=example.net\n", AuthResult.NONE),
        (b"Authentication-Results: mx.evil.example; dmarc=pass header.from=example.net\n", AuthResult.NONE),
        (b"Authentication-Results: mx.example.org.evil.example; dmarc=pass header.from=example.net\n", AuthResult.NONE),
        (b"Authentication-Results: evil (mx.example.org); dmarc=pass header.from=example.net\n", AuthResult.NONE),
        (b"Authentication-Results: evil mx.example.org; dmarc=pass header.from=example.net\n", AuthResult.NONE),
        (
            b"Authentication-Results: =?utf-8?q?mx.example.org=3B?= dmarc=pass header.from=example.net\n",
            AuthResult.NONE,
        ),
        (b"X-Authentication-Results: mx.example.org; dmarc=pass header.from=example.net\n", AuthResult.NONE),
        (b"ARC-Authentication-Results: i=1; mx.example.org; dmarc=pass header.from=example.net\n", AuthResult.NONE),
        (OURS + b" none\n" + OURS + b" dmarc=pass header.from=example.net\n", AuthResult.NONE),
        (OURS + b" dmarc=pass header.from=example.net\n" + OURS + b" dmarc=fail\n", AuthResult.PASS),
    ],
)
def test_only_the_topmost_word_of_our_own_border_counts(names: Names, field: bytes, proof: AuthResult) -> None:
    assert judged(field + MAIL, names, authserv_id="mx.example.org").result is proof
    assert judged(field + MAIL, names).result is AuthResult.NONE


@pytest.mark.parametrize(
    ("dmarc", "proof"),
    [
        ("PASS", AuthResult.PASS),
        ("FAIL", AuthResult.FAIL),
        ("GRAY", AuthResult.NONE),
        ("PROCESSING_FAILED", AuthResult.NONE),
        ("", AuthResult.NONE),
    ],
)
def test_ses_says_what_it_found(names: Names, dmarc: str, proof: AuthResult) -> None:
    assert judged(MAIL, names, verdicts={"dmarc": dmarc, "dkim": "PASS", "spf": "PASS"}).result is proof


def test_verdicts_written_into_the_mail_are_nobodys_word(names: Names) -> None:
    raw = b"X-SES-Spam-Verdict: PASS\nX-SES-Dmarc-Verdict: PASS\n" + MAIL
    assert judged(raw, names).result is AuthResult.NONE
