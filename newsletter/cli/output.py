"""Terminal output: results on stdout, messages and progress on stderr, with four styles.

The styles are attention (yellow), subject (bold), quiet (dim) and bar (cyan). rich handles NO_COLOR, narrow
terminals and pipes. It takes long to import, so a line without a style is written without it.

With NEWSLETTER_LOGS=json every message on stderr is one JSON object.
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
"""The environment variable for the format of messages: text or json."""
_STYLES = {"attention": "yellow", "subject": "bold", "quiet": "dim", "bar": "cyan"}
_CONTROL_CHARACTERS = dict.fromkeys(map(ord, "\a\b\v\f\r"))
"""Characters that a terminal obeys instead of showing; rich drops them as well."""


def print_result(text: "str | Text" = "") -> None:
    """Print a result to stdout verbatim: no markup is read from it."""
    if isinstance(text, str):
        _write(text, sys.stdout)
    else:
        stdout().print(text)


def print_json(value: Any) -> None:
    """Print one compact JSON object on one line."""
    print(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))  # noqa: T201


def print_fitted(row: "Text | Table") -> None:
    """Print a line or a table to stdout, no wider than the terminal."""
    _console().print(row, no_wrap=True, overflow="ellipsis")


def print_table(headings: Sequence[str], rows: "Iterable[Sequence[str | Text]]", numbers: Sequence[int] = ()) -> None:
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


def info(text: "str | Text" = "", style: str = "") -> None:
    """Print a message to stderr; `style` is attention, subject or quiet."""
    if is_json_log():
        if message := str(text).strip():
            log("message", level="warning" if style == "attention" else "info", message=message)
    elif isinstance(text, str) and not style:
        _write(text, sys.stderr)
    else:
        stderr().print(styled((text, style)) if isinstance(text, str) else text)


def warn(text: str) -> None:
    """Print a warning to stderr."""
    info(text, "attention")


def error(message: str) -> None:
    """Print an error to stderr; each of its lines begins with "newsletter:"."""
    if is_json_log():
        log("error", level="error", message=message)
        return
    for line in message.splitlines():
        stderr().print(styled(("newsletter: ", "attention"), line))


def is_json_log() -> bool:
    """Return whether messages are written as JSON."""
    return os.environ.get(LOGS) == "json"


def log(event: str, *, level: str = "info", **values: object) -> None:
    """Write one event to stderr as one JSON object: `at`, `level`, `event` and its values."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"at": at, "level": level, "event": event, **values}
    print(json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str), file=sys.stderr, flush=True)  # noqa: T201


def styled(*pieces: str | tuple[str, str]) -> "Text":
    """Return a line of pieces, each plain or with its style."""
    from rich.text import Text

    return Text.assemble(*pieces)


def pluralise(number: int, noun: str, plural: str = "") -> str:
    """Return "1 reader" or "1,204 readers"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def command_line(arguments: str) -> str:
    """Return `newsletter ARGUMENTS` as it can be typed here: with its path where the shell would not find it."""
    program = Path(sys.argv[0])
    if program.name != "newsletter" or shutil.which("newsletter"):
        return f"newsletter {arguments}"
    return f"{os.path.relpath(program)} {arguments}"


def stdout() -> "Console":
    """Return the console for results."""
    return _console(is_wrapped=False)


def stderr() -> "Console":
    """Return the console for messages and progress."""
    return _console(is_wrapped=False, is_stderr=True)


def width() -> int:
    """Return the number of columns of stdout; 80 where it is no terminal and COLUMNS is not set."""
    return stdout().width


def supports_unicode() -> bool:
    """Return whether stdout can show more than ASCII."""
    return stdout().encoding.lower().startswith("utf")


def _console(*, is_wrapped: bool = True, is_stderr: bool = False) -> "Console":
    from rich.console import Console
    from rich.theme import Theme

    return Console(theme=Theme(_STYLES), highlight=False, soft_wrap=not is_wrapped, stderr=is_stderr)


def _write(line: str, stream: TextIO) -> None:
    print(line.translate(_CONTROL_CHARACTERS), file=stream, flush=True)
