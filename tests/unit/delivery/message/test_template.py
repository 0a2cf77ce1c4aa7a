"""Message templates: rendered messages decode to exactly what was meant, whatever names and titles hold."""

import quopri
import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.address import Address
from newsletter.compose import Edition, EscapeContext, MergeTag, MergeText, fill_merge_tags
from newsletter.delivery.message.build import MessageTemplate, build_template
from newsletter.delivery.models import Delivery, Mailing
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from tests.hypothesis_examples import examples
from tests.unit.delivery.conftest import make_settings

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEYRING = Keyring((b"k" * 32,))
Assemble = Callable[..., bytes]

character = st.characters(exclude_categories=("Cs",))
nasty = st.sampled_from(
    [
        "Bob, evil <x@y.example>",
        "=?utf-8?q?Evil?=",
        "=?utf-8?b?RXZpbA==?= =?utf-8?b?RXZpbA==?=",
        "a\r\nBcc: victim@example.com\r\n\r\n<html>",
        "a\nX: y",
        "a\rX: y",
        "\u2028X: y\u2029\x85\x0b\x0c\x1c",
        '"; DROP\\ \\" \\',
        "(comment) group: a@b.example;",
        "é" * 200,
        "👩‍👩‍👧‍👦" * 30,
        "x" * 998,
        ".\r\n.",
        "From me",
        "\x00\x01\x7f\ufeff",
        "   ",
        "مرحبا بالعالم",
        "=\r\n=20=3D=",
        "a  b\tc ",
        "--=_",
    ]
)
hostile = st.one_of(st.text(character, max_size=120), nasty)
slots = st.sampled_from(
    [
        MergeTag(name="subscriber.first_name", default="friend", context=EscapeContext.HTML),
        MergeTag(name="subscriber.last_name", context=EscapeContext.PLAIN),
        MergeTag(name="subscriber.city", default="= ?", context=EscapeContext.URL),
    ]
)
static = st.one_of(
    st.text(character, max_size=200),
    st.sampled_from(["\n.\n..\n", "\r\n \t\r\n", "\r", "x" * 75, "x" * 76, "é" * 40, "= \n", "From x\n", "--=_\n"]),
)
parts = st.lists(st.one_of(static, slots), max_size=10).map(tuple)


def reader(first: str = "Ada", last: str = "Okafor", address: str = "ada@example.org", city: str = "") -> Delivery:
    return Delivery(
        id=77,
        mailing_id=3,
        subscriber_id=5,
        recipient=Address.parse(address),
        first_name=first,
        last_name=last,
        fields={"city": city},
    )


@pytest.fixture(scope="session")
def make_template(
    make_edition: Callable[..., Edition], make_mailing: Callable[..., Mailing]
) -> Callable[..., MessageTemplate]:
    def make(settings: Settings | None = None, **parts: object) -> MessageTemplate:
        edition = make_edition(**parts)
        return build_template(edition, make_mailing(edition), settings or make_settings(), KEYRING)

    return make


