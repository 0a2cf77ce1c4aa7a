"""A million subscribers: planning, memory, and how soon a killed send goes on with 900,000 behind it.

    .venv/bin/python bench/million.py [NUMBER]

People are written into the database as an import leaves them, by SQL, and so is the mailing's past: nine tenths
are marked as submitted. Then the send is real: it is started into the sink, killed with SIGKILL in the middle,
started again, and let run to its end. Each step runs in a process of its own, so that its memory is its own.
"""

import contextlib
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.load import make_edition, now, write_publication
from bench.load.sinks import our_sink
from newsletter.audience import ensure_lists
from newsletter.database import open_database, upgrade
from newsletter.delivery import mailing_counts, open_transport, send
from newsletter.delivery.queue import start_mailing
from newsletter.settings import read_or_make_keys, read_settings
from newsletter.tokens import Keyring

NUMBER = 1_000_000
PEOPLE = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :number)
    INSERT INTO subscribers (id, address, address_key, address_hash, first_name, last_name, fields, created_at)
    SELECT n, 'reader' || n || '@bench.example', 'reader' || n || '@bench.example', randomblob(16),
           'Zoë', 'Reader ' || n, '{}', '2026-01-01 00:00:00.000000' FROM numbers
"""
SUBSCRIPTIONS = """
    INSERT INTO subscriptions (list_id, subscriber_id, state, changed_at)
    SELECT (SELECT id FROM lists WHERE name = 'all'), id,
           CASE WHEN id % 50 = 0 THEN 'ended' ELSE 'confirmed' END, created_at FROM subscribers
"""
SUPPRESSIONS = """
    INSERT INTO suppressions (address_hash, reason, at, origin)
    SELECT address_hash, 'bounced', created_at, 'bench' FROM subscribers WHERE id % 100 = 1
"""
PAST = """
    UPDATE deliveries SET status = 'submitted', reference = '2.0.0 Ok: queued as ' || hex(randomblob(5))
    WHERE status = 'planned' AND id <= :last
"""


def main() -> None:
    """Run the steps, or the one that is named."""
    if len(sys.argv) > 2:
        {"plan": plan, "send": resume}[sys.argv[1]](Path(sys.argv[2]))
        return
    number = int(sys.argv[1]) if len(sys.argv) > 1 else NUMBER
    with our_sink() as port, tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        write_publication(folder, transport="smtp", port=port, connections=8)
        people(folder, number)
        step("plan", folder)
        query(folder, PAST, {"last": number * 9 // 10})
        killed(folder)
        step("send", folder)


def people(folder: Path, number: int) -> None:
    """Write the subscribers, some of whom have left and some of whom bounced."""
    settings = read_settings(folder, {})
    database = open_database(settings.database_url)
    upgrade(database)
    ensure_lists(database, settings.lists)
    database.close()
    for statement in (PEOPLE, SUBSCRIPTIONS, SUPPRESSIONS):
        query(folder, statement, {"number": number})


def plan(folder: Path) -> None:
    """Plan the mailing, and once more."""
    settings = read_settings(folder, {})
    database = open_database(settings.database_url)
    for word in ("planning", "planning again, as each resume does:"):
        started = time.perf_counter()
        counts = start_mailing(database, make_edition(), transport="smtp", now=now()).counts
        took = time.perf_counter() - started
        print(f"{word} {counts.candidates:,} candidates, {counts.planned:,} recipients: {took:.2f} s")
    say_memory()


def killed(folder: Path) -> None:
    """Start to send and kill it while it sends."""
    process = start("send", folder)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    claimed = query(folder, "SELECT count(*) FROM deliveries WHERE status = 'claimed'")
    sent = query(folder, "SELECT count(*) FROM deliveries WHERE status = 'submitted'")
    print(f"killed with {sent:,} submitted and {claimed} claimed")


def resume(folder: Path) -> None:
    """Plan, as `newsletter send` does, and send to the end; say when the first letter was taken."""
    settings = read_settings(folder, {})
    database = open_database(settings.database_url)
    mailing = start_mailing(database, make_edition(), transport="smtp", now=now()).mailing
    before = mailing_counts(database, mailing.id).submitted
    started, cpu = 0.0, 0.0
    with contextlib.closing(open_transport(settings)) as transport:
        keyring = Keyring(read_or_make_keys(settings))
        for progress in send(database, keyring, settings, mailing, transport, clock=now):
            if not started and progress.counts.submitted > before:
                print(f"first {time.time()} {progress.recovered.uncertain}", flush=True)
                started, cpu = time.perf_counter(), time.process_time()
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    counts = mailing_counts(database, mailing.id)
    sent = counts.submitted - before
    print(f"sent the last {sent:,}: {sent / wall:,.0f} messages/s, {cpu / sent * 1e3:.3f} ms CPU a message")
    print(f"{counts.submitted:,} submitted, {counts.uncertain} uncertain, {counts.planned} planned")
    say_memory()


def step(name: str, folder: Path) -> None:
    """Run a step and pass on what it says; of a resume, how long it took until the first letter."""
    started = time.time()
    process = start(name, folder)
    assert process.stdout is not None
    for line in process.stdout:
        word, *numbers = line.split()
        if word == "first":
            print(f"sending again {float(numbers[0]) - started:.1f} s after its start, {numbers[1]} in doubt")
        else:
            print(line, end="")
    assert process.wait() == 0


def start(name: str, folder: Path) -> "subprocess.Popen[str]":
    """Start a step in a process of its own."""
    return subprocess.Popen([sys.executable, __file__, name, str(folder)], stdout=subprocess.PIPE, text=True)


def query(folder: Path, statement: str, values: dict[str, int] | None = None) -> int:
    """Run one statement on the database of a publication; return the first number it gives."""
    with contextlib.closing(sqlite3.connect(folder / "var" / "newsletter.db")) as database, database:
        row = database.execute(statement, values or {}).fetchone()
    return int(row[0]) if row else 0


def say_memory() -> None:
    """Print the most memory that this process has had."""
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")


if __name__ == "__main__":
    main()
