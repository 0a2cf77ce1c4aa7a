"""Snapshots: an issue composed to be looked at, or the reason why it cannot be composed, in the author's terms."""

import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from newsletter.app import Publication
from newsletter.app.issues import review_issue
from newsletter.compose import MergeText, fill_merge_tags, linked_pictures
from newsletter.content import Issue, IssueCollection, read_issue, read_issues
from newsletter.errors import ContentError, NewsletterError, SettingsError, UsageError
from newsletter.finding import Finding, Level
from newsletter.preflight import SAMPLE_VALUES
from newsletter.settings import SETTINGS_FILE, Settings, read_settings

PICTURES = "/pictures/"
_LOCAL = re.compile(r"file://[^\"'()<>\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueEntry:
    """One issue in the menu."""

    slug: str
    title: str
    status: str
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedVariant:
    """What the readers of one variant get; pictures have URLs of the preview."""

    readers: str
    html: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An issue as it is now."""

    number: int
    """The version of the author's files that it was made from."""
    slug: str = ""
    title: str = ""
    sender: str = ""
    subject: str = ""
    preheader: str = ""
    list_name: str = ""
    variants: tuple[RenderedVariant, ...] = ()
    """The one for readers in no segment first; none when the issue cannot be composed."""
    findings: tuple[Finding, ...] = ()
    fault: str = ""
    """The error, where no file can be named."""
    pictures: Mapping[str, Path]
    others: tuple[IssueEntry, ...] = ()
    accent: str = ""


def make_snapshot(root: Path, slug: str, number: int) -> Snapshot:
    """Compose an issue, the newest where `slug` is empty; whatever goes wrong is part of the snapshot."""
    others: tuple[IssueEntry, ...] = ()
    accent, title = "", ""
    try:
        settings = read_settings(root)
        accent = settings.publication.accent
        collection = read_issues(settings)
        others = tuple(_entry(issue) for issue in _newest_first(collection))
        slug = slug or _newest(collection)
        title = next((entry.title for entry in others if entry.slug == slug), slug)
        return _composed(settings, read_issue(settings, slug), number, others)
    except ContentError as refusal:
        findings, fault = refusal.findings, ""
    except SettingsError as error:
        findings, fault = _settings_findings(str(error)), ""
    except NewsletterError as error:
        findings, fault = (), str(error)
    except OSError as error:
        findings, fault = (), f"{error.filename or 'the system'}: {error.strerror or error}"
    except Exception as error:  # the outermost loop: the page shows it and waits for the next change
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        findings, fault = (), f"this is a bug in newsletter: {type(error).__name__}: {error} ({where})"
    return Snapshot(
        number=number,
        slug=slug,
        title=title,
        findings=findings,
        fault=fault,
        pictures={},
        others=others,
        accent=accent,
    )


def _composed(settings: Settings, issue: Issue, number: int, others: tuple[IssueEntry, ...]) -> Snapshot:
    with Publication(settings) as publication:
        review = review_issue(publication, issue)
    edition = review.composed.edition
    pictures = dict(linked_pictures(settings, edition))
    cache = (settings.var / "cache" / "pictures").resolve()

    def local(match: re.Match[str]) -> str:
        path = Path(unquote(urlsplit(match[0]).path))
        if not path.resolve().is_relative_to(cache):
            return ""
        pictures[path.name] = path
        return f"{PICTURES}{edition.slug}/{path.name}"

    def variant(readers: str, html_part: MergeText, text_part: MergeText) -> RenderedVariant:
        html = fill_merge_tags(html_part, SAMPLE_VALUES)
        for name in pictures:
            html = re.sub(rf"https?://[^\"'()<>\s]+/{re.escape(name)}", f"{PICTURES}{edition.slug}/{name}", html)
        return RenderedVariant(
            readers=readers, html=_LOCAL.sub(local, html), text=fill_merge_tags(text_part, SAMPLE_VALUES)
        )

    variants = [
        variant("all others" if edition.variants else "everybody", edition.html, edition.text),
        *(variant(" and ".join(each.inside), each.html, each.text) for each in edition.variants),
    ]
    return Snapshot(
        number=number,
        slug=edition.slug,
        title=edition.title,
        sender=settings.list_named(review.list_name).sender.name or settings.publication.title,
        subject=fill_merge_tags(edition.subject, {}),
        preheader=edition.preheader,
        list_name=review.list_name,
        variants=tuple(variants),
        findings=review.findings,
        pictures=pictures,
        others=others,
        accent=settings.publication.accent,
    )


def _newest_first(collection: IssueCollection) -> list[Issue]:
    """Return the issues by date; one without a date has that of its file."""
    return sorted(collection.issues, key=lambda issue: (_day(issue), issue.slug), reverse=True)


def _day(issue: Issue) -> datetime:
    return issue.date or datetime.fromtimestamp(issue.path.stat().st_mtime, UTC)


def _newest(collection: IssueCollection) -> str:
    issues = _newest_first(collection)
    if issues:
        return issues[0].slug.text
    if collection.findings:
        raise ContentError(collection.findings)
    raise UsageError("there is no issue yet. 'newsletter new TITLE' starts one")


def _entry(issue: Issue) -> IssueEntry:
    return IssueEntry(
        slug=issue.slug.text,
        title=issue.title,
        status=issue.status.value,
        day=f"{issue.date:%Y-%m-%d}" if issue.date else "",
    )


def _settings_findings(message: str) -> tuple[Finding, ...]:
    """Return each line of a settings error as a finding."""
    findings = []
    for line in message.splitlines():
        place = re.match(rf"(?:\S*/)?{re.escape(SETTINGS_FILE)}(?::(\d+))?: ", line)
        findings.append(
            Finding(
                rule="settings",
                level=Level.ERROR,
                file=SETTINGS_FILE,
                line=int(place[1]) if place and place[1] else None,
                message=line[place.end() :] if place else line,
            )
        )
    return tuple(findings)
