"""The whole path from the database into the pretend SES, by boto3 and by the lean client: messages/s, CPU for one.

The pretend SES runs in a process of its own on the same machine and takes its share of it; the ledger is durable
(SQLite, synchronous=FULL), at most 64 are in flight. The clients take turns, so that both see the same noise.
"""

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.load import make_edition, write_publication
from newsletter.audience import ensure_lists, import_csv
from newsletter.aws import Keys
from newsletter.database import open_database, upgrade
from newsletter.delivery import UNLIMITED, Account, mailing_counts, send, start_mailing
from newsletter.delivery.rehearsal.server import pretend_ses
from newsletter.delivery.transports.ses import SesTransport
from newsletter.settings import Ses, read_or_make_keys, read_settings
from newsletter.tokens import Keyring

SUBSCRIBERS = 2_000
TURNS = 3
CLIENTS = (("boto3", 8), ("lean", 8), ("lean", 16))


def main() -> None:
    """Measure each client in a process of its own, several times in turn; print the best and the middle one."""
    if len(sys.argv) > 1:
        measure(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5]) if sys.argv[
            1
        ] == "send" else serve()
        return
    found: dict[tuple[str, int], list[tuple[float, float]]] = {client: [] for client in CLIENTS}
    with serving() as url:
        for client, connections in CLIENTS * TURNS:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                command = [sys.executable, __file__, "send", folder, client, str(connections), url]
                said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            found[client, connections].append((float(said[0]), float(said[1])))
    for (client, connections), turns in found.items():
        rates, cpu = sorted(rate for rate, _ in turns), sorted(each for _, each in turns)
        print(
            f"{client}, {connections} connections: {rates[-1]:,.0f} messages/s at best, "
            f"{rates[len(rates) // 2]:,.0f} in the middle; {cpu[len(cpu) // 2]:.3f} ms CPU a message"
        )


def measure(folder: Path, client: str, connections: int, url: str) -> None:
    """Import, plan and send; print messages a second and ms of CPU for one."""
    write_publication(folder, transport="ses", port=25, connections=4)
    rows = (f"reader{number}@bench.example,Zoë,Reader {number}" for number in range(SUBSCRIBERS))
    (folder / "people.csv").write_text("email,first_name,last_name\n" + "\n".join(rows))
    settings = read_settings(folder, {})
    keyring = Keyring(read_or_make_keys(settings))
    database = open_database(settings.database_url)
    upgrade(database)
    ensure_lists(database, settings.lists)
    import_csv(database, keyring, folder / "people.csv", "all", now=now())
    mailing = start_mailing(database, make_edition(), transport="ses", now=now()).mailing
    there = Ses.model_validate(
        {"endpoint": url, "region": "eu-west-1", "client": client, "connections": connections}
    )
    with contextlib.closing(SesTransport(there, Keys(access="bench", secret="bench"))) as transport:
        started, cpu = time.perf_counter(), time.process_time()
        for _ in send(database, keyring, settings, mailing, transport, clock=now):
            pass
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    submitted = mailing_counts(database, mailing.id).submitted
    assert submitted == SUBSCRIBERS
    print(f"{submitted / wall} {cpu / submitted * 1e3}")


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Run the pretend SES in a process of its own while the block runs; give its URL."""
    process = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def serve() -> None:
    """Serve until told to end, with a rate that nobody reaches."""
    with pretend_ses(Account(rate=1e6, quota=UNLIMITED)) as ses:
        print(ses.url, flush=True)
        while True:
            time.sleep(60)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
