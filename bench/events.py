"""A million events: how fast they are applied, that memory stays flat, and that a send beside them is not slowed.

    .venv/bin/python bench/events.py [EVENTS] [LETTERS]

Two events tell of each letter, some of them of a bounce or a complaint, and one in twenty comes twice. They are
taken in from a file by the station's own verb, in a process of its own. Then letters are sent into the sink, while
another process applies events about an earlier mailing in every other window of two seconds: whatever else the
machine does meets both kinds of windows, and their medians are compared.
"""

import bisect
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.load import make_edition, now, write_publication
from bench.load.sinks import our_sink
from bench.million import PEOPLE, SUBSCRIPTIONS, query
from newsletter.audience import ensure_lists
from newsletter.database import open_database, upgrade
from newsletter.delivery import open_transport, send
from newsletter.delivery.queue import start_mailing
from newsletter.feedback import IngestProgress, count_by_kind, ingest_file
from newsletter.settings import read_or_make_keys, read_settings
from newsletter.tokens import Keyring

EVENTS = 1_000_000
LETTERS = 120_000
EVENTS_BESIDE = 100_000
WINDOW = 2.0
"""Seconds that events are applied, or not, beside a send."""
SETTLING = 0.4
"""Of these, seconds after a change that do not count: what has begun ends."""
LEAST_WINDOWS = 4
"""Of each kind, for a median to say something."""
AGAIN = 20
"""One event in so many comes twice."""
SUBMITTED = "UPDATE deliveries SET status = 'submitted', reference = '0102-' || id WHERE status = 'planned'"
GATE = "gate"
"""While this file is there, events are applied."""


