"""Audience parts: `::: only SEGMENT` and `::: except SEGMENT`, kept or removed before a text is parsed.

Removed lines are blanked, so that footnotes, tables of contents and links cover only what a reader gets and every line
keeps its number. A part whose segment is invalid is removed for everybody, since parts are private.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from newsletter.compose.markdown.fences import find_fences
from newsletter.compose.markdown.warnings import FindingCollector, footnote_lines
from newsletter.content import Issue
from newsletter.finding import Finding, Level
from newsletter.segments import Not, SegmentError, format_condition, parse_segment
from newsletter.settings import Settings

MAX_SEGMENTS = 4
"""The limit of distinct segments in one issue, which is composed once for each combination of them."""
AUDIENCE_DIRECTIVES = ("only", "except")


@dataclass(frozen=True, slots=True, kw_only=True)
class AudiencePart:
    """Lines of an issue that are not for everybody."""

    begin: int
    """The 0-based line of its opening fence."""
    end: int
    """The line after its last."""
    is_closed: bool
    """Whether its last line is its own closing fence."""
    segment: str | None
    """The segment expression; None if it is invalid, in which case nobody gets the part."""
    is_except: bool
    """Whether it is for readers outside the segment."""

    def is_for(self, inside: frozenset[str]) -> bool:
        """Return whether readers in exactly these segments get it."""
        return self.segment is not None and (self.segment in inside) != self.is_except


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSegment:
    """A segment that an issue refers to, and where."""

    expression: str
    written: str
    """As its author wrote it: a name or an expression."""
    line: int | None
    """The 1-based line of the issue's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceParts:
    """The parts of an issue that are for some readers only."""

    issue: Issue
    parts: tuple[AudiencePart, ...]
    segment_references: tuple[IssueSegment, ...]
    """Each distinct segment once, in the order of the text."""
    findings: tuple[Finding, ...]

    @property
    def segments(self) -> tuple[str, ...]:
        """The distinct segment expressions."""
        return tuple(reference.expression for reference in self.segment_references)

    @property
    def footnotes(self) -> dict[str, int]:
        """The labels of the footnotes that are defined inside parts, each with its 0-based line."""
        lines = self.issue.body.split("\n")
        inside = {number for part in self.parts for number in range(part.begin, part.end)}
        return footnote_lines([line if number in inside else "" for number, line in enumerate(lines)])

    def issue_for(self, inside: frozenset[str]) -> Issue:
        """Return the issue for readers in exactly these segments."""
        return self._without([part for part in self.parts if not part.is_for(inside)])

    def issue_for_all(self) -> Issue:
        """Return the issue for everybody: without any part."""
        return self._without(list(self.parts))

    def issue_with_all(self) -> Issue:
        """Return the issue with every part that somebody gets."""
        return self._without([part for part in self.parts if part.segment is None])

    def _without(self, dropped: list[AudiencePart]) -> Issue:
        if not self.parts:
            return self.issue
        lines = self.issue.body.split("\n")
        for part in self.parts:
            lines[part.begin] = ""
            if part.is_closed:
                lines[part.end - 1] = ""
        for part in dropped:
            lines[part.begin : part.end] = [""] * (part.end - part.begin)
        return replace(self.issue, body="\n".join(lines))


def find_audience_parts(issue: Issue, settings: Settings) -> AudienceParts:
    """Find the parts of an issue; an invalid segment is an error with its line."""
    collector = FindingCollector(issue)
    references: dict[str, IssueSegment] = {}
    parts = tuple(_parts(issue, settings, collector, references))
    return AudienceParts(
        issue=issue,
        parts=parts,
        segment_references=tuple(references.values()),
        findings=collector.findings,
    )


def issue_segment(issue: Issue, settings: Settings) -> tuple[IssueSegment | None, tuple[Finding, ...]]:
    """Return the segment that the issue's front matter addresses, if any, and the findings about it."""
    if issue.segment is None:
        return None, ()
    try:
        expression = parse_segment(issue.segment, settings.segments).expression
    except SegmentError as error:
        finding = Finding(
            rule="segment", level=Level.ERROR, file=issue.file, line=issue.lines.get("segment"), message=str(error)
        )
        return None, (finding,)
    return IssueSegment(expression=expression, written=issue.segment, line=issue.lines.get("segment")), ()


def _parts(
    issue: Issue, settings: Settings, collector: FindingCollector, references: dict[str, IssueSegment]
) -> Iterator[AudiencePart]:
    for fence in find_fences(issue.body.split("\n")):
        name, _, argument = fence.info.strip(": \t").partition(" ")
        if (name := name.strip("{}.").lower()) not in AUDIENCE_DIRECTIVES:
            continue
        if not fence.is_closed:
            collector.add("part", fence.begin, f"this part for '{argument[:40]}' is never closed", "Add ::: below it")
        segment, is_negated = _parse_segment(argument.strip("} \t"), fence.begin, settings, collector, references)
        yield AudiencePart(
            begin=fence.begin,
            end=fence.end + 1 if fence.is_closed else fence.end,
            is_closed=fence.is_closed,
            segment=segment,
            is_except=(name == "except") != is_negated,
        )


def _parse_segment(
    argument: str, line: int, settings: Settings, collector: FindingCollector, references: dict[str, IssueSegment]
) -> tuple[str | None, bool]:
    """Return the expression of a part's segment without a leading `not`, and whether there was one."""
    consequence = "Until then nobody gets this part"
    try:
        condition = parse_segment(argument, settings.segments).condition
    except SegmentError as error:
        collector.add("segment", line, f"{str(error).rstrip('.')}. {consequence}", level=Level.ERROR)
        return None, False
    is_negated = isinstance(condition, Not)
    expression = format_condition(condition.condition if isinstance(condition, Not) else condition)
    if expression not in references and len(references) >= MAX_SEGMENTS:
        message = f"an issue can have parts for {MAX_SEGMENTS} segments, and this is one more. {consequence}"
        collector.add("segment", line, message, "Send it as an issue of its own", level=Level.ERROR)
        return None, False
    shown = argument if not is_negated else expression
    references.setdefault(expression, IssueSegment(expression=expression, written=shown, line=collector.line(line)))
    return expression, is_negated
