"""Progress of a send: a bar with count, rate and time left on a terminal, a plain line now and then elsewhere."""

import time
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.cli import output

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from newsletter.delivery import SendProgress

_BAR_SECONDS = 0.1
_LINE_SECONDS = 5.0
_REPEAT_SECONDS = 600.0
"""The same reason for waiting is printed this often only, so that a log does not fill with it."""
_FIRST_SECONDS = 1.0
"""A log has its first line soon, so that its reader sees that something happens."""


class ProgressLine:
    """Shows how far a send is, at most as often as a person can read; a context manager that ends the bar."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._has_bar: bool | None = None
        self._waiting_for = ""
        self._shown_at = time.monotonic() - _LINE_SECONDS + _FIRST_SECONDS

    def show(self, progress: "SendProgress") -> None:
        """Show how far the send is, if it is time to."""
        if self._has_bar is None:
            self._has_bar = output.stderr().is_terminal and not output.is_json_log()
        now = time.monotonic()
        if now - self._shown_at < self._interval(progress) and progress.counts.planned:
            return
        self._shown_at, self._waiting_for = now, progress.waiting_for
        done, total = progress.counts.recipients - progress.counts.planned, progress.counts.recipients
        if self._has_bar:
            self._update_bar(done, total, _describe(progress))
        elif output.is_json_log():
            _log(progress, done, total)
        elif progress.counts.planned:
            output.info(f"{done:,} of {total:,}, {_describe(progress)}")

    def stop(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = self._task = None

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self.stop()

    def _interval(self, progress: "SendProgress") -> float:
        """Return the seconds to leave between what was shown last and this."""
        if self._has_bar:
            return _BAR_SECONDS
        if not progress.waiting_for:
            return _LINE_SECONDS
        return _REPEAT_SECONDS if progress.waiting_for == self._waiting_for else 0.0

    def _update_bar(self, done: int, total: int, note: str) -> None:
        if self._bar is None or self._task is None:
            from rich.progress import BarColumn, Progress, TextColumn

            columns = (
                BarColumn(bar_width=28, complete_style="default", finished_style="default", pulse_style="quiet"),
                TextColumn("{task.completed:,.0f} of {task.total:,.0f}", style="subject"),
                TextColumn("{task.fields[note]}", style="quiet"),
            )
            self._bar = Progress(*columns, console=output.stderr(), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("sending", total=total, note="")
        self._bar.update(self._task, completed=done, total=total, note=note)


def duration(seconds: float) -> str:
    """Return "less than a second", "12 s", "4 min" or "2 h 05 min"."""
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def local_time(moment: datetime) -> str:
    """Return a time for people, in this machine's time zone."""
    return f"{moment.astimezone():%A %d %B %Y at %H:%M %Z}"


def _log(progress: "SendProgress", done: int, total: int) -> None:
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


def _describe(progress: "SendProgress") -> str:
    if progress.waiting_for:
        return f"waiting: {progress.waiting_for}"
    rate = f"{progress.rate:,.0f} a second" if progress.rate >= 1 else "less than one a second"
    return f"{rate}, {duration(progress.eta)} left" if progress.eta else rate
