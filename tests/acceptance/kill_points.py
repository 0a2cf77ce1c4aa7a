"""Kill `newsletter` at a named point: the N-th time that one of its functions begins or ends.

`python -m tests.acceptance.kill_points FILE:FUNCTION:call|return N send ...` runs the real code, watched through the
interpreter's profiler hook. `start_preloaded` forks from a process that has imported everything, so that two
hundred runs take minutes. A point whose file or function does not exist raises LookupError, so that no test
passes because a renamed function is never reached.
"""

import multiprocessing
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_BEFORE = {
    "engine.py:open_database:return": 1,
    "plan.py:start_mailing:call": 1,
    "recipients.py:fill_mailing:call": 1,
    "recipients.py:fill_mailing:return": 1,
    "plan.py:start_mailing:return": 1,
    "recovery.py:recover:call": 1,
    "high_water_mark.py:begun:return": 1,
    "recovery.py:recover:return": 1,
    "claim.py:make_deferred_due:return": 1,
    "high_water_mark.py:begin:return": 1,
    "claim.py:record_and_claim:call": 6,
    "claim.py:_claim_due:return": 6,
    "claim.py:record_and_claim:return": 6,
    "high_water_mark.py:count:return": 6,
    "submission.py:hand_over:call": 6,
    "template.py:render:return": 6,
    "high_water_mark.py:note:return": 6,
}
_AFTER = {
    "outcomes.py:outcomes:return": 6,
    "claim.py:_record_ours:return": 6,
}
_SMTP = {
    "event_loop.py:_add_connection:return": 4,
    "smtp.py:_take_message:return": 6,
    "smtp_protocol.py:hand_over:call": 6,
    "smtp_protocol.py:hand_over:return": 6,
    "smtp.py:_write:return": 6,
    "smtp.py:_read:return": 6,
    "event_loop.py:finish:return": 6,
}
_SES = {
    "ses.py:submit:call": 6,
    "ses.py:submit:return": 6,
}
_LEAN = {
    "event_loop.py:_add_connection:return": 4,
    "ses.py:_request:return": 6,
    "event_loop.py:begin:return": 6,
    "ses.py:_submit:return": 6,
    "ses.py:_write:return": 6,
    "ses.py:_read:return": 6,
    "event_loop.py:finish:return": 6,
}
KILL_POINTS = {
    "smtp": {**_BEFORE, **_SMTP, **_AFTER},
    "ses": {**_BEFORE, **_SES, **_AFTER},
    "lean": {**_BEFORE, **_LEAN, **_AFTER},
}
"""The points of a send by transport, in order, and the most times that each may be passed before the kill."""
AT_THE_END = ("submission.py:end:call", "claim.py:finish_mailing:call")
"""Points that a send reaches only once every delivery has an outcome."""
_IMPORTED = (
    "newsletter.cli.main",
    "newsletter.cli.commands.send",
    "newsletter.aws",
    "newsletter.delivery.transports.smtp",
    "newsletter.delivery.transports.ses",
    "tests.acceptance.kill_points",
)


def main() -> None:
    """Run the command line until the point is reached."""
    point, times = sys.argv[1], int(sys.argv[2])
    _run(tuple(sys.argv[3:]), point, times)


def find_point(point: str) -> tuple[Path, str, str]:
    """Return the file, the function and the event (call or return) of `FILE:FUNCTION:EVENT`.

    FILE is the end of a path in `newsletter/`, else in `tests/`. Raises LookupError unless exactly one such file
    defines the function.
    """
    file, function, event = point.split(":")
    if event not in {"call", "return"}:
        raise LookupError(f"{point}: the event is call or return, not {event}")
    definition = re.compile(rf"^ *(?:async )?def {re.escape(function)}\(", re.MULTILINE)
    for folder in (ROOT / "newsletter", ROOT / "tests"):
        paths = [path for path in folder.rglob(file) if definition.search(path.read_text(encoding="utf-8"))]
        if len(paths) == 1:
            return paths[0], function, event
        if paths:
            raise LookupError(f"{point}: several files define {function}: {', '.join(map(str, paths))}")
    raise LookupError(f"{point}: no file {file} defines {function}. Was it renamed?")


def start_preloaded(
    folder: Path, environment: dict[str, str], arguments: tuple[str, ...], point: str, times: int
) -> BaseProcess:
    """Start the command in a new process that is killed at a point; with an empty point the caller kills it."""
    if point:
        find_point(point)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_IMPORTED))
    process = context.Process(target=_run_in, args=(folder, environment, arguments, point, times), daemon=True)
    process.start()
    return process


def _run_in(folder: Path, environment: dict[str, str], arguments: tuple[str, ...], point: str, times: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    _run(arguments, point, times)


def _run(arguments: tuple[str, ...], point: str, times: int) -> None:
    sys.argv = ["newsletter", *arguments]
    from newsletter.cli.main import run

    if not point:
        run()
        return
    with call_at_point(point, times, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        run()


@dataclass(slots=True)
class Countdown:
    """How many more times a point must be passed before the action is called."""

    remaining: int

    @property
    def is_over(self) -> bool:
        return self.remaining <= 0


@contextmanager
def call_at_point(point: str, times: int, action: Callable[[], None]) -> Iterator[Countdown]:
    """Call `action` once while the block runs, when the point is passed for the `times`-th time."""
    path, function, expected = find_point(point)
    file, countdown = str(path), Countdown(times)

    def watch(frame: FrameType, event: str, _value: Any) -> None:
        code = frame.f_code
        if event == expected and code.co_name == function and code.co_filename == file:
            countdown.remaining -= 1
            if countdown.remaining == 0:
                action()

    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        yield countdown
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
