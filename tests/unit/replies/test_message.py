"""Strangers' mail is read within limits, and nothing in it makes the sandbox fail."""

import base64
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.replies.parsing.headers import read_mailbox
from newsletter.replies.parsing.message import MAX_PARTS, MAX_TEXT, parse_message
from newsletter.replies.parsing.text_body import unflow


def test_the_parts_a_reader_would_see_are_taken() -> None:
    message = EmailMessage()
    message["From"] = "Zoë <zoe@example.net>"
    message.set_content("plain")
    message.add_alternative("<p>marked</p>", subtype="html")
    message.add_attachment("secret", filename="notes.txt")
    mail = parse_message(message.as_bytes())
    assert (mail.text.strip(), mail.html.strip(), mail.attachments) == ("plain", "<p>marked</p>", 1)
    assert read_mailbox(mail.headers.get("from")) == ("Zoë", "zoe@example.net")


@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        ("=?utf-8?q?Caf=C3=A9?=", "Café"),
        ("=?utf-8?b?w6k=?= =?utf-8?b?w6g=?=", "éè"),
        ("=?utf-8?b?4pw=?= =?utf-8?b?kw==?=", "✓"),
        ("=?iso-8859-1?Q?a_b?= c", "a b c"),
        ("=?utf-8?q?broken", "=?utf-8?q?broken"),
        ("=?utf-8*en?q?hi?=", "hi"),
        ("a\x00b\x07", "ab"),
    ],
)
def test_header_words_are_decoded(value: str, decoded: str) -> None:
    assert parse_message(f"Subject: {value}\n\n".encode()).headers.get("subject") == decoded


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        ('"Winter, Jo" <JO@example.net>', "Winter, Jo", "jo@example.net"),
        ("jo@example.net (Jo Winter)", "Jo Winter", "jo@example.net"),
        ("jo@example.net", "", "jo@example.net"),
        ("Jo <>", "Jo", ""),
        ("", "", ""),
        ("(((((((((( <jo@example.net>", "((((((((((", "jo@example.net"),
    ],
)
def test_a_from_field_gives_name_and_address(value: str, name: str, address: str) -> None:
    assert read_mailbox(value) == (name, address)


def test_flowed_lines_are_joined_and_the_signature_mark_is_not() -> None:
    assert unflow("one \ntwo\n> quoted \n> on\n-- \nJo") == "one two\n> quoted on\n-- \nJo"
    assert unflow("蜂の \n話", has_delsp=True) == "蜂の話"


def test_nested_parts_end_at_the_limit() -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(3_000))
    assert parse_message(raw).is_cut


def test_parts_beyond_the_limit_are_left_out() -> None:
    mail = parse_message(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 500 + b"--b--")
    assert mail.is_cut
    assert len(mail.kinds) == MAX_PARTS


def test_text_beyond_the_limit_is_cut() -> None:
    body = base64.encodebytes(b"a" * (MAX_TEXT + 10))
    mail = parse_message(b"Content-Transfer-Encoding: base64\n\n" + body)
    assert mail.is_cut
    assert len(mail.text) == MAX_TEXT


def test_a_missing_last_boundary_loses_nothing() -> None:
    mail = parse_message(b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nhello')
    assert mail.text == "hello"


@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    parse_message(raw)
    parse_message(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + raw)
    parse_message(b"Content-Transfer-Encoding: base64\nContent-Type: text/plain; charset=utf-7\n\n" + raw)
