"""A child made by forking this process: it has everything loaded, so that reading one message is no slower."""

import fcntl
import os
import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO

_TASKS = Path("/proc/self/task")
_FIRST, _LAST = 100, 1024
"""Where a child's pipes lie, and up to where it closes what it was born with."""


def can_fork() -> bool:
    """Whether this process may be forked: with other threads in it, a lock that one holds would stay held."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return False
    return not _TASKS.is_dir() or len(list(_TASKS.iterdir())) == 1


class Fork:
    """A forked child that answers requests, as far as the reader needs it: a small Popen."""

    def __init__(self) -> None:
        """Fork; the child never returns."""
        inbox, stdin = os.pipe()
        stdout, outbox = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _serve(inbox, outbox)
        os.close(inbox)
        os.close(outbox)
        self.stdin: IO[bytes] = os.fdopen(stdin, "wb", buffering=0)
        self.stdout: IO[bytes] = os.fdopen(stdout, "rb", buffering=0)
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return how it ended, None while it has not."""
        return self._code if self._code is not None else self._waited(os.WNOHANG)

    def kill(self) -> None:
        """End it, if it has not."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Return how it ended, once it has."""
        while self._code is None:
            self._waited(0)
        return self._code

    def _waited(self, options: int) -> int | None:
        pid, status = os.waitpid(self.pid, options)
        if pid:
            self._code = os.waitstatus_to_exitcode(status)
        return self._code


def _serve(inbox: int, outbox: int) -> None:
    """Be the child: nothing open but its pipes, in a session of its own, silent."""
    with suppress(BaseException):
        os.setsid()
        inbox, outbox = (fcntl.fcntl(end, fcntl.F_DUPFD, _FIRST) for end in (inbox, outbox))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        os.closerange(3, _FIRST)
        os.closerange(max(inbox, outbox) + 1, _LAST)
        from newsletter.replies.sandbox.child import serve

        with os.fdopen(inbox, "rb") as requests, os.fdopen(outbox, "wb") as answers:
            serve(requests, answers)
    os._exit(1)
