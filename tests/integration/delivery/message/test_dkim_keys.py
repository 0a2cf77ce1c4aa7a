"""DKIM keys: one that cannot sign, or is not the one in DNS, is an error before anything is sent."""

import re
import socket
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import dkim
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from newsletter.compose import Edition, EscapeContext, MergeTag
from newsletter.delivery import send
from newsletter.delivery.message import open_dkim_signer, unpublished_dkim_keys
from newsletter.delivery.message.dkim import DkimSigner
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.errors import SettingsError
from newsletter.settings import Settings, SmtpSettings
from tests.integration.delivery.conftest import Press, now
from tests.unit.delivery.message.keys import ed25519_key, pem, record, rsa_key

SHORT = """-----BEGIN RSA PRIVATE KEY-----
MIIBygIBAAJhAKgycR5V9pJaOOKMlhYqsVaxUZ4M5UqN0OmoiT35XD8GVb19LSqR
+HjObw0AYwZ0WOyh76wd2XfTfq5XPOAkmzd8BuNnyIwyLIXwP47xnynRtBhQzY7N
TMP0YENGRGzKtwIDAQABAmEAoQyrg4CMOFZrYYF7tH3skDX5EH0Ij/p6r0DRKKY7
zZ0jO+0/8iMS55nCe5CDQQrlDGBneglyivHwXguZkPGTxVEvm1w3LALfAppYb9Cz
lPdUa+EVT5mDaXIgb2x4dGYBAjEA3i6EgH2Lv4pHje2nAekYDRa6H8dxxtnn1i91
tJGERvUN5joJZAnuf/DAQFcYdIdfAjEAwcxeqSRdTVnQUm2JOCIJZ1cdlgSFu9ba
RP5tH8nVSEBZB7RUe4KrqsvXfK5CKLOpAjBDdSgxwux9OUTEaNV+FQGCZ9YW8/0t
fNeRBlPcgRoCWUDhF9nmD8Xj/nrAjjEUoE0CMD/X6d9i4XHYAq8E8s2ROPPYWSDQ
wJXPA/zyrFRqk17IBAxrteEyfQc5O/YRGi56cQIwSZr2POdsee54VNzH/9R1cGgV
MyITxsr+TMhTjpTF3W4tjRsB3YWzroWDsGnyMTFF
-----END RSA PRIVATE KEY-----
"""
"""An RSA key of 768 bits, made for this test."""
PLACE = "s1._domainkey.lamplighter.example"


def signed_by(press: Press, secret: str | None = None, **wanted: object) -> Settings:
    settings = press.settings.model_dump(by_alias=True)
    dkim_settings = {"selector": "s1", **wanted}
    return Settings.model_validate(
        {**settings, "delivery": {**settings["delivery"], "dkim": dkim_settings}, "dkim_key": secret}
    )


def opened(press: Press, secret: str | None = None, **wanted: object) -> DkimSigner:
    signer = open_dkim_signer(signed_by(press, secret, **wanted), "weekly")
    assert signer is not None
    return signer


def write_key(press: Press, text: str, mode: int = 0o600) -> Path:
    path = press.settings.root / "dkim.pem"
    path.write_text(text)
    path.chmod(mode)
    return path


def encrypted() -> str:
    return (
        rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")).decode("ascii")
    )


def elliptic() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def test_without_dkim_settings_nothing_is_signed(press: Press) -> None:
    assert open_dkim_signer(press.settings, "weekly") is None


def test_a_key_is_read_from_its_file_or_from_the_environment(press: Press) -> None:
    write_key(press, pem(rsa_key()))
    by_file, by_word = opened(press, key="dkim.pem"), opened(press, pem(rsa_key()))
    on_one_line = opened(press, pem(rsa_key()).replace("\n", "\\n"))
    bare = b64encode(ed25519_key().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())).decode()
    assert {signer.keys[0].public for signer in (by_file, by_word, on_one_line)} == {by_file.keys[0].public}
    assert opened(press, bare).keys[0].algorithm == "ed25519-sha256"
    assert by_file.keys[0].dns_name == PLACE


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_key_file_that_other_users_can_access_is_refused(press: Press, mode: int) -> None:
    write_key(press, pem(rsa_key()), mode)
    with pytest.raises(SettingsError, match=rf"dkim\.pem.*{mode:04o}.*chmod 600"):
        open_dkim_signer(signed_by(press, key="dkim.pem"), "weekly")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SHORT, "768 bits"),
        (encrypted(), "encrypted"),
        (elliptic(), "RSA and Ed25519"),
        ("", "not a private key"),
        ("hello", "not a private key"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a private key"),
        (b64encode(b"x" * 31).decode(), "not a private key"),
        ("schlüssel", "not a private key"),
    ],
)
def test_a_key_that_cannot_sign_is_named_but_not_shown(press: Press, text: str, words: str) -> None:
    write_key(press, text)
    with pytest.raises(SettingsError, match=words) as caught:
        open_dkim_signer(signed_by(press, key="dkim.pem"), "weekly")
    assert len(str(caught.value).splitlines()) == 1
    assert "dkim.pem" in str(caught.value)
    assert not text.strip() or text.strip().splitlines()[-1] not in str(caught.value)
    if text:
        with pytest.raises(SettingsError, match=f"NEWSLETTER_DKIM_KEY.*{words}"):
            opened(press, text)


