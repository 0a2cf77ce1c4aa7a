"""Series: emails that each new subscriber gets so many days after joining (series/NAME/*.md)."""

import re
from dataclasses import dataclass

from newsletter.content.issue import Issue, IssueFile, Status
from newsletter.content.issue_folder import slugify
from newsletter.content.issue_reader import read_issue_file
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.settings import Settings

MAX_DAYS = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesEmail:
    """One email of a series, written like an issue."""

    name: str
    """The file's name without its suffix. Deliveries are recorded under it, so it outlives changes of the text."""
    issue: Issue
    days: int
    """Days after joining."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The ready emails of a series in the order they are sent, and the faults of the others."""

    emails: tuple[SeriesEmail, ...]
    findings: tuple[Finding, ...]


def read_series(settings: Settings, name: str) -> Series:
    """Read a series; an email that cannot be read becomes a finding and does not hold back the others."""
    emails: list[SeriesEmail] = []
    findings: list[Finding] = []
    folder = settings.root / "series" / name
    for path in sorted(folder.glob("*.md")) if folder.is_dir() else ():
        file = path.relative_to(settings.root).as_posix()
        if not path.resolve().is_relative_to(settings.root.resolve()):
            findings.append(_error(file, "lies outside the publication", "Put the text itself here"))
            continue
        slug = slugify(f"{name}-{path.stem}")
        try:
            issue = read_issue_file(settings, IssueFile(slug=slug, path=path, file=file))
        except ContentError as error:
            findings += error.findings
            continue
        days = str(issue.extra.get("days", 0))
        if not re.fullmatch("[0-9]{1,4}", days) or int(days) > MAX_DAYS:
            message = f"days: '{days}' is not a whole number from 0 to {MAX_DAYS}"
            findings.append(_error(file, message, "Write, for example, 'days: 3'"))
        elif issue.status is Status.READY:
            emails.append(SeriesEmail(name=path.stem, issue=issue, days=int(days)))
    emails.sort(key=lambda email: (email.days, email.name))
    return Series(emails=tuple(emails), findings=tuple(findings))


def _error(file: str, message: str, remedy: str) -> Finding:
    return Finding(rule="series", level=Level.ERROR, file=file, message=message, remedy=remedy)
