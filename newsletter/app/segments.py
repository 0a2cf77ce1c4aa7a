"""Segments: descriptions and subscriber counts of a list's segments, and how an issue uses them."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.app.publication import Publication
from newsletter.app.subscribers import import_changed_source
from newsletter.audience.segments import SegmentContext, check_segment, count_segments
from newsletter.compose import Composition, IssueSegment
from newsletter.content import Issue, issue_slugs
from newsletter.errors import UsageError
from newsletter.finding import Finding, Level, did_you_mean
from newsletter.segments import (
    Not,
    ReferenceKind,
    Segment,
    SegmentError,
    describe_condition,
    format_condition,
    parse_segment,
)
from newsletter.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedSegment:
    """A segment, and how many of a list's subscribers are in it."""

    segment: Segment
    list_name: str
    matching: int
    mailable: int
    """How many of the list may be mailed at all."""
    fault: SegmentError | None = None
    """Set when it names a field, a list or an issue that does not exist."""

    @property
    def description(self) -> str:
        """The segment described in English, such as "whose country is PT"."""
        return describe_condition(self.segment.condition)


def list_segments(
    publication: Publication, list_name: str | None = None
) -> tuple[tuple[CountedSegment, ...], tuple[Finding, ...]]:
    """Count the segments of newsletter.toml on a list; with the findings of importing its source file."""
    settings = publication.settings
    if not settings.segments:
        return (), ()
    name = choose_counted_list(settings, list_name)
    findings = import_changed_source(publication, name)
    segments = [parse_wanted_segment(text, settings) for text in settings.segments]
    counts = count_segments(publication.database, segments, SegmentContext(list_name=name, now=publication.now()))
    counted = tuple(
        CountedSegment(
            segment=segment,
            list_name=name,
            matching=count.matching,
            mailable=count.mailable,
            fault=_fault_of(publication, segment, name),
        )
        for segment, count in zip(segments, counts, strict=True)
    )
    return counted, findings


def show_segment(
    publication: Publication, text: str, list_name: str | None = None
) -> tuple[CountedSegment, tuple[Finding, ...]]:
    """Count one segment, given by name or as a query; UsageError when it cannot be parsed or names what is unknown."""
    settings = publication.settings
    segment = parse_wanted_segment(text, settings)
    name = choose_counted_list(settings, list_name)
    findings = import_changed_source(publication, name)
    if (fault := _fault_of(publication, segment, name)) is not None:
        raise UsageError(fault.pointed)
    circumstances = SegmentContext(list_name=name, now=publication.now())
    [count] = count_segments(publication.database, [segment], circumstances)
    counted = CountedSegment(segment=segment, list_name=name, matching=count.matching, mailable=count.mailable)
    return counted, findings


def choose_counted_list(settings: Settings, wanted: str | None) -> str:
    """Return the list asked for, the default list, or the only one; UsageError when there are several or none."""
    name = wanted or settings.publication.default_list
    if name is None and len(settings.lists) == 1:
        name = next(iter(settings.lists))
    if name is None:
        raise UsageError(f"which list? Name one with --list: {', '.join(settings.lists) or 'there is none yet'}")
    settings.list_named(name)
    return name


def parse_wanted_segment(text: str, settings: Settings) -> Segment:
    """Parse a segment given by name or as a query; UsageError points at what is wrong with it."""
    try:
        return parse_segment(text, settings.segments)
    except SegmentError as fault:
        raise UsageError(fault.pointed) from fault


def check_names(publication: Publication, segment: Segment, list_name: str) -> None:
    """Raise SegmentError when a segment names a field, a list or an issue that does not exist."""
    issue_names: frozenset[str] = frozenset()
    if any(reference.kind is ReferenceKind.ISSUE for reference in segment.references):
        from newsletter.delivery import mailed_slugs

        issue_names = issue_slugs(publication.settings).union(mailed_slugs(publication.database))
    lists = publication.settings.lists
    check_segment(publication.database, segment, list_name, list_names=lists, issue_names=issue_names)


def segment_findings(
    publication: Publication, issue: Issue, composed: Composition, list_name: str
) -> tuple[Finding, ...]:
    """Check an issue's own segment and those of its parts against a list: unknown names, and segments nobody is in."""
    asked = [*([composed.segment] if composed.segment else []), *composed.part_segments]
    return tuple(finding for segment in asked for finding in _findings_of(publication, issue, segment, list_name))


def fault_finding(issue: Issue, line: int | None, fault: SegmentError) -> Finding:
    """Return the finding for a segment of an issue that cannot be applied."""
    return Finding(rule="segment", level=Level.ERROR, file=issue.file, line=line, message=str(fault))


def find_variant(composed: Composition, segments: Sequence[str], settings: Settings) -> int:
    """Return the number of the variant for readers in these segments; UsageError for one the issue has no part for."""
    inside = set()
    for text in segments:
        condition = parse_wanted_segment(text, settings).condition
        expression = format_condition(condition.condition if isinstance(condition, Not) else condition)
        if expression not in composed.edition.segments:
            raise UsageError(f"--segment '{text}': {_known_parts(text, composed)}")
        if not isinstance(condition, Not):
            inside.add(expression)
    return composed.edition.variant_number(inside)


def _known_parts(text: str, composed: Composition) -> str:
    if not composed.part_segments:
        return "this issue has no parts for some readers only, so everybody gets the same"
    names = [asked.written for asked in composed.part_segments]
    return f"this issue has no part for it. {did_you_mean(text, names) or 'It has parts for: ' + ', '.join(names)}"


def _fault_of(publication: Publication, segment: Segment, list_name: str) -> SegmentError | None:
    try:
        check_names(publication, segment, list_name)
    except SegmentError as fault:
        return fault
    return None


def _findings_of(publication: Publication, issue: Issue, asked: IssueSegment, list_name: str) -> list[Finding]:
    segment = parse_segment(asked.written, publication.settings.segments)
    if (fault := _fault_of(publication, segment, list_name)) is not None:
        return [fault_finding(issue, asked.line, fault)]
    circumstances = SegmentContext(list_name=list_name, now=publication.now(), slug=issue.slug.text)
    [count] = count_segments(publication.database, [segment], circumstances)
    if count.matching or not count.mailable:
        return []
    return [
        Finding(
            rule="segment",
            level=Level.WARNING,
            file=issue.file,
            line=asked.line,
            message=f"nobody on list {list_name} is in the segment '{asked.written}'",
            remedy=f"Its condition is: {asked.expression}" if asked.written != asked.expression else "",
        )
    ]