def main() -> None:
    """Run the steps, or the one that is named."""
    if len(sys.argv) > 2 and sys.argv[1] in {"plan", "apply", "beside", "send"}:
        {"plan": plan, "apply": apply, "beside": apply_beside, "send": send_all}[sys.argv[1]](Path(sys.argv[2]))
        return
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    letters = int(sys.argv[2]) if len(sys.argv) > 2 else LETTERS
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        publication(folder, events // 2)
        write_events(folder, events)
        print(run("apply", folder), end="")
    with our_sink() as port, tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        publication(folder, letters, port=port)
        write_events(folder, EVENTS_BESIDE)
        query(folder, "UPDATE mailings SET slug = 'before', round_id = NULL")
        query(folder, "UPDATE deliveries SET round_id = NULL")
        run("plan", folder)
        interleaved(folder, letters)


def interleaved(folder: Path, letters: int) -> None:
    """Send, with events beside it in every other window, and print the medians of both."""
    gate = folder / GATE
    other = start("beside", folder)
    sender = start("send", folder)
    assert other.stdout is not None
    assert sender.stdout is not None
    assert other.stdout.readline().strip() == "ready"
    heard: list[tuple[float, int]] = []
    reader = threading.Thread(target=listen, args=(sender.stdout, heard))
    reader.start()
    while not heard:
        time.sleep(0.01)
    time.sleep(WINDOW)  # it gets going
    windows: list[tuple[bool, float, float]] = []
    while sender.poll() is None:
        is_beside = len(windows) % 4 in {1, 2}  # so that what grows or shrinks meets both alike
        gate.touch() if is_beside else gate.unlink(missing_ok=True)
        begun = time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            sender.wait(WINDOW)
        windows.append((is_beside, begun + SETTLING, time.monotonic()))
    reader.join()
    other.kill()
    applied = other.communicate()[0].split()
    rates: dict[bool, list[float]] = {True: [], False: []}
    for is_beside, begun, ended in windows[:-1]:
        rates[is_beside].append((sent_at(heard, ended) - sent_at(heard, begun)) / (ended - begun))
    if min(len(found) for found in rates.values()) < LEAST_WINDOWS:
        print(f"sending {letters:,} letters took too few windows of {WINDOW:.0f} s: ask for more letters")
        return
    alone, beside = (statistics.median(rates[is_beside]) for is_beside in (False, True))
    print(
        f"sending {letters:,} letters: {alone:,.0f} a second alone, {beside:,.0f} beside events, "
        f"{1 - beside / alone:.1%} slower (medians of {len(rates[False])} and {len(rates[True])} windows; "
        f"{applied[-1] if applied else 'no'} events were applied)"
    )
    for is_beside, found in rates.items():
        print(f"  {'beside' if is_beside else 'alone':<7}", *(f"{rate:,.0f}" for rate in sorted(found)))


def listen(lines: Iterable[str], heard: list[tuple[float, int]]) -> None:
    """Note how many letters had left at which moment, as a sender says it."""
    for line in lines:
        moment, number = line.split()
        heard.append((float(moment), int(number)))


def sent_at(heard: Sequence[tuple[float, int]], moment: float) -> float:
    """Return how many letters had left at a moment, between what was said before and after it."""
    place = bisect.bisect(heard, (moment, 0))
    if place in {0, len(heard)}:
        return heard[max(0, place - 1)][1]
    (before, fewer), (after, more) = heard[place - 1], heard[place]
    return fewer + (more - fewer) * (moment - before) / max(after - before, 1e-9)


def publication(folder: Path, people: int, port: int = 25) -> None:
    """Write a publication whose only mailing was taken as a whole."""
    write_publication(folder, transport="smtp", port=port, connections=8)
    settings = read_settings(folder, {})
    database = open_database(settings.database_url)
    upgrade(database)
    ensure_lists(database, settings.lists)
    database.close()
    for statement in (PEOPLE, SUBSCRIPTIONS):
        query(folder, statement, {"number": people})
    query(folder, "UPDATE subscriptions SET state = 'confirmed'")
    run("plan", folder)
    query(folder, SUBMITTED)


def write_events(folder: Path, number: int) -> None:
    """Write a file of events in SNS's envelope: two of each letter, in the order they happen."""
    headers = [{"name": f"X-Header-{n}", "value": "x" * 60} for n in range(16)]
    with (folder / "events.jsonl").open("w") as file:
        for count in range(number):
            delivery = count // 2 + 1
            kind = "Send" if count % 2 == 0 else _fate(delivery)
            address = f"reader{delivery}@bench{delivery % 50}.example"
            mail = {
                "timestamp": "2030-01-01T12:00:00.000Z",
                "messageId": f"0102-{delivery}",
                "destination": [address],
                "headers": headers,
                "tags": {"delivery": [str(delivery)], "mailing": ["1"], "ses:configuration-set": ["news"]},
            }
            event = {"eventType": kind, **_said(kind, address, delivery), "mail": mail}
            line = json.dumps({"Type": "Notification", "MessageId": str(count), "Message": json.dumps(event)})
            file.write(f"{line}\n" * (2 if count % AGAIN == 0 else 1))


def _fate(delivery: int) -> str:
    return "Bounce" if delivery % 100 == 7 else "Complaint" if delivery % 2500 == 9 else "Delivery"


def _said(kind: str, address: str, delivery: int) -> dict[str, object]:
    moment = {"timestamp": f"2030-01-01T12:{delivery // 60 % 60:02}:{delivery % 60:02}.000Z"}
    if kind == "Bounce":
        told = {"emailAddress": address, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
        return {
            "bounce": {
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [told],
                **moment,
            }
        }
    if kind == "Complaint":
        return {"complaint": {"complaintFeedbackType": "abuse", **moment}}
    return {"delivery": {"smtpResponse": "250 OK", **moment}} if kind == "Delivery" else {"send": {}}


def plan(folder: Path) -> None:
    """Plan the mailing."""
    settings = read_settings(folder, {})
    database = open_database(settings.database_url)
    start_mailing(database, make_edition(), transport="smtp", now=now())


def apply(folder: Path) -> None:
    """Take the events in, and say how fast that goes and what memory it takes on the way."""
    settings = read_settings(folder, {})
    keyring = Keyring(read_or_make_keys(settings))
    database = open_database(settings.database_url)
    started, cpu, total, said = time.perf_counter(), time.process_time(), IngestProgress(), 0
    memory: list[float] = []
    for arrived in ingest_file(database, keyring, settings, folder / "events.jsonl", clock=now):
        total += arrived
        if total.applied.events >= said + 1_000:
            said = total.applied.events
            memory.append(_memory())
            print(f"applied {said:,}", flush=True)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    number = total.applied.events
    size = (folder / "var" / "newsletter.db").stat().st_size / 2**20
    print(f"{total.received:,} events, {number:,} of them new: {number / wall:,.0f} a second", end="")
    print(f", {cpu / max(number, 1) * 1e6:.0f} us CPU each; the database has {size:,.0f} MB")
    if memory:
        print(f"memory: {memory[0]:.0f} MB at the beginning, {memory[len(memory) // 2]:.0f} in the middle, ", end="")
        print(f"{memory[-1]:.0f} at the end, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} at most")
    print(dict(count_by_kind(database, [1])), total.applied.states, f"{total.applied.suppressed:,} suppressed")


def apply_beside(folder: Path) -> None:
    """Take events in while the gate is open, and say how many."""
    settings = read_settings(folder, {})
    keyring = Keyring(read_or_make_keys(settings))
    database = open_database(settings.database_url)
    print("ready", flush=True)
    total = 0
    for arrived in ingest_file(database, keyring, settings, folder / "events.jsonl", clock=now):
        total += arrived.applied.events
        print(total, flush=True)
        while not (folder / GATE).exists():
            time.sleep(0.01)


def send_all(folder: Path) -> None:
    """Send to the end, saying at which moment how many have left."""
    settings = read_settings(folder, {})
    database = open_database(settings.database_url)
    mailing = start_mailing(database, make_edition(), transport="smtp", now=now()).mailing
    with contextlib.closing(open_transport(settings)) as transport:
        keyring = Keyring(read_or_make_keys(settings))
        for progress in send(database, keyring, settings, mailing, transport, clock=now):
            print(time.monotonic(), progress.counts.submitted, flush=True)


def run(name: str, folder: Path) -> str:
    """Run a step and return what it said."""
    process = start(name, folder)
    said, _ = process.communicate()
    assert process.returncode == 0
    return "\n".join(line for line in said.splitlines() if not line.startswith("applied ")) + "\n"


def start(name: str, folder: Path) -> "subprocess.Popen[str]":
    """Start a step in a process of its own."""
    return subprocess.Popen([sys.executable, __file__, name, str(folder)], stdout=subprocess.PIPE, text=True)


def _memory() -> float:
    """Return what this process holds at present, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()
