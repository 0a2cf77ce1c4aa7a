"""`newsletter`, killed by its own hand at a labelled step: the N-th time that a function of it begins or ends.

`python -m tests.acceptance.killed FILE:FUNCTION:call|return N send ...`: the code that runs is the real one,
watched by the interpreter's own profiler.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

_BEFORE = {
    "engine.py:open_database:return": 1,
    "planning.py:start_mailing:call": 1,
    "recipients.py:fill_mailing:call": 1,
    "recipients.py:fill_mailing:return": 1,
    "planning.py:start_mailing:return": 1,
    "recovery.py:recover:call": 1,
    "mark.py:begun:return": 1,
    "recovery.py:recover:return": 1,
    "ledger.py:begin_run:return": 1,
    "mark.py:begin:return": 1,
    "ledger.py:take_turn:call": 6,
    "claiming.py:claim_due:return": 6,
    "ledger.py:take_turn:return": 6,
    "mark.py:count:return": 6,
    "crew.py:hand_out:call": 6,
    "message.py:message:return": 6,
    "mark.py:note:return": 6,
}
_AFTER = {
    "verdicts.py:outcomes:return": 6,
    "ledger.py:_record:return": 6,
    "crew.py:stop:call": 1,
    "ledger.py:finish_mailing:call": 1,
}
_SMTP = {
    "switchboard.py:_welcome:return": 4,
    "smtp_line.py:begin:return": 6,
    "smtp_line.py:hand_over:call": 6,
    "smtp_line.py:hand_over:return": 6,
    "smtp_line.py:write:return": 6,
    "smtp_line.py:read:return": 6,
    "switchboard.py:_finish:return": 6,
}
_SES = {
    "ses.py:submit:call": 6,
    "ses.py:submit:return": 6,
}
STEPS = {"smtp": {**_BEFORE, **_SMTP, **_AFTER}, "ses": {**_BEFORE, **_SES, **_AFTER}}
"""The steps of a send by its transport, in their order, and how often each may have passed before."""


def main() -> None:
    """Run the command line until the step."""
    step, times = sys.argv[1], int(sys.argv[2])
    sys.argv = ["newsletter", *sys.argv[3:]]
    run_until(step, times, lambda: os.kill(os.getpid(), signal.SIGKILL))


def run_until(step: str, times: int, strike: Callable[[], None]) -> None:
    """Run the command line, and `strike` once when it comes to a step for the so-manieth time."""
    file, function, what = step.split(":")
    left = [times]

    def watch(frame: FrameType, event: str, _value: Any) -> None:
        code = frame.f_code
        if event == what and code.co_name == function and code.co_filename.endswith(f"/{file}"):
            left[0] -= 1
            if left[0] == 0:
                strike()

    from newsletter.cli.main import run

    threading.setprofile(watch)
    sys.setprofile(watch)
    run()


if __name__ == "__main__":
    main()
