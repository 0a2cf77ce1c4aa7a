"""`newsletter doctor`: findings, exit codes, and a test message that really travels."""

import json
import mailbox
import os
import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Any

import dkim
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.acceptance.command_runner import run_command
from tests.acceptance.publication_folder import PublicationFolder
from tests.integration.doctor.dns_server import Zone, serving

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC = b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
ZONE: Zone = {
    ("s._domainkey.lamplighter.example", "TXT"): [f"v=DKIM1; k=rsa; p={PUBLIC}"],
    ("replies.lamplighter.example", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"],
    ("replies.lamplighter.example", "MX"): ["10 mx.lamplighter.example."],
    ("mx.lamplighter.example", "A"): ["192.0.2.1"],
    ("_dmarc.lamplighter.example", "TXT"): ["v=DMARC1; p=reject; rua=mailto:a@lamplighter.example"],
}


class Border:
    """A mail server that delivers messages to a Maildir after `changed` has altered them."""

    def __init__(self, folder: Path, changed: Callable[[bytes], bytes]) -> None:
        self.box, self.changed = mailbox.Maildir(folder, create=True), changed

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.box.add(self.changed(envelope.content))
        return "250 taken"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as line:
        return int(line.getsockname()[1])


@contextmanager
def border(folder: Path, changed: Callable[[bytes], bytes] = lambda raw: raw) -> Iterator[int]:
    controller = Controller(Border(folder, changed), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def signed_without(*names: str) -> Callable[[bytes], bytes]:
    """Return a message as a relay would sign it with its own list of headers."""

    def change(raw: bytes) -> bytes:
        fields = [name.lower().encode() for name in message_from_bytes(raw) if name.lower() not in names]
        return bytes(dkim.sign(raw, b"s", b"lamplighter.example", PEM, include_headers=fields)) + raw

    return change


def settled(publication: PublicationFolder, port: int, *, signs: bool) -> None:
    """Make the sample publication send through this mail server and read replies from its Maildir."""
    path = publication.folder / "newsletter.toml"
    written = path.read_text().replace('transport = "outbox"', 'transport = "smtp"')
    written = written.replace("[replies]\n", '[replies]\nmailbox = "maildir:answers"\n')
    written += f'\n[delivery.smtp]\nhost = "127.0.0.1"\nport = {port}\n'
    if signs:
        (publication.folder / "dkim.pem").write_bytes(PEM)
        (publication.folder / "dkim.pem").chmod(0o600)
        written += '\n[delivery.dkim]\nselector = "s"\nkey = "dkim.pem"\n'
    path.write_text(written)


def doctor(publication: PublicationFolder, *words: str) -> tuple[int, dict[tuple[str, str], dict[str, str]]]:
    done = run_command(["doctor", "--json", *words], cwd=publication.folder, environment=os.environ)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, {(item["part"], item["check"]): item for item in lines}


def test_a_fresh_publication_has_no_errors(publication: PublicationFolder) -> None:
    code, results = doctor(publication)
    assert code == 0, results
    assert results["settings", "newsletter.toml"]["level"] == "ok"
    assert not [item for item in results.values() if item["level"] == "fail"]


@pytest.mark.parametrize(
    ("spoil", "part", "words"),
    [
        (lambda at: (at / "newsletter.toml").write_text("[publication]\ntitel = 'x'\n"), "settings", "titel"),
        (lambda at: (at / "var" / "newsletter.db").write_bytes(b"no database" * 99), "database", "damaged"),
        (lambda at: (at / "var").chmod(0o755), "secrets", "other users have access to it"),
    ],
)
def test_errors_are_named_and_the_exit_code_is_1(
    publication: PublicationFolder, spoil: Callable[[Path], object], part: str, words: str
) -> None:
    publication.run_ok("send", "--yes")
    spoil(publication.folder)
    code, results = doctor(publication)
    failed = [item for item in results.values() if item["level"] == "fail"]
    assert code == 1
    assert any(item["part"] == part and words in item["message"] for item in failed), failed
    assert all(item["remedy"] for item in failed)


def test_a_relay_that_never_answers_times_out(publication: PublicationFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, serving(ZONE) as place:
        settled(publication, deaf.getsockname()[1], signs=False)
        code, results = doctor(publication, "--resolver", place, "--seconds", "3")
    assert code == 1
    assert "within 3 seconds" in results["smtp", "time"]["message"]


def test_a_test_message_shows_that_the_signature_covers_one_click(publication: PublicationFolder) -> None:
    with border(publication.folder / "answers") as port, serving(ZONE) as place:
        settled(publication, port, signs=True)
        code, results = doctor(publication, "--mail", "--resolver", place, "--wait", "20")
    assert {key[1]: item["level"] for key, item in results.items() if key[0] == "mail"} == {
        "signature of lamplighter.example": "ok",
        "DMARC": "ok",
        "one click": "ok",
    }, results
    assert code == 0, [item for item in results.values() if item["level"] == "fail"]


def test_a_relay_that_leaves_a_header_unsigned_is_detected(publication: PublicationFolder) -> None:
    left_out = signed_without("list-unsubscribe-post")
    with border(publication.folder / "answers", left_out) as port, serving(ZONE) as place:
        settled(publication, port, signs=False)
        code, results = doctor(publication, "--mail", "--resolver", place, "--wait", "20")
    assert code == 1
    assert results["mail", "DMARC"]["level"] == "ok"
    assert results["mail", "one click"]["level"] == "fail"
    assert "list-unsubscribe-post" in results["mail", "one click"]["message"]


def test_a_failed_check_is_mailed_once(publication: PublicationFolder) -> None:
    zone = {key: value for key, value in ZONE.items() if key[1] != "MX"}
    with border(publication.folder / "answers") as port, serving(zone) as place:
        settled(publication, port, signs=True)
        path = publication.folder / "newsletter.toml"
        path.write_text(path.read_text() + '\n[operations]\nalert = ["ines@lamplighter.example"]\n')
        for _ in range(2):
            code, _ = doctor(publication, "--alert", "--resolver", place)
            assert code == 1
    emails = list(mailbox.Maildir(publication.folder / "answers"))
    assert len(emails) == 1
    assert emails[0]["To"] == "ines@lamplighter.example"
    assert "MX replies.lamplighter.example" in emails[0].get_payload(decode=True).decode()
