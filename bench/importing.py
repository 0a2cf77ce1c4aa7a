"""A large import: rows a second, memory and CPU, into SQLite and once more over the same people.

    .venv/bin/python bench/importing.py [NUMBER] [--profile]

The file is written first: names in several scripts, a repeated address in a thousand, a bad one in a thousand,
somebody who unsubscribed in fifty. Each step runs in a process of its own, so that its memory is its own. What
was imported is counted afterwards in the database itself.
"""

import cProfile
import pstats
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from newsletter.audience.importer import ImportReport, import_file, inspect_file
from newsletter.database import open_database, upgrade
from newsletter.tokens import Keyring

NUMBER = 1_000_000
FIRST_NAMES = ("Ada", "Zoë", "Łucja", "Mary Ann", "张伟", "Иван", "José", "O'Brien", "")
COUNTRIES = ("PT", "DE", "FR", "BR", "CN")


def main() -> None:
    """Write the file, import it twice, and count."""
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    if len(words) > 1:
        bring(Path(words[1]), is_profiled="--profile" in sys.argv)
        return
    number = int(words[0]) if words else NUMBER
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        write_people(folder / "people.csv", number)
        size = (folder / "people.csv").stat().st_size
        print(f"{number:,} rows, {size / 1e6:.0f} MB")
        options = [word for word in sys.argv[1:] if word.startswith("--")]
        for word in ("first", "again"):
            print(f"{word}: ", end="", flush=True)
            subprocess.run([sys.executable, __file__, "0", str(folder), *options], check=True)
        with closing(sqlite3.connect(folder / "newsletter.db")) as database:
            for table in ("subscribers", "subscriptions", "consents"):
                print(f"{table}: {database.execute(f'SELECT count(*) FROM {table}').fetchone()[0]:,}")


def write_people(path: Path, number: int) -> None:
    """Write a file as another program might have exported it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("email,first_name,last_name,country,joined,status\n")
        for n in range(number):
            address = (
                "nobody at all" if n % 1000 == 999 else f"Reader.{n - 1 if n % 1000 == 500 else n}@mail{n % 97}.org"
            )
            status = "unsubscribed" if n % 50 == 7 else "subscribed"
            day = f"20{10 + n % 16}-{1 + n % 12:02}-{1 + n % 28:02}"
            first, country = FIRST_NAMES[n % len(FIRST_NAMES)], COUNTRIES[n % len(COUNTRIES)]
            file.write(f"{address},{first},Reader {n},{country},{day},{status}\n")


def bring(folder: Path, *, is_profiled: bool) -> None:
    """Import the file and say what it took."""
    database = open_database(f"sqlite:///{folder / 'newsletter.db'}")
    upgrade(database)
    profile = cProfile.Profile()
    if is_profiled:
        profile.enable()
    started, cpu = time.perf_counter(), time.process_time()
    sheet = inspect_file(folder / "people.csv")
    total: ImportReport | None = None
    for report in import_file(database, Keyring((b"k" * 32,)), sheet, "weekly", now=datetime.now(UTC)):
        total = total.merged(report) if total else report
    took, cpu = time.perf_counter() - started, time.process_time() - cpu
    profile.disable()
    database.close()
    assert total is not None
    counts = ", ".join(f"{status} {count:,}" for status, count in sorted(total.counts.items()))
    print(
        f"{took:.1f} s, {total.rows / took:,.0f} rows/s, {cpu:.1f} s CPU, "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most; {counts}"
    )
    if is_profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(28)


if __name__ == "__main__":
    main()
