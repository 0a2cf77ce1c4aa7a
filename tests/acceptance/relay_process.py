"""A relay in a process of its own, which outlives whom it serves: each recipient is on disk before it says 250.

`python -m tests.acceptance.relay_process LOG SECONDS` prints its port, and takes mail until its stdin is closed;
a line there makes it think no more.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.contract import relay
from tests.contract.relay import Relay

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class RelayProcess:
    """A relay that is running."""

    port: int
    log: Path
    process: "subprocess.Popen[str]"

    def remove_delay(self) -> None:
        """Let it think no more from now on."""
        assert self.process.stdin is not None
        self.process.stdin.write("hurry\n")
        self.process.stdin.flush()

    def accepted(self) -> list[str]:
        """Every recipient whose message was taken, in order."""
        return self.log.read_text().split()

    def size(self) -> int:
        """How far the log has grown."""
        return self.log.stat().st_size


@contextmanager
def running(log: Path, seconds: float) -> Iterator[RelayProcess]:
    """Run it while the block runs; it thinks `seconds` about each message."""
    log.touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.acceptance.relay_process", str(log), str(seconds)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield RelayProcess(int(process.stdout.readline()), log, process)
    finally:
        process.communicate()


class _Log(list[tuple[str, str, bytes]]):
    """What a relay took, kept in a file instead of in memory."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)

    def append(self, message: tuple[str, str, bytes]) -> None:
        """Write the recipient down for good."""
        os.write(self._file, f"{message[1]}\n".encode())
        os.fdatasync(self._file)


def main() -> None:
    """Take mail."""
    with relay.running(Relay(seconds=float(sys.argv[2]), accepted=_Log(sys.argv[1]))) as there:
        print(there.port, flush=True)  # noqa: T201
        for _ in sys.stdin:
            there.seconds = 0.0


if __name__ == "__main__":
    main()