def test_a_missing_key_is_named(press: Press) -> None:
    with pytest.raises(SettingsError, match=r"none\.pem.*No such file"):
        open_dkim_signer(signed_by(press, key="none.pem"), "weekly")
    with pytest.raises(SettingsError, match="NEWSLETTER_DKIM_KEY"):
        opened(press, None)


@pytest.mark.parametrize(
    ("domain", "is_right"),
    [
        (None, True),
        ("lamplighter.example", True),
        ("mail.lamplighter.example", True),
        ("example", None),
        ("amplighter.example", False),
        ("other.example", False),
    ],
)
def test_a_signature_must_be_for_the_senders_domain(press: Press, domain: str | None, is_right: bool | None) -> None:
    if is_right is None:
        with pytest.raises(ValueError, match="domain"):
            signed_by(press, pem(rsa_key()), domain=domain)
    elif is_right:
        assert opened(press, pem(rsa_key()), domain=domain).keys[0].domain == (domain or "lamplighter.example")
    else:
        with pytest.raises(SettingsError, match=r"from 'lamplighter\.example'"):
            opened(press, pem(rsa_key()), domain=domain)


def bare_rsa() -> str:
    octets = rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return f"p={b64encode(octets).decode()}"


@pytest.mark.parametrize(
    ("records", "is_said"),
    [
        ([record(rsa_key())], False),
        ([bare_rsa()], False),
        (["v=spf1 -all", record(rsa_key()).replace("; ", " ;\t").replace("p=M", "p= M")], False),
        ([record(rsa_key(2048)), record(rsa_key())], False),
        (None, False),
        ([], True),
        (["v=spf1 -all"], True),
    ],
)
def test_unpublished_keys_are_reported(press: Press, records: list[str] | None, is_said: bool) -> None:
    told = unpublished_dkim_keys(opened(press, pem(rsa_key())), {PLACE: records}.__getitem__)
    assert bool(told) is is_said
    assert all(PLACE in line for line in told)


@pytest.mark.parametrize(
    "published",
    [record(rsa_key(2048)), "v=DKIM1; p=", "v=DKIM1; p=?", record(ed25519_key())],
    ids=["another RSA key", "a key withdrawn", "no key at all", "a key of another kind"],
)
def test_another_key_in_dns_is_an_error(press: Press, published: str) -> None:
    with pytest.raises(SettingsError, match=rf"{re.escape(PLACE)} is not the one"):
        unpublished_dkim_keys(opened(press, pem(rsa_key())), lambda _: [published])


@pytest.fixture
def taken() -> Iterator[tuple[Controller, list[bytes]]]:
    """A relay (aiosmtpd), and what it accepted."""
    found: list[bytes] = []

    class Handler:
        async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:
            found.append(envelope.original_content)  # type: ignore[attr-defined]
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    yield controller, found
    controller.stop()


def test_signatures_verify_after_a_relay_accepted_the_messages(
    press: Press, edition: Callable[..., Edition], taken: tuple[Controller, list[bytes]]
) -> None:
    controller, found = taken
    press.settings = signed_by(press, pem(rsa_key()))
    press.join("weekly", "ada", "bela", "carla")
    name = MergeTag(name="subscriber.first_name", context=EscapeContext.PLAIN)
    letter = edition(text=".\n..\nFrom here\n\tand  there \n")
    letter = type(letter)(**{**{f: getattr(letter, f) for f in letter.__slots__}, "subject": ("Grüße, ", name)})
    with closing(SmtpTransport(SmtpSettings(host="127.0.0.1", port=controller.port), None)) as transport:
        mailing = press.start(letter).mailing
        for _ in send(press.database, press.keyring, press.settings, mailing, transport, clock=now):
            pass
    assert press.counts(mailing).submitted == len(found) == 3
    published = record(rsa_key()).encode()
    assert all(dkim.verify(message, dnsfunc=lambda *_, **__: published) for message in found)
    assert len({b64decode(re.search(rb"\bbh=([^;]+);", m)[1]) for m in found}) == 3  # type: ignore[index]
