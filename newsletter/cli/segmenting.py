"""What commands say of the segments that an issue asks about: unknown names, and those in which nobody is."""

from collections.abc import Iterable, Sequence

from newsletter.app import Publication
from newsletter.audience import SegmentContext, check_segment, count_segments
from newsletter.cli import output
from newsletter.cli.choosing import Choice, read_wanted
from newsletter.cli.running import now
from newsletter.compose import Composition, SegmentReference
from newsletter.content import Issue, issue_slugs
from newsletter.delivery import mailed_slugs
from newsletter.errors import ContentError, UsageError
from newsletter.finding import Finding, Level, did_you_mean
from newsletter.segments import Not, ReferenceKind, Segment, SegmentError, format_condition, parse_segment
from newsletter.settings import Settings


def check_asked(publication: Publication, segment: Segment, list_name: str) -> None:
    """Raise SegmentFault when a segment asks about a field, a list or an issue that is not there."""
    issue_names: frozenset[str] = frozenset()
    if any(mention.kind is ReferenceKind.ISSUE for mention in segment.references):
        issue_names = issue_slugs(publication.settings).union(mailed_slugs(publication.database))
    lists = publication.settings.lists
    check_segment(publication.database, segment, list_name, list_names=lists, issue_names=issue_names)


def check_chosen(publication: Publication, choice: Choice) -> None:
    """Refuse a segment that asks about what is not there: ContentError where the issue says it, else UsageError."""
    if choice.segment is None:
        return
    try:
        check_asked(publication, choice.segment, choice.list_name)
    except SegmentError as fault:
        if choice.is_own_segment:
            raise ContentError([_fault_finding(choice.issue, choice.issue.lines.get("segment"), fault)]) from fault
        raise UsageError(fault.pointed) from fault


def segment_findings(
    publication: Publication, issue: Issue, composed: Composition, list_name: str
) -> tuple[Finding, ...]:
    """Ask a list about an issue's own segment and those of its parts; a list of nobody has nothing to say."""
    asked = [*([composed.segment] if composed.segment else []), *composed.part_segments]
    found: list[Finding] = []
    for segment in asked:
        found += _findings(publication, issue, segment, list_name)
    return tuple(found)


def _findings(publication: Publication, issue: Issue, asked: SegmentReference, list_name: str) -> list[Finding]:
    segment = parse_segment(asked.written, publication.settings.segments)
    try:
        check_asked(publication, segment, list_name)
    except SegmentError as fault:
        return [_fault_finding(issue, asked.line, fault)]
    circumstances = SegmentContext(list_name=list_name, now=now(), slug=issue.slug.text)
    [count] = count_segments(publication.database, [segment], circumstances)
    if count.matching or not count.mailable:
        return []
    message = f"nobody on list {list_name} is in the segment '{asked.written}'"
    return [
        Finding(
            rule="segment",
            level=Level.WARNING,
            file=issue.file,
            line=asked.line,
            message=message,
            remedy=f"It is: {asked.expression}" if asked.written != asked.expression else "",
        )
    ]


def _fault_finding(issue: Issue, line: int | None, fault: SegmentError) -> Finding:
    return Finding(rule="segment", level=Level.ERROR, file=issue.file, line=line, message=str(fault))


def variant_for(composed: Composition, wanted: Sequence[str], settings: Settings) -> int:
    """Return the variant of those in these segments; UsageError for one that the issue has no part for."""
    inside = set()
    for text in wanted:
        question = read_wanted(text, settings).condition
        expression = format_condition(question.condition if isinstance(question, Not) else question)
        if expression not in composed.edition.segments:
            raise UsageError(f"--segment '{text}': {_parts_known(text, composed)}")
        if not isinstance(question, Not):
            inside.add(expression)
    return composed.edition.variant_number(inside)


def _parts_known(text: str, composed: Composition) -> str:
    if not composed.part_segments:
        return "this issue has no parts for some readers, so everybody gets the same"
    names = [asked.written for asked in composed.part_segments]
    return f"this issue has no part for it. {did_you_mean(text, names) or 'It has parts for: ' + ', '.join(names)}"


def say_findings(found: Iterable[Finding]) -> None:
    """Say what was found, as talk; notices are left to `newsletter check`."""
    for finding in found:
        if finding.level is not Level.NOTICE:
            output.info(f"{finding.level}: {finding}", style="attention")
