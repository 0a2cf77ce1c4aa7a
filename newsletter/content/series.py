"""Series: emails that everybody who joins gets, so many days after joining: series/NAME/*.md."""

import re
from dataclasses import dataclass

from newsletter.content.issue import Issue, Status
from newsletter.content.issue_files import Found, slugify
from newsletter.content.issue_reader import read
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.settings import Settings

MOST_DAYS = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesEmail:
    """One letter of a series, written like an issue."""

    name: str
    """Its file's name without the ending; it is what a person got it under, so it stays when the text changes."""
    issue: Issue
    days: int
    """After joining."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The emails of a series that are ready, in the order they are sent, and what is wrong with others."""

    emails: tuple[SeriesEmail, ...]
    findings: tuple[Finding, ...]


def read_series(settings: Settings, name: str) -> Series:
    """Read a series; a letter at fault is a finding and keeps the others from nothing."""
    emails: list[SeriesEmail] = []
    findings: list[Finding] = []
    folder = settings.root / "series" / name
    for path in sorted(folder.glob("*.md")) if folder.is_dir() else ():
        file = path.relative_to(settings.root).as_posix()
        if not path.resolve().is_relative_to(settings.root.resolve()):
            findings.append(_fault(file, "lies outside the publication", "Put the text itself here"))
            continue
        try:
            issue = read(settings, Found(slug=slugify(f"{name}-{path.stem}"), path=path, file=file))
        except ContentError as error:
            findings += error.findings
            continue
        days = str(issue.extra.get("days", 0))
        if not re.fullmatch("[0-9]{1,4}", days) or int(days) > MOST_DAYS:
            findings.append(_fault(file, f"days '{days}' is no whole number up to {MOST_DAYS}", "Write days: 3"))
        elif issue.status is Status.READY:
            emails.append(SeriesEmail(name=path.stem, issue=issue, days=int(days)))
    return Series(emails=tuple(sorted(emails, key=lambda each: (each.days, each.name))), findings=tuple(findings))


def _fault(file: str, message: str, remedy: str) -> Finding:
    return Finding(rule="series", level=Level.ERROR, file=file, line=None, message=message, remedy=remedy)
