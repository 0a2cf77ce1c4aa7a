"""The whole path, from the database to the next hop: messages a second, CPU for one, peak memory.

Imports and plans SUBSCRIBERS people, then sends through the outbox, and through SMTP into Postfix's smtp-sink and
a faster sink (bench/load/sink.c) where they can be had, with the ledger durable (SQLite, synchronous=FULL) and
64 in flight.
"""

import contextlib
import resource
import shutil
import socket
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
from newsletter.database import open_database, upgrade
from newsletter.delivery import mailing_counts, open_transport, send, start_mailing
from newsletter.settings import read_or_make_keys, read_settings
from newsletter.tokens import Keyring

SUBSCRIBERS = 20_000
PLACES = "/usr/sbin:/usr/bin:/usr/local/bin"


def main() -> None:
    """Run each transport in a process of its own, so that its memory is its own."""
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        prepare(Path(folder), "outbox", 25, 4)
    for name, command in sinks():
        for connections in (2, 4, 8):
            with tempfile.TemporaryDirectory(prefix="bench-") as folder, running(command) as port:
                print(f"into {name}: ", end="", flush=True)
                prepare(Path(folder), "smtp", port, connections)


def sinks() -> Iterator[tuple[str, list[str]]]:
    """Yield the servers there are to send into, and how each is started; the port comes last."""
    if postfix := shutil.which("smtp-sink", path=PLACES):
        yield "smtp-sink", [postfix, "-u", "nobody", "inet:127.0.0.1:{port}", "256"]
    else:
        print("smtp-sink is not here (Debian: apt-get install postfix)")
    compiler = shutil.which("cc")
    if compiler is None:
        print("there is no C compiler here for the faster sink")
        return
    with tempfile.TemporaryDirectory(prefix="sink-") as folder:
        source = Path(__file__).parent / "load" / "sink.c"
        subprocess.run([compiler, "-O2", "-o", f"{folder}/sink", str(source)], check=True)
        yield "our sink", [f"{folder}/sink", "{port}"]


def prepare(folder: Path, transport: str, port: int, connections: int) -> None:
    """Write a publication with its subscribers, then measure it."""
    write_publication(folder, transport=transport, port=port, connections=connections)
    rows = (f"reader{number}@bench.example,Zoë,Reader {number}" for number in range(SUBSCRIBERS))
    (folder / "people.csv").write_text("email,first_name,last_name\n" + "\n".join(rows))
    subprocess.run([sys.executable, __file__, str(folder)], check=True)


def measure(folder: Path) -> None:
    """Import, plan and send, and print what it took."""
    settings = read_settings(folder, {})
    keyring = Keyring(read_or_make_keys(settings))
    database = open_database(settings.database_url)
    upgrade(database)
    ensure_lists(database, settings.lists)
    import_csv(database, keyring, folder / "people.csv", "all", now=now())
    started = time.perf_counter()
    mailing = start_mailing(database, make_edition(), transport=settings.delivery.transport, now=now()).mailing
    planned = time.perf_counter() - started
    started, cpu = time.perf_counter(), time.process_time()
    with contextlib.closing(open_transport(settings)) as transport:
        for _ in send(database, keyring, settings, mailing, transport, clock=now):
            pass
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    submitted = mailing_counts(database, mailing.id).submitted
    assert submitted == SUBSCRIBERS
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    name = settings.delivery.transport
    name += f", {settings.delivery.smtp.connections} connections" if name == "smtp" else ""
    print(f"{name}: planned {submitted:,} in {planned:.2f} s, sent them in {wall:.2f} s")
    each = cpu / submitted * 1e3
    print(f"  {submitted / wall:,.0f} messages/s, {each:.3f} ms CPU a message, {memory:.0f} MB at most")


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[int]:
    """Run a sink while the block runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([word.format(port=port) for word in command], cwd="/")
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
