"""Mail servers that outlive a killed sender and log each accepted recipient: an SMTP relay and the SES simulator."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from newsletter.ses_simulator import Account
from newsletter.ses_simulator.server import publish_events, run_simulator
from tests.acceptance import relay_process
from tests.acceptance.publication_folder import PublicationFolder

CONNECTIONS = 4
IN_FLIGHT = 64


@dataclass(frozen=True)
class MailServer:
    """The mail server of a publication."""

    publication: PublicationFolder
    accepted: Callable[[], Counter[str]]
    """How often each recipient's message was accepted, from a log that is on disk before the response."""
    size: Callable[[], int]
    """The size of that log in bytes."""
    remove_delay: Callable[[], None]
    """Accept every message at once from now on."""
    environment: Mapping[str, str]
    events: Path | None = None
    """The file of published events that settle uncertain deliveries, if there is one."""

    def statuses(self) -> dict[str, set[str]]:
        """Return the addresses by delivery status."""
        results: dict[str, set[str]] = {}
        for status, address in query(
            self.publication,
            "SELECT d.status, s.address FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id",
        ):
            results.setdefault(status, set()).add(address)
        return results


def query(publication: PublicationFolder, statement: str) -> list[tuple[str, ...]]:
    """Query the publication's database; empty where it does not exist yet."""
    path = publication.folder / "var" / "newsletter.db"
    if not path.exists():
        return []
    database = sqlite3.connect(path)
    try:
        return database.execute(statement).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):  # killed before they were made
            return []
        raise
    finally:
        database.close()


def write_publication(
    publication: PublicationFolder, readers: int, delivery: str, *, in_flight: int = IN_FLIGHT
) -> None:
    """Write a publication with `readers` subscribers and the given `[delivery]` settings."""
    rows = "".join(f"reader{number}@readers.example.org,Reader {number}\n" for number in range(readers))
    publication.write("subscribers/crowd.csv", f"email,first_name\n{rows}")
    publication.write(
        "newsletter.toml",
        f"""
[publication]
title = "Crash"
url = "https://crash.letters-by-mail.net"
postal_address = "1 Harbour Row"
[archive]
url = "https://crash.letters-by-mail.net"
[lists.crowd]
title = "Crash"
from = "Ines <ines@letters-by-mail.net>"
list_id = "crash.letters-by-mail.net"
source = "subscribers/crowd.csv"
[replies]
domain = "replies.letters-by-mail.net"
[delivery]
in_flight = {in_flight}
{delivery}
""",
    )
    publication.write("issues/lamp/index.md", "---\ntitle: The lamp\nstatus: ready\ndate: 2030-01-01\n---\nIt burns.\n")


@contextmanager
def smtp_server(publication: PublicationFolder, folder: Path, readers: int, rate: float) -> Iterator[MailServer]:
    """Run a relay process that accepts about `rate` messages a second."""
    with relay_process.running(folder / "taken", seconds=CONNECTIONS / rate) as process:
        write_publication(publication, readers, smtp_settings(process.port))
        yield MailServer(publication, lambda: Counter(process.accepted()), process.size, process.remove_delay, {})


def smtp_settings(port: int) -> str:
    """Return the settings of a relay on this machine."""
    return (
        'transport = "smtp"\n[delivery.smtp]\nhost = "127.0.0.1"\n'
        f"port = {port}\nconnections = {CONNECTIONS}\ntimeout = 20\n"
    )


@contextmanager
def ses_server(
    publication: PublicationFolder, folder: Path, readers: int, rate: float, client: str = "boto3"
) -> Iterator[MailServer]:
    """Run the SES simulator with a limit of `rate` messages a second; it publishes its events."""
    account = Account(rate=rate, quota=10 * readers)
    publish_events(account, "news")
    log = folder / "accepted.jsonl"

    def taken() -> Counter[str]:
        numbers = Counter(int(json.loads(line)["delivery"]) for line in log.read_text().splitlines())
        rows = query(
            publication, "SELECT d.id, s.address FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id"
        )
        addresses = {int(number): address for number, address in rows}
        return Counter({addresses[number]: times for number, times in numbers.items()})

    with run_simulator(account, folder=folder) as ses:
        write_publication(
            publication,
            readers,
            'transport = "ses"\n[delivery.ses]\nregion = "eu-west-1"\nconfiguration_set = "news"\n'
            f'client = "{client}"\n',
        )
        yield MailServer(
            publication,
            taken,
            lambda: log.stat().st_size,
            lambda: setattr(account, "rate", 2000.0),
            {
                "AWS_ENDPOINT_URL_SESV2": ses.url,
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
            },
            folder / "events.jsonl",
        )


MAIL_SERVERS = {"smtp": smtp_server, "ses": ses_server, "lean": partial(ses_server, client="lean")}
