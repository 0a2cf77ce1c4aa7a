"""What the terminal shows: results on stdout, talk on stderr, one colour for attention, bold for the subject.

rich keeps to NO_COLOR, to narrow widths and to pipes by itself. It is loaded by what needs it: a line without any
style is written as it is.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod
    from rich.table import Table
    from rich.text import Text

LOGS = "NEWSLETTER_LOGS"
"""The variable that says how talk is written: text, or json."""
_STYLES = {"attention": "yellow", "subject": "bold", "quiet": "dim", "bar": "cyan"}
_OBEYED = dict.fromkeys(map(ord, "\a\b\v\f\r"))
"""What a terminal would do rather than show; rich leaves it out as well."""


def stdout() -> "Console":
    """Return the console for results."""
    return _console(is_wrapped=False)


def stderr() -> "Console":
    """Return the console for talk and progress."""
    return _console(is_wrapped=False, is_stderr=True)


def styled(*pieces: str | tuple[str, str]) -> "Text":
    """Return a line of pieces, each plain or with its style: attention, subject or quiet."""
    from rich.text import Text

    return Text.assemble(*pieces)


def say(text: "str | Text" = "") -> None:
    """Print a result to stdout, as it is: no markup is read from it."""
    if isinstance(text, str):
        _write(text, sys.stdout)
    else:
        stdout().print(text)


def say_fitted(row: "Text | Table") -> None:
    """Print a line or a table to stdout, no wider than the terminal."""
    _console().print(row, no_wrap=True, overflow="ellipsis")


def width() -> int:
    """Return how many columns stdout has; 80 where it is no terminal and COLUMNS says nothing."""
    return stdout().width


def draws_blocks() -> bool:
    """Return whether stdout takes more than ASCII."""
    return stdout().encoding.lower().startswith("utf")


def talk(text: "str | Text" = "", style: str = "") -> None:
    """Print talk to stderr; `style` is attention, subject or quiet."""
    if is_logging():
        if said := str(text).strip():
            log("talk", level="warning" if style == "attention" else "info", message=said)
    elif isinstance(text, str) and not style:
        _write(text, sys.stderr)
    else:
        stderr().print(styled((text, style)) if isinstance(text, str) else text)


def is_logging() -> bool:
    """Return whether talk is written for machines."""
    return os.environ.get(LOGS) == "json"


def log(event: str, *, level: str = "info", **values: object) -> None:
    """Write one event to stderr as one JSON object: `at`, `level`, `event` and its values."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"at": at, "level": level, "event": event, **values}
    print(json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str), file=sys.stderr, flush=True)  # noqa: T201


def complain(message: str) -> None:
    """Print what went wrong to stderr, the first word of each line in the colour for attention."""
    if is_logging():
        log("error", level="error", message=message)
        return
    for line in message.splitlines():
        stderr().print(styled(("newsletter: ", "attention"), line))


def _console(*, is_wrapped: bool = True, is_stderr: bool = False) -> "Console":
    from rich.console import Console
    from rich.theme import Theme

    return Console(theme=Theme(_STYLES), highlight=False, soft_wrap=not is_wrapped, stderr=is_stderr)


def _write(line: str, stream: TextIO) -> None:
    print(line.translate(_OBEYED), file=stream, flush=True)


def say_json(value: Any) -> None:
    """Print one compact JSON object on one line."""
    print(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))  # noqa: T201


def say_table(headings: Sequence[str], rows: "Iterable[Sequence[str | Text]]", numbers: Sequence[int] = ()) -> None:
    """Print aligned columns; the columns at the indices `numbers` are aligned to the right."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="quiet", show_edge=False)
    for index, heading in enumerate(headings):
        is_number = index in numbers
        justify: JustifyMethod = "right" if is_number else "left"
        table.add_column(Text(heading), justify=justify, overflow="fold", no_wrap=is_number)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    _console().print(table)


def count(number: int, noun: str, plural: str = "") -> str:
    """Return "1 reader" or "1,204 readers"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def command(words: str) -> str:
    """Return `newsletter WORDS` as it can be typed here: with its path where the shell would not find it."""
    called = Path(sys.argv[0])
    if called.name != "newsletter" or shutil.which("newsletter"):
        return f"newsletter {words}"
    return f"{os.path.relpath(called)} {words}"
