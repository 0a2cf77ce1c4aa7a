"""How much of a granted rate is used, and whether it is ever exceeded in a second, as the SES simulator counts.

Each line is a whole send from the database by the real sender; where there are two processes, two publications
share an account. Say a rate and a client, as in `bench/pace.py 200 lean`, to measure only that. Wants a quiet
machine.
"""

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
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

SECONDS = 20
RUNS = ((14, "boto3", 1), (200, "boto3", 1), (200, "lean", 1), (200, "lean", 2), (1000, "lean", 1))
LEAST = 0.97
IN_FLIGHT = 256
"""At 1,000 a second the usual 64 are claimed within a moment that this machine spends on other things."""


def main() -> None:
    """Measure each rate, and fail when it is not used or is exceeded."""
    if len(sys.argv) > 3:
        measure(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    wanted = set(sys.argv[1:])
    is_kept = True
    for rate, client, processes in RUNS:
        if wanted <= {str(rate), client}:
            is_kept &= run(rate, client, processes)
    sys.exit(not is_kept)


def run(rate: float, client: str, processes: int) -> bool:
    """Send for a while by so many processes at once; say what was used of the rate, and whether it was kept."""
    letters = int(rate * SECONDS / processes)
    with ExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")) for _ in range(processes)]
        state = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        with serving(rate) as served:
            senders = [
                subprocess.Popen(
                    [sys.executable, __file__, folder, client, served.url, str(letters)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env={"XDG_STATE_HOME": state, "PATH": "/usr/bin"},
                )
                for folder in folders
            ]
            for sender in senders:
                assert sender.stdout is not None
                assert sender.stdout.readline() == "ready\n"
            for sender in senders:
                assert sender.stdin is not None
                sender.stdin.write("go\n")
                sender.stdin.flush()
            said = [sender.communicate()[0] for sender in senders]
    found = served.found
    used = (found["taken"] - 1) / found["seconds"] / rate
    cpu = sum(map(float, said))
    print(
        f"{rate:,} a second granted, {client}, {processes} at once: {used:.1%} used, "
        f"at most {found['max_per_second']:,} in a second; {sum(found['refused'].values())} refused; "
        f"{cpu / found['taken'] * 1e3:.2f} ms CPU a message"
    )
    assert found["taken"] == letters * processes
    return used >= LEAST and found["max_per_second"] <= rate


def measure(folder: Path, client: str, url: str, letters: int) -> None:
    """Import and plan; send once told to, and print the seconds of CPU that it took."""
    write_publication(folder, transport="ses", in_flight=IN_FLIGHT)
    rows = (f"reader{number}@bench.example,Zoë,Reader {number}" for number in range(letters))
    (folder / "people.csv").write_text("email,first_name,last_name\n" + "\n".join(rows))
    settings = read_settings(folder, {})
    keyring = Keyring(read_or_make_keys(settings))
    database = open_database(settings.database_url)
    upgrade(database)
    ensure_lists(database, settings.lists)
    import_csv(database, keyring, folder / "people.csv", "all", now=now())
    mailing = start_mailing(database, make_edition(), transport="ses", now=now()).mailing
    there = SesSettings.model_validate({"endpoint": url, "region": "eu-west-1", "client": client})
    with closing(open_ses(there, Credentials(access="bench", secret="bench"))) as transport:
        print("ready", flush=True)
        sys.stdin.readline()
        cpu = time.process_time()
        for _ in send(database, keyring, settings, mailing, transport, clock=now):
            pass
        cpu = time.process_time() - cpu
    assert mailing_counts(database, mailing.id).submitted == letters
    print(cpu)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
