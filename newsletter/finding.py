"""Findings: one thing to mend or to know in an author's file, said in one line."""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule says of one place in a file."""

    rule: str
    level: Level
    file: str
    """The path as the author knows it, relative to the publication."""
    line: int | None = None
    """1-based; None when the finding is about the whole file."""
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}{f'. {self.remedy}' if self.remedy else ''}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "Did you mean 'weekly'?" for the nearest known word, else ""."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean '{near[0]}'?" if near else ""


def suggest(word: str, known: Collection[str]) -> str:
    """Return the nearest known word as a question, else all that are known, else ""."""
    return did_you_mean(word, known) or (f"Known here: {', '.join(sorted(known))}" if known else "")
