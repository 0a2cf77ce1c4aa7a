"""Building messages: the bytes hold exactly what the edition and the reader say, however hostile the values."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.address import Address
from newsletter.compose import Edition, EscapeContext, MergeTag, MergeText, fill_merge_tags
from newsletter.delivery.message import headers
from newsletter.delivery.message.build import build_template
from newsletter.delivery.models import Delivery, Mailing, MailingKind
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose
from tests.hypothesis_examples import examples

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEYRING = Keyring((b"k" * 32,))

anything = st.text(st.characters(exclude_categories=("Cs",)), max_size=120)
hostile = st.one_of(
    anything,
    st.sampled_from(
        [
            "Bob, evil <x@y.example>",
            "=?utf-8?q?Evil?=",
            "a\r\nBcc: victim@example.com",
            "\u202egnp.exe",
            '"; DROP\\',
            "é" * 90,
            "x" * 300,
            ".",
            "From ",
            "\x00\x7f\u2028",
            "<script>alert(1)</script>",
            "مرحبا بالعالم",
            "=20=\r\n.\r\n",
        ]
    ),
)


def reader(first: str = "Ada", last: str = "Okafor", **fields: str) -> Delivery:
    return Delivery(
        id=77,
        mailing_id=3,
        subscriber_id=5,
        recipient=Address("ada", "example.org"),
        first_name=first,
        last_name=last,
        fields=fields,
    )


def parse(octets: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(octets)
    assert not message.defects
    assert not any(part.defects for part in message.walk())
    return message


def content(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return str(part.get_content())


@pytest.fixture
def write(
    make_edition: Callable[..., Edition], make_mailing: Callable[..., Mailing], settings: Settings
) -> Callable[..., bytes]:
    def write(
        delivery: Delivery, there: Settings = settings, kind: MailingKind = MailingKind.ISSUE, **parts: object
    ) -> bytes:
        edition = make_edition(**parts)
        return build_template(edition, make_mailing(edition, kind), there, KEYRING).render(delivery, NOW)[1]

    return write


parts = st.lists(
    st.one_of(
        st.text(
            st.characters(exclude_categories=("Cs",), exclude_characters="\r\x00\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"),
            max_size=200,
        ),
        st.sampled_from(
            [
                MergeTag(name="subscriber.first_name", default="friend", context=EscapeContext.HTML),
                MergeTag(name="subscriber.last_name", context=EscapeContext.PLAIN),
                MergeTag(name="subscriber.city", default="= ?", context=EscapeContext.URL),
                "\n\n.\n",
                " \n\t\n",
                "x" * 75,
                "x" * 76,
                "é" * 40,
            ]
        ),
    ),
    max_size=12,
).map(tuple)


@examples(150)
@given(html=parts, text=parts, first=hostile, last=hostile, city=hostile)
def test_the_bodies_equal_those_of_pythons_email_package(
    html: MergeText, text: MergeText, first: str, last: str, city: str
) -> None:
    from tests.unit.delivery.conftest import make_settings

    edition = Edition(
        slug="s",
        list_name="sample",
        title="t",
        language="en",
        subject=("x",),
        preheader="",
        html=html,
        text=text,
        web="",
    )
    mailing = Mailing(
        id=3,
        kind=MailingKind.ISSUE,
        slug="s",
        list_name="sample",
        edition_digest=edition.digest,
        transport="outbox",
        created_at=NOW,
    )
    octets = build_template(edition, mailing, make_settings(), KEYRING).render(reader(first, last, city=city), NOW)[1]
    assert octets.isascii()
    assert b"\n." not in octets  # SMTP has nothing to escape
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert b"\r" not in octets.replace(b"\r\n", b"")
    body = octets.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    values = {"subscriber.first_name": first, "subscriber.last_name": last, "subscriber.city": city}
    reference = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit"))
    reference.set_content(fill_merge_tags(text, values), cte="quoted-printable")
    reference.add_alternative(fill_merge_tags(html, values), subtype="html", cte="quoted-printable")
    made, expected = parse(octets), parse(reference.as_bytes())
    for subtype in ("plain", "html"):
        assert content(made, subtype).rstrip("\r\n") == content(expected, subtype).rstrip("\r\n")


@examples(200)
@given(first=hostile, last=hostile)
def test_no_display_name_can_add_a_recipient_or_a_header(first: str, last: str) -> None:
    from newsletter.delivery.message import headers

    octets = headers.mailbox_header("To", f"{first} {last}", "ada@example.org")
    message = BytesParser(policy=policy.default).parsebytes(octets + b"\r\n\r\n")
    assert message.keys() == ["To"]
    (found,) = message["To"].addresses
    assert found.addr_spec == "ada@example.org"
    assert not re.search(r"=\?.*\?=", found.display_name)
    assert max(map(len, octets.split(b"\r\n"))) <= 78


@examples(200)
@given(name=st.text(st.characters(categories=("L", "N", "P", "S", "M")), min_size=1, max_size=60))
def test_a_display_name_is_decoded_unchanged(name: str) -> None:
    from newsletter.delivery.message import headers

    octets = headers.mailbox_header("To", name, "ada@example.org")
    written = octets.decode("ascii").removeprefix("To: ").removesuffix("ada@example.org>").removesuffix("<").strip()
    if "=?" in name:
        assert not written.removesuffix("ada@example.org").strip()
        return
    shown = str(make_header(decode_header(written)))  # the newer parser puts spaces between encoded-words
    if written.startswith('"'):
        shown = re.sub(r"\\(.)", r"\1", shown.removeprefix('"').removesuffix('"'))
    assert shown == name


@examples(300)
@given(subject=hostile)
def test_a_subject_is_decoded_as_one_line(subject: str) -> None:
    from newsletter.delivery.message import headers

    octets = headers.unstructured_header("Subject", subject)
    message = BytesParser(policy=policy.default).parsebytes(octets + b"\r\n\r\n")
    assert message.keys() == ["Subject"]
    squeezed = " ".join(fill_merge_tags((MergeTag(name="s", context=EscapeContext.PLAIN),), {"s": subject}).split(" "))
    assert re.sub(r"[ \t]+", " ", squeezed).strip(" ") == str(message["Subject"])


def test_a_long_subject_is_folded_below_78() -> None:
    from newsletter.delivery.message import headers

    for text in ("word " * 60, "Übermäßig lange Überschrift " * 10, "長い件名" * 40):
        lines = headers.unstructured_header("Subject", text).split(b"\r\n")
        assert max(map(len, lines)) <= 76


def test_a_header_with_a_url_is_never_an_encoded_word(write: Callable[..., bytes]) -> None:
    head = write(reader()).partition(b"\r\n\r\n")[0]
    assert re.search(
        rb"^List-Unsubscribe: <https://letters\.lamplighter\.example/u/[a-z2-7]{29}>,\r\n <mailto:u\+", head, re.M
    )
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in head
    assert not re.search(rb"^(List-|Message-ID|Reply-To)[^\r]*=\?", head, re.M)


def test_every_header_that_mailbox_providers_require_occurs_once(write: Callable[..., bytes]) -> None:
    message = parse(write(reader()))
    names = [name.lower() for name in message.keys()]  # noqa: SIM118
    assert len(names) == len(set(names))
    assert {"from", "to", "subject", "date", "message-id", "reply-to", "list-id", "list-unsubscribe"} <= set(names)
    assert {"list-unsubscribe-post", "list-help", "list-archive", "list-owner", "list-post", "feedback-id"} <= set(
        names
    )
    assert {"precedence", "x-auto-response-suppress", "x-delivery", "mime-version"} <= set(names)
    assert str(message["From"]) == '"Inês, of the Lamps" <ines@lamplighter.example>'
    assert str(message["List-Id"]) == "The Lamplighter <letters.lamplighter.example>"
    assert str(message["X-Delivery"]) == "77"
    assert message["Date"].datetime == NOW
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_reply_address_is_signed_and_lower_case(write: Callable[..., bytes]) -> None:
    address = str(parse(write(reader()))["Reply-To"])
    assert address == address.lower()
    token = address.removeprefix("r+").partition("@")[0]
    assert KEYRING.verify(Purpose.REPLY, token) == 77


def test_the_links_in_the_bodies_equal_those_in_the_headers(write: Callable[..., bytes]) -> None:
    message = parse(write(reader()))
    web, mail = re.findall(r"<([^>]+)>", str(message["List-Unsubscribe"]))
    assert f'href="{web}"' in content(message, "html")
    assert f'href="mailto:{message["Reply-To"]}"' in content(message, "html")
    assert web in content(message, "plain")
    assert mail.endswith("?subject=unsubscribe")


def test_without_a_web_url_readers_unsubscribe_by_mailto_only(
    write: Callable[..., bytes], with_settings: Callable[..., Settings]
) -> None:
    for web in ({}, {"url": "http://letters.lamplighter.example"}):
        message = parse(write(reader(), with_settings(web=web)))
        assert str(message["List-Unsubscribe"]).startswith("<mailto:u+")
        assert message["List-Unsubscribe-Post"] is None


def test_without_reply_settings_replies_go_to_the_lists_address(
    write: Callable[..., bytes], with_settings: Callable[..., Settings]
) -> None:
    message = parse(write(reader(), with_settings(replies={}, web={})))
    assert str(message["Reply-To"]) == "ines@lamplighter.example"
    assert str(message["List-Unsubscribe"]) == "<mailto:ines@lamplighter.example?subject=unsubscribe>"
    assert "mailto:ines@lamplighter.example?subject=unsubscribe" in content(message, "plain")


def test_an_issues_own_reply_address_takes_precedence(write: Callable[..., bytes]) -> None:
    message = parse(write(reader(), reply_to="desk@lamplighter.example"))
    assert str(message["Reply-To"]) == "desk@lamplighter.example"
    assert "mailto:desk@lamplighter.example" in content(message, "html")


def test_a_test_mailing_says_so_in_its_subject(write: Callable[..., bytes]) -> None:
    message = parse(
        write(
            reader(),
            kind=MailingKind.TEST,
            subject=("Hallo ", MergeTag(name="subscriber.first_name", context=EscapeContext.PLAIN)),
        )
    )
    assert str(message["Subject"]) == "[Test] Hallo Ada"


def test_the_same_reader_gets_the_same_bytes(write: Callable[..., bytes]) -> None:
    assert write(reader()) == write(reader())


def test_a_long_ascii_name_is_folded_at_blanks_only() -> None:
    name = "Ottilie Wilhelmine Friederike Charlotte von Hohenstein-Waldburg, Countess of the Lamps"
    header = headers.mailbox_header("To", name, "ottilie@example.org")
    assert b"=?" not in header
    assert max(map(len, header.split(b"\r\n"))) <= 76
    parsed = BytesParser(policy=policy.default).parsebytes(header + b"\r\n\r\n")
    (address,) = parsed["To"].addresses
    assert (address.display_name, address.addr_spec) == (name, "ottilie@example.org")
