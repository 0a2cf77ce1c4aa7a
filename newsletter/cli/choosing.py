"""Which issue and which list a command means when it is not told."""

from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.cli import output
from newsletter.compose import Composition, compose
from newsletter.content import Issue, IssueCollection, Status, newest_ready, read_issue, read_issues
from newsletter.errors import ContentError, DecisionRequired, SettingsError, UsageError
from newsletter.finding import Finding, Level, did_you_mean
from newsletter.segments import Segment, SegmentError, parse_segment
from newsletter.settings import SETTINGS_FILE, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An issue, the list it goes to, and the letter it makes."""

    issue: Issue
    list_name: str
    segment: Segment | None
    """Whom of the list it goes to; None for all."""
    is_own_segment: bool
    """Whether the issue itself says so."""
    composed: Composition

    @property
    def expression(self) -> str:
        """The segment's question, spelled out; empty for the whole list."""
        return self.segment.expression if self.segment else ""


def choose(
    settings: Settings,
    slug: str | None,
    wanted_list: str | None,
    *,
    drafts: bool,
    wanted_segment: str | None = None,
) -> Choice:
    """Return the issue of that slug, else the newest ready one that can be composed; what cannot be is named.

    A segment that is wanted goes before the issue's own, and an empty one is the whole list.
    DecisionRequired for a draft, unless drafts are wanted.
    """
    segment = read_wanted(wanted_segment, settings) if wanted_segment else None
    own = wanted_segment is None
    if slug is not None:
        issue = read_issue(settings, slug)
        if issue.status is Status.DRAFT and not drafts:
            raise DecisionRequired(f"{issue.file}: this is a draft. Set 'status: ready' in it, or add --yes")
        return _composed(issue, settings, wanted_list, segment, own=own)
    if wanted_list is not None:
        settings.list_named(wanted_list)
    shelf = read_issues(settings)
    faults = list(shelf.findings)
    for issue in _newest_first(shelf):
        try:
            choice = _composed(issue, settings, wanted_list, segment, own=own)
        except ContentError as refusal:
            faults += refusal.findings
            continue
        for fault in faults:
            output.error(str(fault))
        return choice
    if faults:
        raise ContentError(faults)
    raise UsageError("no issue is ready. Set 'status: ready' in one, or name one: newsletter send SLUG --yes")


def choose_list(issue: Issue, settings: Settings, wanted: str | None) -> str:
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


def read_wanted(text: str, settings: Settings) -> Segment:
    """Read a segment that the command line names or asks for; UsageError points at what is wrong with it."""
    try:
        return parse_segment(text, settings.segments)
    except SegmentError as fault:
        raise UsageError(fault.pointed) from fault


def _composed(
    issue: Issue, settings: Settings, wanted_list: str | None, segment: Segment | None, *, own: bool
) -> Choice:
    list_name = choose_list(issue, settings, wanted_list)
    composed = compose(issue, list_name, settings)
    if own and issue.segment is not None:
        faults = [
            each for each in composed.findings if each.rule == "segment" and each.line == issue.lines.get("segment")
        ]
        if composed.segment is None:
            raise ContentError(faults)
        segment = parse_segment(issue.segment, settings.segments)
    return Choice(
        issue=issue, list_name=list_name, segment=segment, is_own_segment=own and bool(segment), composed=composed
    )


def _newest_first(shelf: IssueCollection) -> Iterator[Issue]:
    left = shelf
    while (issue := newest_ready(left)) is not None:
        yield issue
        left = IssueCollection(issues=tuple(other for other in left.issues if other is not issue), findings=())


def _unknown_list(issue: Issue, settings: Settings) -> Finding:
    return Finding(
        rule="list",
        level=Level.ERROR,
        file=issue.file,
        line=issue.lines.get("list"),
        message=f"unknown list '{issue.list_name}'",
        remedy=did_you_mean(issue.list_name or "", settings.lists) or f"Known here: {', '.join(settings.lists)}",
    )
