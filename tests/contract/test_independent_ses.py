"""SES transport: independent servers accept its requests: moto, and npm's aws-ses-v2-local."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import parseaddr
from typing import Any

import pytest
from moto.backends import get_backend
from moto.server import ThreadedMotoServer

from newsletter.aws import Credentials, make_client
from newsletter.delivery.transports.base import Envelope
from newsletter.delivery.transports.ses import open_ses
from newsletter.errors import Refused
from newsletter.settings import SesSettings
from tests.contract.submitter import Submitter

pytestmark = pytest.mark.slow

KEYS = Credentials(access="testing", secret="testing")
REGION = "eu-west-1"
PACKAGE = "aws-ses-v2-local@2.10.2"
BOTH_CLIENTS = pytest.mark.parametrize("client", ["boto3", "lean"])


def message_to(recipient: str) -> bytes:
    """A difficult message: non-Latin scripts, long lines, lines that begin with dots, our own headers."""
    message = EmailMessage(policy=SMTP)
    message["From"] = '"Inês, of the Lamps" <ines@lamps.example>'
    message["To"] = f"Zoë Ørsted <{recipient}>"
    message["Subject"] = "Grüße vom Leuchtturm: 灯台からの手紙"
    message["List-Id"] = "<letters.lamps.example>"
    message["List-Unsubscribe"] = "<https://letters.lamps.example/u/abc_-def>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    text = "Grüße\n.\n..dots\nFrom here on\n" + "a long line without an end, " * 60 + "\n"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(f"<p>{text}</p>\n", subtype="html", cte="quoted-printable")
    return message.as_bytes()


def submit(url: str, client: str, recipient: str, message: bytes) -> str:
    settings = {"endpoint": url, "region": REGION, "client": client, "configuration_set": "news"}
    with closing(Submitter(open_ses(SesSettings.model_validate(settings), KEYS))) as submitter:
        envelope = Envelope(
            delivery_id=7,
            mailing_id=3,
            slug="an-issue",
            sender="b+token@replies.example",
            from_address="ines@lamps.example",
            recipient=recipient,
        )
        return submitter.submit(envelope, message).reference


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    with closing(make_client("sesv2", region=REGION, endpoint=url, credentials=KEYS)) as client:
        client.create_email_identity(EmailIdentity="lamps.example")
        client.create_configuration_set(ConfigurationSetName="news")
    yield url
    server.stop()


@BOTH_CLIENTS
def test_moto_receives_the_exact_bytes(moto: str, client: str) -> None:
    message = message_to(f"{client}@readers.example")
    reference = submit(moto, client, f"{client}@readers.example", message)
    kept: Any = [item for item in get_backend("ses")["123456789012"][REGION].sent_messages if item.id == reference]
    assert kept[0].raw_data.encode() == message
    assert kept[0].source == "ines@lamps.example"
    assert f"{client}@readers.example" in kept[0].destinations


@BOTH_CLIENTS
def test_motos_refusal_of_an_unverified_sender_is_classified(moto: str, client: str) -> None:
    settings = {"endpoint": moto, "region": REGION, "client": client}
    stranger = Envelope(
        delivery_id=7,
        mailing_id=3,
        slug="x",
        sender="b@x.example",
        from_address="someone@stranger.example",
        recipient="x@readers.example",
    )
    with (
        closing(Submitter(open_ses(SesSettings.model_validate(settings), KEYS))) as submitter,
        pytest.raises(Refused, match="MessageRejected: Did not have authority"),
    ):
        submitter.submit(stranger, message_to("x@readers.example"))


@pytest.fixture(scope="module")
def npm_ses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The npm server, installed into its own folder; with a timeout, as it hangs on unsupported requests."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm is not here")
    folder = tmp_path_factory.mktemp("npm")
    install = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), PACKAGE]
    try:
        subprocess.run(install, check=True, capture_output=True, timeout=180)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm cannot install {PACKAGE}: {error}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = folder / "node_modules" / ".bin" / "aws-ses-v2-local"
    server = subprocess.Popen(
        [node, str(program), "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
    try:
        while True:
            try:
                store(url)
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def store(url: str) -> list[dict[str, Any]]:
    """Return the messages that the other server accepted."""
    with urllib.request.urlopen(f"{url}/store", timeout=5) as answer:
        results: list[dict[str, Any]] = json.load(answer)["emails"]
    return results


@BOTH_CLIENTS
def test_the_npm_server_decodes_the_message_as_it_was_written(npm_ses: str, client: str) -> None:
    recipient = f"{client}@readers.example"
    message = message_to(recipient)
    reference = submit(npm_ses, client, recipient, message)
    (kept,) = [item for item in store(npm_ses) if item["messageId"] == reference]
    ours = message_from_bytes(message, policy=default)
    text, html = (part.get_content().replace("\r\n", "\n") for part in ours.iter_parts())
    assert kept["subject"] == ours["Subject"]
    assert parseaddr(kept["from"]) == ("Inês, of the Lamps", "ines@lamps.example")
    assert parseaddr(kept["destination"]["to"][0]) == ("Zoë Ørsted", recipient)
    assert kept["body"]["text"].strip() == text.strip()
    assert kept["body"]["html"].strip() == html.strip()
