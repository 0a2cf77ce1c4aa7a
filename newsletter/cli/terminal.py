"""What the terminal shows: results on stdout, talk on stderr, one colour for attention, bold for the subject.

rich keeps to NO_COLOR, to narrow widths and to pipes by itself.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

LOGS = "NEWSLETTER_LOGS"
"""The variable that says how talk is written: text, or json."""
_THEME = Theme({"attention": "yellow", "subject": "bold", "quiet": "dim", "bar": "cyan"})


def stdout() -> Console:
    """Return the console for results."""
    return Console(theme=_THEME, highlight=False, soft_wrap=True)


def stderr() -> Console:
    """Return the console for talk and progress."""
    return Console(theme=_THEME, highlight=False, soft_wrap=True, stderr=True)


def say(text: str | Text = "") -> None:
    """Print a result to stdout, as it is: no markup is read from it."""
    stdout().print(text if isinstance(text, Text) else Text(text))


def say_fitted(row: Text | Table) -> None:
    """Print a line or a table to stdout, no wider than the terminal."""
    Console(theme=_THEME, highlight=False).print(row, no_wrap=True, overflow="ellipsis")


def width() -> int:
    """Return how many columns stdout has; 80 where it is no terminal and COLUMNS says nothing."""
    return stdout().width


def draws_blocks() -> bool:
    """Return whether stdout takes more than ASCII."""
    return stdout().encoding.lower().startswith("utf")


def talk(text: str | Text = "", style: str = "") -> None:
    """Print talk to stderr; `style` is attention, subject or quiet."""
    if is_logging():
        if said := str(text).strip():
            log("talk", level="warning" if style == "attention" else "info", message=said)
        return
    stderr().print(text if isinstance(text, Text) else Text(text, style=style))


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
        stderr().print(Text.assemble(("newsletter: ", "attention"), line))


def say_json(value: Any) -> None:
    """Print one compact JSON object on one line."""
    print(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))  # noqa: T201


def say_table(headings: Sequence[str], rows: Iterable[Sequence[str | Text]], numbers: Sequence[int] = ()) -> None:
    """Print aligned columns; the columns at the indices `numbers` are aligned to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="quiet", show_edge=False)
    for index, heading in enumerate(headings):
        is_number = index in numbers
        justify: JustifyMethod = "right" if is_number else "left"
        table.add_column(Text(heading), justify=justify, overflow="fold", no_wrap=is_number)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    Console(theme=_THEME, highlight=False).print(table)


def count(number: int, noun: str, plural: str = "") -> str:
    """Return "1 reader" or "1,204 readers"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def command(words: str) -> str:
    """Return `newsletter WORDS` as it can be typed here: with its path where the shell would not find it."""
    called = Path(sys.argv[0])
    if called.name != "newsletter" or shutil.which("newsletter"):
        return f"newsletter {words}"
    return f"{os.path.relpath(called)} {words}"
