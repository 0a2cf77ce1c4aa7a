"""DKIM signing: another implementation verifies signed messages, and none that was changed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import dkim
import pytest
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from newsletter.address import Address
from newsletter.compose import Edition, EscapeContext, MergeTag
from newsletter.delivery.message.build import build_template
from newsletter.delivery.message.dkim import DkimSigner, relaxed_body, relaxed_header
from newsletter.delivery.message.dkim_keys import open_dkim_signer
from newsletter.delivery.models import Delivery, Mailing
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from tests.unit.delivery.conftest import make_settings
from tests.unit.delivery.message.keys import PrivateKey, ed25519_key, pem, record, rsa_key

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEYRING = Keyring((b"k" * 32,))
KEYS: dict[str, PrivateKey] = {"rsa": rsa_key(), "ed": ed25519_key()}
DNS = {f"{name}._domainkey.lamplighter.example.".encode(): record(key).encode() for name, key in KEYS.items()}
PLAIN = b"From: a@lamplighter.example\r\nTo: b@c.example\r\nSubject: x\r\n\r\nOne  line \r\n\r\nlast\r\n\r\n"


def settings_with(*names: str, **delivery: object) -> Settings:
    dkim_settings = [{"selector": name} for name in names]
    key = pem(KEYS[names[0]])
    return make_settings(delivery={"dkim": dkim_settings, **delivery}, dkim_key=key)


def signer(name: str, **delivery: object) -> DkimSigner:
    made = open_dkim_signer(settings_with(name, **delivery), "sample")
    assert made is not None
    return made


BOTH = DkimSigner(keys=(*signer("rsa").keys, *signer("ed").keys))


def verdicts(message: bytes) -> list[bool]:
    """dkimpy's result for each signature, the topmost first."""
    count = len(re.findall(rb"^DKIM-Signature:", message.partition(b"\r\n\r\n")[0], re.MULTILINE))
    return [dkim.DKIM(message, minkey=1024).verify(index, dnsfunc=lambda n, **_: DNS.get(n)) for index in range(count)]


def fields_signed(message: bytes) -> list[str]:
    found = re.search(rb"\bh=([^;]+);", message)
    assert found
    return "".join(found[1].decode().split()).split(":")


Letter = Callable[..., bytes]


@pytest.fixture(scope="session")
def letter(make_edition: Callable[..., Edition], make_mailing: Callable[..., Mailing]) -> Letter:
    def make(signer: DkimSigner | None, first: str = "Ada", last: str = "Okafor") -> bytes:
        edition = make_edition(
            subject=(
                "Grüße an ",
                MergeTag(name="subscriber.name", context=EscapeContext.PLAIN, default="dich"),
                " 🕯" * 20,
            )
        )
        delivery = Delivery(
            id=77,
            mailing_id=3,
            subscriber_id=5,
            recipient=Address("ada", "xn--bcher-kva.example"),
            first_name=first,
            last_name=last,
            fields={},
        )
        return build_template(edition, make_mailing(edition), make_settings(), KEYRING, signer).render(delivery, NOW)[1]

    return make


@pytest.mark.parametrize("name", ["rsa", "ed"])
def test_a_message_is_signed_and_another_implementation_verifies_it(letter: Letter, name: str) -> None:
    message = letter(signer(name))
    assert verdicts(message) == [True]
    assert message.endswith(letter(None))
    assert f"a={'rsa-sha256' if name == 'rsa' else 'ed25519-sha256'}; c=relaxed/relaxed;".encode() in message
    assert letter(signer(name)) == message


names = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)


