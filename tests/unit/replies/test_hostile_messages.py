"""Whatever is sent to us takes less than a second, breaks nothing and publishes nothing alive."""

import time

import pytest

from newsletter.replies.extract import KnownText, extract
from tests.unit.replies.whole import read_raw

TEXTS = {
    "lead-in without end": "On " + "a " * 25_000,
    "lead-ins": "On x\n" * 4_000,
    "quoted lines": "> q\n" * 20_000,
    "header lines": "From: a\n" * 5_000,
    "spaces": " " * 50_000,
    "dashes": "-" * 50_000,
    "prose": "The ship sailed on. \n" * 10_000,
    "one line": "a" * 1_000_000,
    "words in one line": "word " * 200_000,
    "nothing but NUL": "\0" * 1_000_000,
    "colons": "a:\n" * 80_000,
    "verbs": "wrote:\n" * 40_000,
    "brackets": "<" * 200_000,
    "quote marks": ">" * 250_000,
    "digits": "1 " * 125_000,
    "dates": "1/1/1 " * 40_000,
    "at signs": "a@" * 125_000,
    "long local parts": ("a" * 80 + "@") * 3_000,
    "attributions": "On 2020-01-01 10:00 a@b.cc wrote:\n" * 7_000,
    "attributions with quotes": "On 2020-01-01 10:00 a@b.cc wrote:\n> x\ny\n" * 6_000,
    "attributions apart": "On 2020-01-01 10:00 a@b.cc wrote:\n\n" * 5_000,
    "dividers": "-----Original Message-----\n" * 9_000 + "> q\nx",
    "header blocks": "From: a@b.cc 2020\nSent: 10:00\nTo: x\n" * 6_000,
    "mobile signatures": "sent from my iphone\n\n" * 10_000,
    "signature marks": "-- \n" * 60_000,
    "alternating": "> a\nb\n" * 40_000,
    "blank lines": "\n" * 250_000,
    "run together": "On 1 Jan 2020, at 9:00 <a@b.cc> wrote:  x\n" * 23_000,
    "fences": "```\nFrom: a@b.cc\nSent: 2020 10:00\nTo: b\n" * 24_000,
    "framed": ">>> a 1/1/2020 10:00 >>>\n" * 40_000,
    "greetings": ("Regards,\n" + "\n" * 18) * 35_000,
    "links": "http://" * 40_000,
    "unspaced": "在2020年1月1日，a写道：\n" * 10_000,
}
MARKUP = {
    "deep": "<div>" * 50_000,
    "deep quotations": "<blockquote type=cite>" * 50_000 + "x",
    "attributes": "<p " + "a=b " * 60_000 + ">x",
    "classes": "<p class='" + "a " * 100_000 + "'>x",
    "styles": "<p style='" + "display " * 30_000 + "'>x",
    "entities": "&" * 200_000,
    "open brackets": "<" * 200_000,
    "open comments": "<!--" * 50_000,
    "tables": "<table><tr><td>" * 16_000,
    "bordered boxes": "<div style='border-top:solid #E1E1E1 1.0pt'>" * 250 + "y " * 100_000,
    "attribution boxes": '<div class="gmail_attr">' * 9_000 + "y " * 10_000,
    "breaks": "<br>" * 60_000,
    "preformatted": "<pre>" + "a\n" * 490_000,
}
MAILS = {
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(15_000)),
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 120_000,
    "boundaries alike": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"\n--bb" * 200_000,
    "dashes as boundary": b"Content-Type: multipart/mixed; boundary=" + b"-" * 60_000 + b"\n\n" + b"-" * 900_000,
    "one header": b"X-A: " + b"a" * 1_000_000,
    "header bomb": b"X: y\n" * 200_000,
    "fold": b"Subject: x\n" + b" y\n" * 300_000,
    "encoded words": b"Subject: " + b"=?utf-8?q?" * 90_000,
    "comments in From": b"From: " + b"(" * 60_000,
    "parameters": b"Content-Type: text/plain; " + b"a=b;" * 15_000,
    "quoted parameter": b'Content-Type: text/plain; a="' + b"\\" * 60_000,
    "base64": b"Content-Transfer-Encoding: base64\n\n" + b"=" * 1_000_000,
    "quoted-printable": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=\n" * 500_000,
    "slow codec": b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * 100_000,
    "utf-7": b"Content-Type: text/plain; charset=utf-7\n\n" + b"+" * 1_000_000,
    "flowed": b"Content-Type: text/plain; format=flowed; delsp=yes\n\n" + b"a \n" * 300_000,
    "subject": b"Subject: " + b"re: " * 12_000,
    "references": b"References: " + b"<a@b> " * 10_000,
}
SECONDS = 1.5  # twice what the slowest takes on one slow core; a quadratic step takes minutes


def _timed_text(text: str, html: str = "") -> float:
    begun = time.thread_time()
    extract(text, html, KnownText.of("The harbour wakes at five and nobody owns an alarm clock."))
    return time.thread_time() - begun


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_hostile_text_is_read_in_time(text: str) -> None:
    assert _timed_text(text) < SECONDS


@pytest.mark.parametrize("html", MARKUP.values(), ids=MARKUP)
def test_hostile_markup_is_read_in_time(html: str) -> None:
    assert _timed_text("", html) < SECONDS


@pytest.mark.parametrize("raw", MAILS.values(), ids=MAILS)
def test_hostile_mail_is_read_in_time(raw: bytes) -> None:
    begun = time.thread_time()
    read_raw(raw)
    assert time.thread_time() - begun < SECONDS
