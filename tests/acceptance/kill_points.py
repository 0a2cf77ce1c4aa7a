"""`newsletter`, killed by its own hand at a labelled step: the N-th time that a function of it begins or ends.

`python -m tests.acceptance.kill_points FILE:FUNCTION:call|return N send ...`: the code that runs is the real one,
watched by the interpreter's own profiler. `preloaded` starts it from a process that has imported everything, so
that two hundred runs take minutes.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any

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
    "build.py:render:return": 6,
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
"""The steps of a send by its transport, in their order, and how often each may have passed before."""
AT_THE_END = ("submission.py:end:call", "claim.py:finish_mailing:call")
"""Steps that a send comes to only when nobody is left."""
_IMPORTED = (
    "newsletter.cli.main",
    "newsletter.cli.commands.send",
    "newsletter.aws",
    "newsletter.delivery.transports.smtp",
    "newsletter.delivery.transports.ses",
    "tests.acceptance.kill_points",
)


def main() -> None:
    """Run the command line until the step."""
    step, times = sys.argv[1], int(sys.argv[2])
    _run(tuple(sys.argv[3:]), step, times)


def start_preloaded(
    folder: Path, environment: dict[str, str], arguments: tuple[str, ...], step: str, times: int
) -> BaseProcess:
    """Start the command in a process of its own, to be killed at a step, or by whoever asked where that is ""."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_IMPORTED))
    process = context.Process(target=_run_in, args=(folder, environment, arguments, step, times), daemon=True)
    process.start()
    return process


def _run_in(folder: Path, environment: dict[str, str], arguments: tuple[str, ...], step: str, times: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    _run(arguments, step, times)


def _run(arguments: tuple[str, ...], step: str, times: int) -> None:
    sys.argv = ["newsletter", *arguments]
    from newsletter.cli.main import run

    if not step:
        run()
        return
    with call_at_point(step, times, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        run()


@contextmanager
def call_at_point(step: str, times: int, strike: Callable[[], None]) -> Iterator[None]:
    """Call `strike` once while the block runs, when it comes to a step for the so-manieth time."""
    file, function, what = step.split(":")
    left = [times]

    def watch(frame: FrameType, event: str, _value: Any) -> None:
        code = frame.f_code
        if event == what and code.co_name == function and code.co_filename.endswith(f"/{file}"):
            left[0] -= 1
            if left[0] == 0:
                strike()

    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
