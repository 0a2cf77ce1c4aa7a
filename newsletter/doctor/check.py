"""Checks: what was looked at, how it is, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class CheckLevel(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    """It works, or cannot be looked at from here; the author should know."""
    FAIL = "fail"
    """Letters would not leave, or would not arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One thing that was looked at."""

    part: str
    """What it belongs to: settings, database, dns, ses."""
    name: str
    level: CheckLevel
    message: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.level is CheckLevel.FAIL and not self.remedy:
            raise ValueError(f"{self.name} fails without a remedy")


def ok(part: str, name: str, message: str) -> CheckResult:
    """Return a check that found nothing wrong."""
    return CheckResult(part=part, name=name, level=CheckLevel.OK, message=message)


def warn(part: str, name: str, message: str, remedy: str = "") -> CheckResult:
    """Return a check that found something to know."""
    return CheckResult(part=part, name=name, level=CheckLevel.WARN, message=message, remedy=remedy)


def fail(part: str, name: str, message: str, remedy: str) -> CheckResult:
    """Return a check that found something to mend."""
    return CheckResult(part=part, name=name, level=CheckLevel.FAIL, message=message, remedy=remedy)
