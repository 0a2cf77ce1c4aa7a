"""Validation errors of newsletter.toml as text: line, key, value, and a suggestion for an unknown key."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from newsletter.finding import suggest
from newsletter.settings.sections import ListSettings, Settings


def format_errors(problems: Iterable[Mapping[str, Any]], text: str) -> str:
    """Return one line for each error that pydantic found in the TOML `text`, in the order of the file."""
    lines = sorted(_format_error(problem, text) for problem in problems)
    return "\n".join(f"newsletter.toml:{line}: {message}" for line, message in lines)


def _format_error(problem: Mapping[str, Any], text: str) -> tuple[int, str]:
    location = tuple(part for part in problem["loc"] if isinstance(part, str))  # without the index in an array
    line = line_of(text, location)
    name = location[-1] if location else ""
    if problem["type"] == "extra_forbidden":
        return line, f"unknown key '{name}'. {suggest(name, _known_keys(location[:-1]))}".rstrip()
    if problem["type"] == "missing":
        section = ".".join(location[:-1])
        return line, f"'{name}' is missing{f' in [{section}]' if section else ''}"
    reason = str(problem["msg"]).removeprefix("Value error, ")
    if location == ("segments",) and problem["type"] == "value_error":  # the reason begins with the segment's name
        return line_of(text, (*location, reason.partition(" ")[0].strip("'"))), f"segments.{reason}"
    return line, f"{'.'.join(location)} = {problem['input']!r}: {reason[:1].lower()}{reason[1:]}"


def _known_keys(location: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in location:
        field = model.model_fields.get(part)
        if field is None:  # such as the NAME in [lists.NAME]
            continue
        annotation = field.annotation
        if part == "lists":
            annotation = ListSettings
        for kind in (annotation, *get_args(annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                model = kind
    secret = {"root", "secret_key", "dkim_key", "smtp_password", "imap_password", "metrics_token"}
    return [field.alias or name for name, field in model.model_fields.items() if name not in secret]


def line_of(text: str, location: tuple[str, ...]) -> int:
    """Return the line of the key at `location`, else of its table, else 1.

    tomllib gives no positions, so this looks for the table's header and the key below it.
    """
    lines = text.splitlines()
    for depth in range(len(location), 0, -1):
        header, table = _header(location[:depth]), _header(location[: depth - 1])
        key = rf"\s*{_quoted(location[depth - 1])}\s*[=.]"
        is_inside = depth == 1
        for number, line in enumerate(lines, 1):
            if re.match(header, line):
                return number
            if line.lstrip().startswith("["):
                is_inside = depth > 1 and re.match(table, line) is not None
            elif is_inside and re.match(key, line):
                return number
    return 1


def _header(location: tuple[str, ...]) -> str:
    dotted = r"\s*\.\s*".join(_quoted(part) for part in location)
    return rf"\s*\[\[?\s*{dotted}\s*\]"


def _quoted(part: str) -> str:
    return rf"[\"']?{re.escape(part)}[\"']?"
