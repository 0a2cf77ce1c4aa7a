"""SNS webhook on the running web server: signatures, and retries while events cannot be stored."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.acceptance.publication_folder import PublicationFolder
from tests.acceptance.web_server import RunningWebServer, run_web_server
from tests.integration.feedback.sns_authority import TOPIC, URL, Authority, body

NOW = datetime.now(UTC)
AUTHORITY = Authority(NOW)
HOOK = "/hooks/sns"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWebServer]:
    """A web server subscribed to one SNS topic, with the certificate in a local file."""
    publication = PublicationFolder(tmp_path_factory.mktemp("server"))
    publication.run_ok("init", ".")
    publication.change_settings("[delivery]", f'[feedback]\ntopics = ["{TOPIC}"]\ncertificates = "pins"\n\n[delivery]')
    (publication.folder / "pins").mkdir()
    (publication.folder / "pins" / URL.rpartition("/")[2]).write_bytes(AUTHORITY.pem)
    publication.run_ok("send")
    with run_web_server(publication) as opened:
        yield opened


def bounce(delivery: int) -> bytes:
    result = {"bounceType": "Permanent", "bounceSubType": "General", "timestamp": NOW.isoformat()}
    tags = {"delivery": [str(delivery)], "mailing": ["1"]}
    mail = {"messageId": f"0102-{delivery}", "destination": [f"gone{delivery}@example.net"], "tags": tags}
    event = {"eventType": "Bounce", "bounce": result, "mail": mail}
    return body(AUTHORITY.signed(Message=json.dumps(event), Timestamp=f"{NOW:%Y-%m-%dT%H:%M:%S.000Z}"))


def test_signed_notifications_are_accepted_and_others_refused(server: RunningWebServer) -> None:
    output = bounce(1)
    assert server.request("POST", HOOK, output).status == 200
    assert server.request("POST", HOOK, output).status == 200
    assert server.request("POST", HOOK, output.replace(b"Permanent", b"Transient")).status == 403
    assert server.request("POST", HOOK, output.replace(b"111122223333", b"999988887777")).status == 403
    assert server.request("POST", HOOK, b"junk").status == 403
    assert server.request("GET", HOOK).status == 405
    counts = server.publication.run_ok("status", "--json").json_lines[0]
    assert counts["feedback"]["bounced"] == 1


def test_while_events_cannot_be_stored_sns_is_asked_to_retry(server: RunningWebServer) -> None:
    other = sqlite3.connect(server.publication.folder / "var" / "newsletter.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert server.request("POST", HOOK, bounce(2)).status == 503
    other.execute("ROLLBACK")
    other.close()
    assert server.request("POST", HOOK, bounce(2)).status == 200
