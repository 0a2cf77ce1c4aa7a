"""SES simulator in a process of its own, for benchmarks: prints its URL first, and what it saw and spent last."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from newsletter.ses_simulator import UNLIMITED, Account  # noqa: E402
from newsletter.ses_simulator.server import run_simulator  # noqa: E402


@dataclass
class Served:
    """The URL of a running simulator and, once it has ended, what it saw."""

    url: str
    found: dict[str, Any] = field(default_factory=dict)


@contextmanager
def serving(rate: float) -> Iterator[Served]:
    """Run a simulator with this rate while the block runs; `found` is set afterwards."""
    command = [sys.executable, __file__, str(rate)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        served = Served(process.stdout.readline().strip())
        yield served
        said, _ = process.communicate("")
        served.found = json.loads(said)
    finally:
        process.kill()
        process.wait()


def main(rate: float) -> None:
    """Serve until stdin ends, then say what was seen."""
    account = Account(rate=rate, quota=UNLIMITED)
    with run_simulator(account) as ses:
        print(ses.url, flush=True)
        begun = time.process_time()
        sys.stdin.read()
        taken = ses.accepted
        seconds = (taken[-1].at - taken[0].at).total_seconds() if taken else 0.0
        found = {
            "taken": len(taken),
            "seconds": seconds,
            "max_per_second": account.max_per_second,
            "refused": account.errors,
            "cpu": time.process_time() - begun,
        }
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]))
