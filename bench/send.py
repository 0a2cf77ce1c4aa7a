"""The whole path, from the database to the next hop: messages a second, CPU for one, peak memory.

    .venv/bin/python bench/send.py [SUBSCRIBERS]

People are imported and planned, then mailed through the outbox and through SMTP into two sinks, with the ledger
durable (SQLite, synchronous=FULL) and 64 in flight. npm's nodemailer sends the same letter into the same sink, in
turn with us, so that both meet the same noise; the best and the middle of several turns are printed. What a sink
swallows from a client that only writes is measured first.
"""

import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.load import make_edition, now, write_publication
from bench.load.nodemailer import Nodemailer, Speed, is_here
from bench.load.sinks import our_sink, postfix_sink, swallowed
from newsletter.audience import ensure_lists
from newsletter.audience.importer import import_csv
from newsletter.database import open_database, upgrade
from newsletter.delivery import mailing_counts, open_transport, send
from newsletter.delivery.queue import start_mailing
from newsletter.settings import read_or_make_keys, read_settings
from newsletter.tokens import Keyring

SUBSCRIBERS = 20_000
TURNS = 3
CONNECTIONS = (2, 4, 8)


def main() -> None:
    """Send through each way, each send in a process of its own, so that its memory is its own."""
    if len(sys.argv) > 2:
        measure(Path(sys.argv[2]))
        return
    number = int(sys.argv[1]) if len(sys.argv) > 1 else SUBSCRIBERS
    say("the outbox", [ours("outbox", 25, 4, number // 4)])
    with postfix_sink() as port:
        if port is not None:
            print(f"smtp-sink swallows {swallowed(port):,.0f} messages/s")
            for connections in CONNECTIONS:
                say(f"smtp-sink, {connections} connections", [ours("smtp", port, connections, number)])
    with our_sink() as port, theirs() as nodemailer:
        print(f"our sink swallows {swallowed(port):,.0f} messages/s")
        mine: dict[int, list[Speed]] = {connections: [] for connections in CONNECTIONS}
        other: list[Speed] = []
        for _ in range(TURNS):
            for connections, found in mine.items():
                found.append(ours("smtp", port, connections, number))
            if nodemailer is not None:
                other.append(nodemailer.send(port, 8, number // 10))
        for connections, found in mine.items():
            say(f"our sink, {connections} connections", found)
        if other:
            say("our sink, nodemailer's pool of 8", other)
            compare([speed for found in mine.values() for speed in found], other)


def ours(transport: str, port: int, connections: int, number: int) -> Speed:
    """Import, plan and send in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        write_publication(folder, transport=transport, port=port, connections=connections)
        rows = (f"reader{number}@bench.example,Zoë,Reader {number}" for number in range(number))
        (folder / "people.csv").write_text("email,first_name,last_name\n" + "\n".join(rows))
        command = [sys.executable, __file__, "measure", name]
        ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(ran.stdout)
    print(f"  ({transport}, {connections}: planned in {found['planned']:.2f} s, {found['memory']:.0f} MB at most)")
    return Speed(rate=found["rate"], cpu=found["cpu"])


def measure(folder: Path) -> None:
    """Import, plan and send, and print what it took."""
    settings = read_settings(folder, {})
    keyring = Keyring(read_or_make_keys(settings))
    database = open_database(settings.database_url)
    upgrade(database)
    ensure_lists(database, settings.lists)
    import_csv(database, keyring, folder / "people.csv", "all", now=now())
    started = time.perf_counter()
    plan = start_mailing(database, make_edition(), transport=settings.delivery.transport, now=now())
    planned = time.perf_counter() - started
    started, cpu = time.perf_counter(), time.process_time()
    with contextlib.closing(open_transport(settings)) as transport:
        for _ in send(database, keyring, settings, plan.mailing, transport, clock=now):
            pass
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    submitted = mailing_counts(database, plan.mailing.id).submitted
    assert submitted == plan.counts.candidates
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate, each = submitted / wall, cpu / submitted * 1e3
    print(json.dumps({"planned": planned, "rate": rate, "cpu": each, "memory": memory}))


@contextlib.contextmanager
def theirs() -> Iterator[Nodemailer | None]:
    """Give nodemailer with our letter; None where npm is not installed."""
    if not is_here():
        print("npm is not installed: nothing to compare with")
        yield None
        return
    edition = make_edition()
    html, text = (
        "".join(piece if isinstance(piece, str) else "FRIEND" for piece in part)
        for part in (edition.html, edition.text)
    )
    with contextlib.closing(Nodemailer(html, text)) as nodemailer:
        yield nodemailer


def say(what: str, found: list[Speed]) -> None:
    """Print the best turn and the middle one."""
    rates, cpu = [speed.rate for speed in found], [speed.cpu for speed in found]
    print(
        f"{what}: {max(rates):,.0f} messages/s at best, {statistics.median(rates):,.0f} in the middle; "
        f"{min(cpu):.3f} ms CPU a message at best, {statistics.median(cpu):.3f} in the middle"
    )


def compare(mine: list[Speed], other: list[Speed]) -> None:
    """Print by how much we are faster, best against best."""
    faster = max(speed.rate for speed in mine) / max(speed.rate for speed in other)
    cheaper = min(speed.cpu for speed in other) / min(speed.cpu for speed in mine)
    print(f"{faster:.1f} times as many messages/s as nodemailer, for {cheaper:.1f} times less CPU")


if __name__ == "__main__":
    main()
