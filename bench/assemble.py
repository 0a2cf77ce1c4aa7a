"""How fast one core assembles personalised letters: messages a second, and CPU for one."""

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.load import make_edition, make_mailing, write_publication
from newsletter.address import Address
from newsletter.delivery import Delivery
from newsletter.delivery.message import make_skeleton
from newsletter.settings import read_settings
from newsletter.tokens import Keyring

MESSAGES = 20_000


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        write_publication(Path(folder))
        settings = read_settings(Path(folder), {})
    edition = make_edition()
    skeleton = make_skeleton(edition, make_mailing(edition), settings, Keyring((b"k" * 32,)))
    readers = [
        Delivery(
            id=number,
            mailing_id=1,
            subscriber_id=number,
            recipient=Address(f"reader{number}", "bench.example"),
            first_name="Zoë" if number % 4 == 0 else "Ada",
            last_name="Brontë" if number % 8 == 0 else "Okafor",
            fields={},
        )
        for number in range(1, MESSAGES + 1)
    ]
    now = datetime.now(UTC)
    size = len(skeleton.message(readers[0], now))
    started, cpu = time.perf_counter(), time.process_time()
    for reader in readers:
        skeleton.envelope(reader)
        skeleton.message(reader, now)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(f"assembling {MESSAGES:,} messages of {size / 1000:.1f} KB, envelope and three signed tokens included")
    print(f"  {MESSAGES / wall:,.0f} messages/s, {cpu / MESSAGES * 1e6:.1f} us CPU a message")


if __name__ == "__main__":
    main()
