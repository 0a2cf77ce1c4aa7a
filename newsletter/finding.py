"""Findings: errors, warnings and notices about an author's files, each with file, line and remedy."""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """The severity of a finding."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding of a rule about a place in a file."""

    rule: str
    level: Level
    file: str
    """The path relative to the publication."""
    line: int | None = None
    """1-based; None if the finding is about the whole file."""
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}{f'. {self.remedy}' if self.remedy else ''}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "Did you mean 'weekly'?" for the nearest of the `known` words; "" if none is near."""
    nearest = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean '{nearest[0]}'?" if nearest else ""


def suggest(word: str, known: Collection[str]) -> str:
    """Return "Did you mean ...?" for the nearest known word, else a list of all known words; "" if there are none."""
    return did_you_mean(word, known) or (f"Known here: {', '.join(sorted(known))}" if known else "")
