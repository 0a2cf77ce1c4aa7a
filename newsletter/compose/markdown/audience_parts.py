"""Parts for some readers: `::: only SEGMENT` and `::: except SEGMENT`, kept or left out before a text is read.

They are cut from the lines, so that notes, lists of contents and links count only what a reader gets, and every
line keeps its number. What cannot be understood is left out for everybody: a part is private before all else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from newsletter.compose.markdown.fences import fences_in
from newsletter.compose.markdown.warnings import Remarks, notes_in
from newsletter.content import Issue
from newsletter.finding import Finding, Level
from newsletter.segments import Not, SegmentError, format_condition, parse_segment
from newsletter.settings import Settings

MAX_SEGMENTS = 4
"""Distinct segments in one issue: it is composed once for each way to be in some of them and not in others."""
AUDIENCE_DIRECTIVES = ("only", "except")


@dataclass(frozen=True, slots=True, kw_only=True)
class AudiencePart:
    """Some lines of an issue that are not for everybody."""

    begin: int
    """0-based, the line of its fence."""
    end: int
    """The line behind its last."""
    is_closed: bool
    """Whether its last line is a fence of its own."""
    segment: str | None
    """The question, spelled out; None where it cannot be asked, and nobody gets the part."""
    is_except: bool
    """Whether it is for those outside."""

    def is_for(self, inside: frozenset[str]) -> bool:
        """Return whether readers who are inside these segments, and no others, get it."""
        return self.segment is not None and (self.segment in inside) != self.is_except


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentReference:
    """A segment that an issue asks about, and where."""

    expression: str
    written: str
    """As its author wrote it: a name, or a question."""
    line: int | None
    """1-based, in the issue's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceParts:
    """What an issue has for some readers only."""

    issue: Issue
    found: tuple[AudiencePart, ...]
    asked: tuple[SegmentReference, ...]
    """Each distinct segment once, in the order of the text."""
    findings: tuple[Finding, ...]

    @property
    def segments(self) -> tuple[str, ...]:
        """The distinct segments, spelled out."""
        return tuple(asked.expression for asked in self.asked)

    @property
    def notes(self) -> dict[str, int]:
        """The labels of the notes that are defined inside parts, each with its 0-based line."""
        lines = self.issue.body.split("\n")
        inside = {number for part in self.found for number in range(part.begin, part.end)}
        return notes_in([line if number in inside else "" for number, line in enumerate(lines)])

    def issue_for(self, inside: frozenset[str]) -> Issue:
        """Return the issue as readers in these segments, and no others, get it."""
        return self._without([part for part in self.found if not part.is_for(inside)])

    def issue_for_all(self) -> Issue:
        """Return the issue as anybody may read it: without any part, whomever it is for."""
        return self._without(list(self.found))

    def issue_with_all(self) -> Issue:
        """Return the issue with every part that somebody gets."""
        return self._without([part for part in self.found if part.segment is None])

    def _without(self, dropped: list[AudiencePart]) -> Issue:
        if not self.found:
            return self.issue
        lines = self.issue.body.split("\n")
        for part in self.found:
            lines[part.begin] = ""
            if part.is_closed:
                lines[part.end - 1] = ""
        for part in dropped:
            lines[part.begin : part.end] = [""] * (part.end - part.begin)
        return replace(self.issue, body="\n".join(lines))


def find_audience_parts(issue: Issue, settings: Settings) -> AudienceParts:
    """Find the parts of an issue; one that cannot be asked about is an error with its line."""
    remarks = Remarks(issue)
    asked: dict[str, SegmentReference] = {}
    found = tuple(_parts(issue, settings, remarks, asked))
    return AudienceParts(issue=issue, found=found, asked=tuple(asked.values()), findings=remarks.findings)


def own_segment(issue: Issue, settings: Settings) -> tuple[SegmentReference | None, tuple[Finding, ...]]:
    """Return the segment that the issue's front matter sends it to, or what is wrong with it."""
    if issue.segment is None:
        return None, ()
    try:
        expression = parse_segment(issue.segment, settings.segments).expression
    except SegmentError as fault:
        finding = Finding(
            rule="segment", level=Level.ERROR, file=issue.file, line=issue.lines.get("segment"), message=str(fault)
        )
        return None, (finding,)
    return SegmentReference(expression=expression, written=issue.segment, line=issue.lines.get("segment")), ()


def _parts(
    issue: Issue, settings: Settings, remarks: Remarks, asked: dict[str, SegmentReference]
) -> Iterator[AudiencePart]:
    for fence in fences_in(issue.body.split("\n")):
        name, _, words = fence.words.strip(": \t").partition(" ")
        if (name := name.strip("{}.").lower()) not in AUDIENCE_DIRECTIVES:
            continue
        if not fence.is_closed:
            remarks.add("part", fence.begin, f"this part for '{words[:40]}' is never closed", "Put ::: below it")
        segment, is_negated = _segment(words.strip("} \t"), fence.begin, settings, remarks, asked)
        yield AudiencePart(
            begin=fence.begin,
            end=fence.end + 1 if fence.is_closed else fence.end,
            is_closed=fence.is_closed,
            segment=segment,
            is_except=(name == "except") != is_negated,
        )


def _segment(
    words: str, line: int, settings: Settings, remarks: Remarks, asked: dict[str, SegmentReference]
) -> tuple[str | None, bool]:
    """Return the question of a part without a `not` before it all, and whether there was one."""
    gone = "Until then nobody gets this part"
    try:
        condition = parse_segment(words, settings.segments).condition
    except SegmentError as fault:
        remarks.add("segment", line, f"{str(fault).rstrip('.')}. {gone}", level=Level.ERROR)
        return None, False
    is_negated = isinstance(condition, Not)
    expression = format_condition(condition.condition if isinstance(condition, Not) else condition)
    if expression not in asked and len(asked) >= MAX_SEGMENTS:
        message = f"an issue can ask about {MAX_SEGMENTS} segments, and this is one more. {gone}"
        remarks.add("segment", line, message, "Send it as an issue of its own", level=Level.ERROR)
        return None, False
    shown = words if not is_negated else expression
    asked.setdefault(expression, SegmentReference(expression=expression, written=shown, line=remarks.line(line)))
    return expression, is_negated
