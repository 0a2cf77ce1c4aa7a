"""The shelf: every issue of the publication, read; one issue's fault never hides another."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath

from newsletter.content.issue import Issue, Status
from newsletter.content.issue_files import Found, look, slugify
from newsletter.content.issue_reader import read
from newsletter.errors import ContentError, UsageError
from newsletter.finding import Finding, did_you_mean
from newsletter.settings import Settings

_UNDATED = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCollection:
    """The issues that could be read, newest first by date and slug, and what is wrong with the others."""

    issues: tuple[Issue, ...]
    findings: tuple[Finding, ...]


def read_issues(settings: Settings) -> IssueCollection:
    """Read every issue; those that are refused become findings in `findings`."""
    folder = look(settings)
    issues, findings = [], list(folder.findings)
    for found in folder.found:
        try:
            issues.append(read(settings, found))
        except ContentError as refusal:
            findings.extend(refusal.findings)
    issues.sort(key=_age, reverse=True)
    return IssueCollection(issues=tuple(issues), findings=tuple(findings))


def read_issue(settings: Settings, slug: str) -> Issue:
    """Read one issue by its slug or its file's name; UsageError if there is none, ContentError if it is refused."""
    return read(settings, find_issue(settings, slug))


def find_issue(settings: Settings, slug: str) -> Found:
    """Return the file of the issue; UsageError with the nearest name if there is none."""
    folder = look(settings)
    named = {found.slug.text: found for found in folder.found}
    if slug in named:
        return named[slug]
    path = PurePath(slug)
    for found in folder.found:
        own_name = found.path.parent.name if found.path.stem == "index" else found.path.stem
        if slug in {own_name, found.path.name} or path == PurePath(found.file) or found.path == path:
            return found
    fit = slugify(path.parent.name if path.stem == "index" else path.stem if path.suffix else slug).text
    if fit in named:
        return named[fit]
    faults = [finding for finding in folder.findings if slugify(PurePath(finding.file).stem).text == slug]
    if faults:
        raise ContentError(faults)
    remedy = did_you_mean(slug, named) or ("'newsletter new TITLE' starts one" if not named else "")
    raise UsageError(f"there is no issue '{slug}' in {settings.issues.name}/. {remedy}".rstrip(". "))


def issue_slugs(settings: Settings) -> frozenset[str]:
    """Return the slugs of all issues that have a file, whether or not it can be read."""
    return frozenset(found.slug.text for found in look(settings).found)


def newest_ready(shelf: IssueCollection) -> Issue | None:
    """Return the newest ready issue by date, then slug."""
    return max((issue for issue in shelf.issues if issue.status is Status.READY), key=_age, default=None)


def _age(issue: Issue) -> tuple[datetime, str]:
    return issue.date or _UNDATED, issue.slug.text
