"""An SMTP relay in a process of its own, which outlives a killed sender; each recipient is synced before its 250.

`python -m tests.acceptance.relay_process LOG SECONDS` prints its port, and accepts mail until its stdin is closed;
a line on stdin removes its delay.
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
    """A running relay process."""

    port: int
    log: Path
    process: "subprocess.Popen[str]"

    def remove_delay(self) -> None:
        """Accept messages without delay from now on."""
        assert self.process.stdin is not None
        self.process.stdin.write("no delay\n")
        self.process.stdin.flush()

    def accepted(self) -> list[str]:
        """Return every recipient whose message was accepted, in order."""
        return self.log.read_text().split()

    def size(self) -> int:
        """Return the size of the log in bytes."""
        return self.log.stat().st_size


@contextmanager
def running(log: Path, seconds: float) -> Iterator[RelayProcess]:
    """Run a relay process inside the block; it waits `seconds` before it accepts each message."""
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
    """The recipients that a relay accepted, in a file instead of in memory."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)

    def append(self, message: tuple[str, str, bytes]) -> None:
        """Write the recipient to the disk."""
        os.write(self._file, f"{message[1]}\n".encode())
        os.fdatasync(self._file)


def main() -> None:
    """Run the relay until stdin is closed."""
    with relay.running(Relay(seconds=float(sys.argv[2]), accepted=_Log(sys.argv[1]))) as server:
        print(server.port, flush=True)  # noqa: T201
        for _ in sys.stdin:
            server.seconds = 0.0


if __name__ == "__main__":
    main()
