"""A send as it goes: a line with done, rate and time left on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from newsletter.cli import output
from newsletter.delivery import SendProgress

_BAR_SECONDS = 0.1
_LINE_SECONDS = 5.0
_AGAIN_SECONDS = 600.0
"""Why it waits is said once, and then now and then, so that a log does not fill with it."""
_FIRST_SECONDS = 1.0
"""A log has its first line soon, so that whoever looks sees that something happens."""


class ProgressLine:
    """Shows how far a send is, no oftener than is of use."""

    def __init__(self, bar: Bar | None) -> None:
        self._bar = bar
        self._task: TaskID | None = None
        self._waiting_for = ""
        self._shown_at = time.monotonic() - _LINE_SECONDS + _FIRST_SECONDS

    def show(self, progress: SendProgress) -> None:
        """Show where it stands."""
        now = time.monotonic()
        if now - self._shown_at < self._rest(progress) and progress.counts.planned:
            return
        self._shown_at, self._waiting_for = now, progress.waiting_for
        done, total = progress.counts.recipients - progress.counts.planned, progress.counts.recipients
        if self._bar is None:
            if output.is_json_log():
                _log(progress, done, total)
            elif progress.counts.planned:
                output.info(f"{done:,} of {total:,}, {_pace(progress)}")
            return
        if self._task is None:
            self._task = self._bar.add_task("sending", total=total, note="")
        self._bar.update(self._task, completed=done, total=total, note=_pace(progress))

    def _rest(self, progress: SendProgress) -> float:
        """Return the seconds between what was last shown and this."""
        if self._bar is not None:
            return _BAR_SECONDS
        if not progress.waiting_for:
            return _LINE_SECONDS
        return _AGAIN_SECONDS if progress.waiting_for == self._waiting_for else 0.0


@contextmanager
def progress_line() -> Iterator[ProgressLine]:
    """Show progress on stderr while the block runs."""
    console = output.stderr()
    if not console.is_terminal or output.is_json_log():
        yield ProgressLine(None)
        return
    columns = (
        BarColumn(bar_width=28, complete_style="default", finished_style="default", pulse_style="quiet"),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}", style="subject"),
        TextColumn("{task.fields[note]}", style="quiet"),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        yield ProgressLine(bar)


def _log(progress: SendProgress, done: int, total: int) -> None:
    output.log(
        "sending",
        done=done,
        total=total,
        failed=progress.counts.failed,
        uncertain=progress.counts.uncertain,
        rate=round(progress.rate, 1),
        seconds_left=progress.eta and round(progress.eta),
        waiting_for=progress.waiting_for or None,
    )


def duration(seconds: float) -> str:
    """Return "less than a second", "12 s", "4 min" or "2 h 05 min"."""
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def shown_time(moment: datetime) -> str:
    """Return a time as people read it, in this machine's zone."""
    return f"{moment.astimezone():%A %d %B %Y at %H:%M %Z}"


def _pace(progress: SendProgress) -> str:
    if progress.waiting_for:
        return f"waiting: {progress.waiting_for}"
    rate = f"{progress.rate:,.0f} a second" if progress.rate >= 1 else "less than one a second"
    return f"{rate}, {duration(progress.eta)} left" if progress.eta else rate
