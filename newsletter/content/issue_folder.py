"""The folder issues/: finds each issue's file, gives it a slug, and reads all issues or one by its name.

An issue is `issues/<name>/index.md` or `issues/<name>.md`; its slug is the name, slugified. Links that lead out of
the publication are not followed. An issue that cannot be read becomes findings and never hides another.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath

from newsletter.content.issue import Issue, IssueFile, Slug, Status
from newsletter.content.issue_reader import read_issue_file
from newsletter.errors import ContentError, UsageError
from newsletter.finding import Finding, Level, did_you_mean
from newsletter.settings import Settings

_SUFFIXES = (".md", ".markdown")
_MAX_ASCII_LETTER = 0x24F
"""The last Latin letter whose accents can be dropped (Latin Extended-B)."""
_UNDATED = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCollection:
    """The issues that could be read, newest first by date and slug, and the faults of the others."""

    issues: tuple[Issue, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueListing:
    """The issue files in issues/ by name, and what was not followed."""

    files: tuple[IssueFile, ...]
    findings: tuple[Finding, ...]


def read_issues(settings: Settings) -> IssueCollection:
    """Read every issue; the faults of those that are refused are in `findings`."""
    listing = list_issue_files(settings)
    issues, findings = [], list(listing.findings)
    for issue_file in listing.files:
        try:
            issues.append(read_issue_file(settings, issue_file))
        except ContentError as refusal:
            findings.extend(refusal.findings)
    issues.sort(key=_age, reverse=True)
    return IssueCollection(issues=tuple(issues), findings=tuple(findings))


def read_issue(settings: Settings, slug: str) -> Issue:
    """Read one issue by its slug or file name; UsageError if there is none, ContentError if it is refused."""
    return read_issue_file(settings, find_issue_file(settings, slug))


def find_issue_file(settings: Settings, slug: str) -> IssueFile:
    """Return the file of an issue by its slug or file name; UsageError with the nearest name if there is none."""
    listing = list_issue_files(settings)
    by_slug = {issue_file.slug.text: issue_file for issue_file in listing.files}
    if slug in by_slug:
        return by_slug[slug]
    path = PurePath(slug)
    for issue_file in listing.files:
        own_name = issue_file.path.parent.name if issue_file.path.stem == "index" else issue_file.path.stem
        if slug in {own_name, issue_file.path.name} or path == PurePath(issue_file.file) or issue_file.path == path:
            return issue_file
    slugified = slugify(path.parent.name if path.stem == "index" else path.stem if path.suffix else slug).text
    if slugified in by_slug:
        return by_slug[slugified]
    faults = [finding for finding in listing.findings if slugify(PurePath(finding.file).stem).text == slug]
    if faults:
        raise ContentError(faults)
    remedy = did_you_mean(slug, by_slug) or ("'newsletter new TITLE' starts one" if not by_slug else "")
    raise UsageError(f"there is no issue '{slug}' in {settings.issues.name}/. {remedy}".rstrip(". "))


def issue_slugs(settings: Settings) -> frozenset[str]:
    """Return the slugs of all issues that have a file, readable or not."""
    return frozenset(issue_file.slug.text for issue_file in list_issue_files(settings).files)


def newest_ready(collection: IssueCollection) -> Issue | None:
    """Return the newest ready issue by date, then slug; None if no issue is ready."""
    return max((issue for issue in collection.issues if issue.status is Status.READY), key=_age, default=None)


def slugify(name: str) -> Slug:
    """Return a name as a slug: accents dropped, all else hyphens.

    Names that differ only in non-ASCII letters are distinguished by a digest at the end.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not text or any(ord(char) > _MAX_ASCII_LETTER and char.isalnum() for char in name):
        text = f"{text[:60] or 'issue'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return Slug(text[:80].strip("-"))


def list_issue_files(settings: Settings) -> IssueListing:
    """Return the file of every issue in the order of names, each under a slug of its own."""
    files: list[IssueFile] = []
    findings: list[Finding] = []
    used_slugs: set[str] = set()
    root = settings.root.resolve()
    for name, path in _candidates(settings.issues):
        file = path.relative_to(settings.root).as_posix()
        if path.resolve().is_relative_to(root):
            files.append(_with_slug(name, path, file, used_slugs))
            continue
        findings.append(
            Finding(
                rule="outside",
                level=Level.ERROR,
                file=file,
                message="leads out of the publication and was not followed",
                remedy="Put the file itself here",
            )
        )
    return IssueListing(files=tuple(files), findings=tuple(findings))


def _candidates(issues: Path) -> list[tuple[str, Path]]:
    """Return names and files: a folder before a file of the same name, valid slugs before names to be slugified."""
    if not issues.is_dir():
        return []
    candidates: list[tuple[str, Path]] = []
    for entry in issues.iterdir():
        if entry.name.startswith((".", "_")) or entry.stem.lower() == "readme":
            continue
        if entry.is_dir():
            indexes = (entry / f"index{suffix}" for suffix in _SUFFIXES)
            index = next((path for path in indexes if path.exists()), None)
            if index is not None:
                candidates.append((entry.name, index))
        elif entry.suffix.lower() in _SUFFIXES:
            candidates.append((entry.stem, entry))
    return sorted(candidates, key=lambda pair: (slugify(pair[0]).text != pair[0], pair[1].parent == issues, pair[0]))


def _with_slug(name: str, path: Path, file: str, used_slugs: set[str]) -> IssueFile:
    """Return an issue's file under its slug, numbered if another issue has it; any change is a finding."""
    wanted = slug = slugify(name)
    number = 1
    while slug.text in used_slugs:
        number += 1
        slug = Slug(f"{wanted.text[:76].rstrip('-')}-{number}")
    used_slugs.add(slug.text)
    if slug.text == name:
        return IssueFile(slug=slug, path=path, file=file)
    is_numbered = slug != wanted
    finding = Finding(
        rule="slug",
        level=Level.WARNING if is_numbered else Level.NOTICE,
        file=file,
        message=f"has the slug '{slug}'" + (f", since '{wanted}' is in use" if is_numbered else ""),
        remedy="Rename it" if is_numbered else "To choose the slug, name the file in a-z, 0-9 and hyphens",
    )
    return IssueFile(slug=slug, path=path, file=file, findings=(finding,))


def _age(issue: Issue) -> tuple[datetime, str]:
    return issue.date or _UNDATED, issue.slug.text
