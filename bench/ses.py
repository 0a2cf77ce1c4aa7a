"""The whole path from the database to the SES simulator, by boto3 and by the lean client: messages/s, CPU for one.

The SES simulator runs in a process of its own on the same machine and takes its share of it; the ledger is durable
(SQLite, synchronous=FULL), at most 64 are in flight. The clients take turns, so that both see the same noise.
"""

import contextlib
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.load import make_edition, write_publication
from bench.load.serving import serving
from newsletter.audience import ensure_lists
from newsletter.audience.importer import import_csv
from newsletter.aws import Credentials
from newsletter.database import open_database, upgrade
from newsletter.delivery import mailing_counts, send
from newsletter.delivery.queue import start_mailing
from newsletter.delivery.transports.ses import open_ses
from newsletter.settings import SesSettings, read_or_make_keys, read_settings
from newsletter.tokens import Keyring

SUBSCRIBERS = 2_000
TURNS = 3
RATE = 1e6
"""Which nobody reaches."""
CLIENTS = (("boto3", 8), ("lean", 8), ("lean", 16))


def main() -> None:
    """Measure each client in a process of its own, several times in turn; print the best and the middle one."""
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])
        return
    found: dict[tuple[str, int], list[tuple[float, float, float]]] = {client: [] for client in CLIENTS}
    for client, connections in CLIENTS * TURNS:
        with serving(RATE) as served, tempfile.TemporaryDirectory(prefix="bench-") as folder:
            command = [sys.executable, __file__, folder, client, str(connections), served.url]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        theirs = served.found["cpu"] / served.found["taken"] * 1e3
        found[client, connections].append((float(said[0]), float(said[1]), theirs))
    for (client, connections), turns in found.items():
        rates, cpu, theirs = (sorted(turn[index] for turn in turns) for index in range(3))
        print(
            f"{client}, {connections} connections: {rates[-1]:,.0f} messages/s at best, {middle(rates):,.0f} in "
            f"the middle; {middle(cpu):.3f} ms CPU a message, and {middle(theirs):.3f} ms in the simulator"
        )
    boto3, lean = (
        [turn for (name, _), turns in found.items() if name == client for turn in turns] for client in ("boto3", "lean")
    )
    speed, cost = (middle([turn[index] for turn in lean]) / middle([turn[index] for turn in boto3]) for index in (0, 1))
    print(f"lean against boto3, in the middle: {speed:.2f} times the messages/s, {cost:.2f} times the CPU")


def middle(numbers: list[float]) -> float:
    """Return the median, of several the greater one."""
    return sorted(numbers)[len(numbers) // 2]


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
    there = SesSettings.model_validate(
        {"endpoint": url, "region": "eu-west-1", "client": client, "connections": connections}
    )
    keys = Credentials(access="bench", secret="bench")
    with contextlib.closing(open_ses(there, keys, state={"XDG_STATE_HOME": str(folder)})) as transport:
        started, cpu = time.perf_counter(), time.process_time()
        for _ in send(database, keyring, settings, mailing, transport, clock=now):
            pass
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    submitted = mailing_counts(database, mailing.id).submitted
    assert submitted == SUBSCRIBERS
    print(f"{submitted / wall} {cpu / submitted * 1e3}")


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
