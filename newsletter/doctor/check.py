"""Checks: what was looked at, how it is, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    """It works, or cannot be looked at from here; the author should know."""
    FAIL = "fail"
    """Letters would not leave, or would not arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    part: str
    """What it belongs to: settings, database, dns, ses."""
    name: str
    level: Level
    message: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.level is Level.FAIL and not self.remedy:
            raise ValueError(f"{self.name} fails without a remedy")


def ok(part: str, name: str, message: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(part=part, name=name, level=Level.OK, message=message)


def warn(part: str, name: str, message: str, remedy: str = "") -> Check:
    """Return a check that found something to know."""
    return Check(part=part, name=name, level=Level.WARN, message=message, remedy=remedy)


def fail(part: str, name: str, message: str, remedy: str) -> Check:
    """Return a check that found something to mend."""
    return Check(part=part, name=name, level=Level.FAIL, message=message, remedy=remedy)
