"""Check result: what was checked, how it is, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class CheckLevel(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    """It works, or cannot be checked from here; the author should know."""
    FAIL = "fail"
    """Messages would not be sent, or would not arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of one check."""

    part: str
    """The group of checks: settings, database, dns, ses."""
    name: str
    level: CheckLevel
    message: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.level is CheckLevel.FAIL and not self.remedy:
            raise ValueError(f"{self.name} fails without a remedy")


def ok(part: str, name: str, message: str) -> CheckResult:
    """Return the result of a check that found nothing wrong."""
    return CheckResult(part=part, name=name, level=CheckLevel.OK, message=message)


def warn(part: str, name: str, message: str, remedy: str = "") -> CheckResult:
    """Return the result of a check that found something the author should know."""
    return CheckResult(part=part, name=name, level=CheckLevel.WARN, message=message, remedy=remedy)


def fail(part: str, name: str, message: str, remedy: str) -> CheckResult:
    """Return the result of a check that found something to fix."""
    return CheckResult(part=part, name=name, level=CheckLevel.FAIL, message=message, remedy=remedy)


def fail_with(part: str, name: str, error: Exception, default_remedy: str = "Fix that and run it again") -> CheckResult:
    """Return a failure from an error of ours, whose last sentence says what to do next."""
    message, _, remedy = " ".join(str(error).split()).rpartition(". ")
    return fail(part, name, message, remedy) if message else fail(part, name, remedy, default_remedy)