def parse(octets: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(octets)
    assert not any(part.defects for part in message.walk())
    return message


def head_of(octets: bytes) -> bytes:
    return octets.partition(b"\r\n\r\n")[0]


def on_one_line(text: str) -> str:
    """A text as a header holds it: one line, single blanks, no control characters."""
    plain = fill_merge_tags((MergeTag(name="x", context=EscapeContext.PLAIN),), {"x": text})
    return re.sub(r"[ \t]+", " ", plain).strip(" ")


@examples(200)
@given(first=hostile, last=hostile, city=hostile)
def test_no_value_can_add_change_or_remove_a_header(
    make_template: Callable[..., MessageTemplate], first: str, last: str, city: str
) -> None:
    subject: MergeText = ("Hello ", MergeTag(name="subscriber.name", context=EscapeContext.PLAIN), " in ", _CITY)
    template = make_template(subject=subject)
    octets, ordinary = template.render(reader(first, last, city=city), NOW)[1], template.render(reader(), NOW)[1]
    assert octets.isascii()
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", octets)
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", octets)
    message = parse(octets)
    assert message.keys() == parse(ordinary).keys()
    by_values = {"To", "Subject"}
    assert {n: str(v) for n, v in message.items() if n not in by_values} == {
        n: str(v) for n, v in parse(ordinary).items() if n not in by_values
    }
    (recipient,) = message["To"].addresses
    assert recipient.addr_spec == "ada@example.org"
    name = f"{first} {last}".strip()
    values = {"subscriber.name": name, "subscriber.city": city}
    assert str(message["Subject"]) == on_one_line(fill_merge_tags(subject, values))


_CITY = MergeTag(name="subscriber.city", default="town", context=EscapeContext.PLAIN)


@examples(200)
@given(first=hostile, city=hostile)
def test_each_encoded_word_is_complete_in_itself(
    make_template: Callable[..., MessageTemplate], first: str, city: str
) -> None:
    """RFC 2047 section 2: at most 75 characters, lines of 76, whole characters in each word."""
    head = head_of(make_template(subject=(_CITY,)).render(reader(first, "Ø", city=f"Ø{city}"), NOW)[1])
    lines = [line for line in head.split(b"\r\n") if not re.search(rb"https?://|mailto:|@", line)]
    assert max(map(len, lines)) <= 78
    words = re.findall(rb"=\?[^\r\n]*?\?=(?=[\r\n \t]|$)", head)
    assert words
    for word in words:
        assert len(word) <= 75
        charset, kind, payload = word[2:-2].split(b"?")
        assert charset == b"utf-8"
        octets = b64decode(payload) if kind == b"b" else quopri.decodestring(payload.replace(b"_", b"=20"))
        octets.decode("utf-8")


@examples(150)
@given(subject=hostile)
def test_pythons_older_parser_decodes_the_same_subject(
    make_template: Callable[..., MessageTemplate], subject: str
) -> None:
    octets = make_template(subject=(_CITY,)).render(reader(city=subject), NOW)[1]
    older: Message = BytesParser(policy=policy.compat32).parsebytes(octets)
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", older["Subject"])
    expected = on_one_line(fill_merge_tags((_CITY,), {"subscriber.city": subject}))
    assert str(make_header(decode_header(unfolded))).strip(" ") == expected


@examples(200)
@given(html=parts, text=parts, first=hostile, last=hostile, city=hostile)
def test_both_bodies_decode_to_exactly_what_was_written(
    make_template: Callable[..., MessageTemplate], html: MergeText, text: MergeText, first: str, last: str, city: str
) -> None:
    octets = make_template(html=html or ("x",), text=text or ("x",)).render(reader(first, last, city=city), NOW)[1]
    values = {"subscriber.first_name": first, "subscriber.last_name": last, "subscriber.city": city}
    body = octets.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    for kind, part in (("plain", text or ("x",)), ("html", html or ("x",))):
        (found,) = [piece for piece in parse(octets).walk() if piece.get_content_subtype() == kind]
        template = found.get_payload(decode=True)
        written = "".join(
            re.sub(r"\r\n|\r|\n", "\r\n", piece) if isinstance(piece, str) else fill_merge_tags((piece,), values)
            for piece in _joined(part)
        )
        assert isinstance(template, bytes)
        assert template == written.encode("utf-8")
        assert found["Content-Type"].params["charset"] == "utf-8"
        assert found["Content-Transfer-Encoding"].cte == "quoted-printable"


def _joined(part: MergeText) -> list[str | MergeTag]:
    """Join adjacent texts: CR at the end of one and LF at the start of the next are one line end."""
    joined: list[str | MergeTag] = []
    for piece in part:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("ada@example.org", "ada@example.org"),
        ("o'neill+list@example.org", "o'neill+list@example.org"),
        ("a.b-c_d!#$&'*/=?^`{|}~@example.org", None),
        ("{curly}|~`^?=@example.org", "{curly}|~`^?=@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.Example", "ada@xn--bcher-kva.example"),
        ("ada@例え.jp", "ada@xn--r8jz45g.jp"),
        ("=?utf-8?q?x?=@example.org", None),
        ("x" * 64 + "@example.org", "x" * 64 + "@example.org"),
        ("ädä@example.org", None),
        ('"quoted local"@example.org', None),
        ('"a\\"b"@example.org', None),
        ("two words@example.org", None),
        ("a@b.example\r\nRCPT TO:<c@d.example>", None),
        ("a@b.example> SIZE=1", None),
        ("<a@b.example>", None),
        ("a@[127.0.0.1]", None),
        ("@x,@y:a@b.example", None),
        ("x" * 65 + "@example.org", None),
        ("ada@" + "d" * 64 + ".example", None),
    ],
)
def test_an_address_is_unchanged_in_header_and_envelope_or_refused_at_sign_up(
    make_template: Callable[..., MessageTemplate], written: str, seen: str | None
) -> None:
    if seen is None:
        with pytest.raises(ValueError, match=r".+"):
            Address.parse(written)
        return
    template = make_template()
    delivery = reader(address=written)
    (found,) = parse(template.render(delivery, NOW)[1])["To"].addresses
    envelope = template.render(delivery, NOW)[0]
    assert found.addr_spec.casefold() == envelope.recipient.casefold() == seen.casefold()
    for part in (envelope.recipient, envelope.sender, envelope.from_address):
        assert part.isascii()
        assert not re.search(r"[\s<>]", part)


@examples(100)
@given(written=st.one_of(st.emails(), st.text(max_size=30).map(lambda text: f"{text}@example.org")))
def test_every_accepted_address_is_unchanged_in_header_and_envelope(
    make_template: Callable[..., MessageTemplate], written: str
) -> None:
    try:
        delivery = reader(address=written)
    except ValueError:
        return
    template = make_template()
    older = BytesParser(policy=policy.compat32).parsebytes(template.render(delivery, NOW)[1])
    assert older["To"].rpartition("<")[2].rstrip(">") == template.render(delivery, NOW)[0].recipient
    assert re.fullmatch(r"[!-;=?-~]+@[a-z0-9.-]+", template.render(delivery, NOW)[0].recipient)


@examples(100)
@given(title=hostile.filter(str.strip), shown=hostile)
def test_list_headers_are_valid_whatever_the_lists_title(
    make_edition: Callable[..., Edition], make_mailing: Callable[..., Mailing], title: str, shown: str
) -> None:
    settings = make_settings()
    wanted = settings.lists["sample"]
    sender = type(wanted.sender)(shown, wanted.sender.address)
    named = settings.model_copy(
        update={"lists": {"sample": wanted.model_copy(update={"title": title, "sender": sender})}}
    )
    edition = make_edition()
    octets = build_template(edition, make_mailing(edition), named, KEYRING).render(reader(), NOW)[1]
    message = parse(octets)
    assert (
        message.keys()
        == parse(build_template(edition, make_mailing(edition), settings, KEYRING).render(reader(), NOW)[1]).keys()
    )
    (found,) = message["From"].addresses
    assert found.addr_spec == "ines@lamplighter.example"
    assert re.search(r"<letters\.lamplighter\.example>\Z", re.sub(r"\s+", " ", str(message["List-Id"])))
    assert octets.isascii()
    assert max(map(len, head_of(octets).split(b"\r\n"))) <= 998
