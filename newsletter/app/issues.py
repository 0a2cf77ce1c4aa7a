"""Issues: make a publication and drafts, choose the issue to send, compose it, and check it before it is sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from newsletter.app.publication import Publication
from newsletter.content import (
    Issue,
    IssueCollection,
    Status,
    create_draft,
    create_publication,
    newest_ready,
    read_issue,
    read_issues,
    slugify,
)
from newsletter.errors import ContentError, DecisionRequired, SettingsError, TemporaryError, UsageError
from newsletter.finding import Finding, Level, did_you_mean
from newsletter.settings import SETTINGS_FILE, Settings

if TYPE_CHECKING:
    from newsletter.compose import Composition
    from newsletter.segments import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPublication:
    """A publication that was just made."""

    folder: Path
    sample_issues: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A new issue's file."""

    slug: str
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedFiles:
    """A composed issue as files: their contents by name, and the findings."""

    contents: Mapping[str, str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What preflight found in one or several issues."""

    issues: int
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether a finding would keep an issue from being sent for real."""
        return any(finding.level is Level.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """An issue composed for a list, and what preflight found in it."""

    list_name: str
    composed: "Composition"
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The issue to send, the list and segment it goes to, and its composed form."""

    issue: Issue
    list_name: str
    segment: "Segment | None"
    """The part of the list it goes to; None for all of it."""
    is_own_segment: bool
    """Whether the issue's front matter names the segment."""
    composed: "Composition"
    skipped: tuple[Finding, ...] = field(default=())
    """Errors in newer ready issues, which were passed over because they cannot be composed."""

    @property
    def expression(self) -> str:
        """The segment as a query, spelled out; empty for the whole list."""
        return self.segment.expression if self.segment else ""


def init_publication(folder: Path) -> NewPublication:
    """Make a new publication: a working sample with issues, templates and fictional readers.

    UsageError when the folder is a publication already.
    """
    files = create_publication(folder)
    sample_issues = sum(1 for path in files if path.parts[0] == "issues" and path.name == "index.md")
    return NewPublication(folder=folder, sample_issues=sample_issues)


def new_issue(publication: Publication, title: str) -> Draft:
    """Write `issues/<slug>/index.md` for a new draft; UsageError when an issue of that name exists."""
    path = create_draft(publication.settings, title, now=publication.now().astimezone())
    return Draft(slug=path.parent.name, file=path)


def compose_issue(publication: Publication, issue_name: str, list_name: str | None = None) -> ComposedFiles:
    """Compose an issue, with sample values for merge tags; nothing is written or fetched from the network."""
    import json

    from newsletter.compose import compose, fill_merge_tags
    from newsletter.preflight import SAMPLE_VALUES

    settings = publication.settings
    issue = read_issue(settings, issue_name)
    composed = compose(issue, _list_for_review(issue, settings, list_name), settings)
    edition = composed.edition
    contents = {
        "message.html": fill_merge_tags(edition.html, SAMPLE_VALUES),
        "message.txt": fill_merge_tags(edition.text, SAMPLE_VALUES),
        "web.html": edition.web,
        **{
            f"message.{variant.number}.{suffix}": fill_merge_tags(part, SAMPLE_VALUES)
            for variant in edition.variants
            for suffix, part in (("html", variant.html), ("txt", variant.text))
        },
        "edition.json": json.dumps({**edition.as_json(), "digest": edition.digest}, ensure_ascii=False, indent=1),
    }
    return ComposedFiles(contents=contents, findings=composed.findings)


def check_issues(publication: Publication, issue_name: str | None = None, list_name: str | None = None) -> CheckReport:
    """Run the preflight checks on an issue, else on every issue; one that cannot be composed is a finding."""
    settings = publication.settings
    if issue_name is None:
        collection = read_issues(settings)
    else:
        collection = IssueCollection(issues=(read_issue(settings, issue_name),), findings=())
    findings = [*collection.findings]
    for issue in collection.issues:
        try:
            findings += review_issue(publication, issue, list_name).findings
        except ContentError as refusal:
            findings += refusal.findings
    return CheckReport(issues=len(collection.issues), findings=tuple(dict.fromkeys(findings)))


def review_issue(publication: Publication, issue: Issue, list_name: str | None = None) -> Review:
    """Compose an issue and run every preflight check on it; ContentError when it cannot be composed."""
    from newsletter.compose import compose
    from newsletter.preflight import run_checks

    settings = publication.settings
    name = _list_for_review(issue, settings, list_name)
    composed = compose(issue, name, settings)
    findings = (
        *run_checks(issue, composed, settings, name),
        *_segment_findings(publication, issue, composed, name),
        *signing_findings(settings, name),
    )
    return Review(list_name=name, composed=composed, findings=tuple(dict.fromkeys(findings)))


def choose_issue(
    publication: Publication,
    issue_name: str | None = None,
    list_name: str | None = None,
    *,
    segment: str | None = None,
    allows_drafts: bool,
) -> Choice:
    """Return the issue of that name, composed; without a name, the newest ready one that can be composed.

    `segment` goes before the issue's own; an empty one is the whole list. DecisionRequired for a draft, unless drafts
    are allowed; UsageError when no issue is ready; ContentError when none can be composed.
    """
    settings = publication.settings
    wanted = None
    if segment:
        from newsletter.app.segments import parse_wanted_segment

        wanted = parse_wanted_segment(segment, settings)
    is_own_segment = segment is None
    if issue_name is not None:
        issue = read_issue(settings, issue_name)
        if issue.status is Status.DRAFT and not allows_drafts:
            raise DecisionRequired(f"{issue.file}: this is a draft. Set 'status: ready' in it, or add --yes")
        return _composed(issue, settings, list_name, wanted, is_own_segment=is_own_segment)
    if list_name is not None:
        settings.list_named(list_name)
    collection = read_issues(settings)
    faults = list(collection.findings)
    for issue in _newest_first(collection):
        try:
            return _composed(issue, settings, list_name, wanted, is_own_segment=is_own_segment, skipped=tuple(faults))
        except ContentError as refusal:
            faults += refusal.findings
    if faults:
        raise ContentError(faults)
    raise UsageError("no issue is ready. Set 'status: ready' in one, or name one: newsletter send SLUG --yes")


def check_chosen_segment(publication: Publication, choice: Choice) -> None:
    """Refuse a segment that names what does not exist: ContentError where the issue has it, else UsageError."""
    if choice.segment is None:
        return
    from newsletter.app.segments import check_names, fault_finding
    from newsletter.segments import SegmentError

    try:
        check_names(publication, choice.segment, choice.list_name)
    except SegmentError as fault:
        if choice.is_own_segment:
            finding = fault_finding(choice.issue, choice.issue.lines.get("segment"), fault)
            raise ContentError([finding]) from fault
        raise UsageError(fault.pointed) from fault


def chosen_segment_findings(publication: Publication, choice: Choice) -> tuple[Finding, ...]:
    """Check the segments of a chosen issue against its list."""
    if choice.composed.segment is None and not choice.composed.part_segments:
        return ()
    from newsletter.app.segments import segment_findings

    return segment_findings(publication, choice.issue, choice.composed, choice.list_name)


def signing_findings(settings: Settings, list_name: str) -> tuple[Finding, ...]:
    """Return what keeps a list's messages from being DKIM-signed; DNS is not asked."""
    from newsletter.delivery.message import open_dkim_signer

    try:
        open_dkim_signer(settings, list_name)
    except SettingsError as fault:
        message, _, remedy = str(fault).partition(". ")
        return (Finding(rule="dkim", level=Level.ERROR, file=SETTINGS_FILE, message=message, remedy=remedy),)
    return ()


def find_slug(publication: Publication, issue_name: str) -> str:
    """Return the slug of an issue that exists, even if its file cannot be read; UsageError when there is none."""
    try:
        return read_issue(publication.settings, issue_name).slug.text
    except ContentError:
        path = PurePath(issue_name)
        return slugify(path.parent.name if path.stem == "index" else path.stem).text


def _segment_findings(
    publication: Publication, issue: Issue, composed: "Composition", list_name: str
) -> tuple[Finding, ...]:
    """Check an issue's segments against the list; a database that cannot be reached is only a notice."""
    if composed.segment is None and not composed.part_segments:
        return ()
    from newsletter.app.segments import segment_findings
    from newsletter.app.subscribers import import_changed_source

    try:
        import_changed_source(publication, list_name)
        return segment_findings(publication, issue, composed, list_name)
    except TemporaryError as error:
        message = f"its segments could not be checked: {error}"
        return (Finding(rule="segment", level=Level.NOTICE, file=issue.file, message=message),)


def _list_for_review(issue: Issue, settings: Settings, wanted: str | None) -> str:
    """Return the list an issue is composed for: asked for, its own, the default, else the first.

    An issue's own list that does not exist is a finding; it can be composed all the same.
    """
    if not settings.lists:
        raise UsageError(f"{SETTINGS_FILE} has no list. Add [lists.NAME]")
    name = wanted or issue.list_name or settings.publication.default_list or next(iter(settings.lists))
    if name in settings.lists or wanted is not None:
        settings.list_named(name)
        return name
    return settings.publication.default_list or next(iter(settings.lists))


def _list_for_sending(issue: Issue, settings: Settings, wanted: str | None) -> str:
    """Return the list that is asked for, the issue's own, the default, or the only one there is."""
    if wanted is not None:
        settings.list_named(wanted)
        return wanted
    if issue.list_name is not None:
        if issue.list_name not in settings.lists:
            raise ContentError([_unknown_list(issue, settings)])
        return issue.list_name
    default = settings.publication.default_list
    if default is not None:
        if default not in settings.lists:
            remedy = did_you_mean(default, settings.lists)
            raise SettingsError(f"{SETTINGS_FILE}: default_list = '{default}': there is no such list. {remedy}".strip())
        return default
    if not settings.lists:
        raise SettingsError(f"{SETTINGS_FILE} has no list. Add [lists.NAME]")
    if len(settings.lists) > 1:
        raise UsageError(f"there are several lists: {', '.join(settings.lists)}. Name one with --list")
    return next(iter(settings.lists))


def _unknown_list(issue: Issue, settings: Settings) -> Finding:
    return Finding(
        rule="list",
        level=Level.ERROR,
        file=issue.file,
        line=issue.lines.get("list"),
        message=f"unknown list '{issue.list_name}'",
        remedy=did_you_mean(issue.list_name or "", settings.lists) or f"Known here: {', '.join(settings.lists)}",
    )


def _composed(
    issue: Issue,
    settings: Settings,
    wanted_list: str | None,
    segment: "Segment | None",
    *,
    is_own_segment: bool,
    skipped: tuple[Finding, ...] = (),
) -> Choice:
    from newsletter.compose import compose

    list_name = _list_for_sending(issue, settings, wanted_list)
    composed = compose(issue, list_name, settings)
    if is_own_segment and issue.segment is not None:
        line = issue.lines.get("segment")
        if composed.segment is None:
            raise ContentError(
                [finding for finding in composed.findings if finding.rule == "segment" and finding.line == line]
            )
        from newsletter.segments import parse_segment

        segment = parse_segment(issue.segment, settings.segments)
    return Choice(
        issue=issue,
        list_name=list_name,
        segment=segment,
        is_own_segment=is_own_segment and bool(segment),
        composed=composed,
        skipped=skipped,
    )


def _newest_first(collection: IssueCollection) -> Iterator[Issue]:
    remaining = collection
    while (issue := newest_ready(remaining)) is not None:
        yield issue
        remaining = IssueCollection(
            issues=tuple(other for other in remaining.issues if other is not issue), findings=()
        )