@hypothesis_settings(max_examples=80, deadline=None)
@given(first=names, last=names)
def test_signatures_verify_whatever_the_readers_name(letter: Letter, first: str, last: str) -> None:
    message = letter(BOTH, first, last)
    assert verdicts(message) == [True, True]
    assert max(map(len, message.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 998
    assert max(map(len, message.partition(b"From: ")[0].split(b"\r\n"))) <= 78


def test_the_headers_that_providers_rely_on_are_signed(letter: Letter) -> None:
    names = fields_signed(letter(signer("rsa")))
    assert {"list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id", "date", "message-id"} <= set(names)
    assert {"mime-version", "content-type"} <= set(names)
    assert [names.count(name) for name in ("from", "to", "subject", "reply-to")] == [2] * 4
    assert [names.count(name) for name in ("date", "list-unsubscribe")] == [1] * 2


@pytest.mark.parametrize(
    "change",
    [
        lambda message: message.replace(b"Dear", b"Near", 1),
        lambda message: message.replace(b"/u/", b"/v/", 1),
        lambda message: message.replace(b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        lambda message: message.replace(b"\r\nList-Unsubscribe-Post:", b"\r\nX-Post:"),
        lambda message: b"From: Evil <evil@lamplighter.example>\r\n" + message,
        lambda message: message.replace(b"\r\nDate:", b"\r\nSubject: Win a prize\r\nDate:"),
        lambda message: message.replace(b"\r\nDate:", b"\r\nTo: you@example.com\r\nDate:"),
        lambda message: message + b"One more line\r\n",
    ],
)
def test_a_changed_message_fails_verification(letter: Letter, change: Callable[[bytes], bytes]) -> None:
    message = letter(BOTH)
    changed = change(message)
    assert changed != message
    assert verdicts_or_broken(changed) == [False, False]


def verdicts_or_broken(message: bytes) -> list[bool]:
    found = []
    for index in range(2):
        try:
            found.append(dkim.DKIM(message).verify(index, dnsfunc=lambda n, **_: DNS.get(n)))
        except dkim.DKIMException:
            found.append(False)
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda message: b"Received: from here\r\n by there\r\n" + message,
        lambda message: message.replace(b"\r\nSubject: ", b"\r\nSubject:\t "),
        lambda message: message.replace(b"\r\nList-Id: ", b"\r\nlist-id:  "),
        lambda message: message + b"\r\n\r\n",
        lambda message: message.replace(b"\r\n", b" \r\n").replace(b" \r\n \r\n", b"\r\n\r\n", 1),
    ],
)
def test_changed_whitespace_does_not_break_signatures(letter: Letter, change: Callable[[bytes], bytes]) -> None:
    message = letter(signer("rsa"))
    assert change(message) != message
    assert verdicts(change(message)) == [True]


@pytest.mark.parametrize(
    "delivery",
    [
        {"transport": "ses"},
        {"transport": "smtp", "smtp": {"host": "email-smtp.eu-west-1.amazonaws.com"}},
        {"transport": "smtp", "smtp": {"configuration_set": "news"}},
    ],
)
def test_headers_that_ses_replaces_are_not_signed(letter: Letter, delivery: dict[str, object]) -> None:
    message = letter(signer("rsa", **delivery))
    assert not {"date", "message-id"} & set(fields_signed(message))
    replaced = re.sub(rb"\r\n(Date|Message-ID): [^\r]+", rb"\r\n\1: other", message)
    assert replaced != message
    assert verdicts(replaced) == [True]


lines = st.lists(st.sampled_from([b"", b" ", b"\t", b"a", b"a  b", b" a ", b"a \t ", b"=\xc3", b"."]), max_size=12)


@hypothesis_settings(max_examples=300, deadline=None)
@given(lines, st.booleans())
def test_the_canonical_body_equals_dkimpys(written: list[bytes], is_ended: bool) -> None:
    body = b"\r\n".join(written) + (b"\r\n" if is_ended else b"")
    ours = relaxed_body(body)
    assert relaxed_body(ours) == ours
    if is_ended or not body:  # dkimpy leaves a last line without its end as it is
        assert ours == Relaxed.canonicalize_body(body)


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n ", b"\r\n\t", b":", b"Z"]), max_size=12))
def test_the_canonical_header_equals_dkimpys(pieces: list[bytes]) -> None:
    value = b" ".join([b"", *pieces])
    ((name, expected),) = Relaxed.canonicalize_headers([(b"SUBJect ", value + b"\r\n")])
    assert relaxed_header(b"SUBJect :" + value) == (name.decode(), name + b":" + expected.removesuffix(b"\r\n"))


def test_a_message_without_a_body_is_signed() -> None:
    head = PLAIN.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert verdicts(BOTH.sign(head)) == [True, True]
    assert verdicts(BOTH.sign(PLAIN)) == [True, True]
