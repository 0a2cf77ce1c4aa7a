"""Starts of quotations: marks attributions, dividers, and the text below a mobile signature."""

from newsletter.replies.extract.attributions import (
    ends_attribution,
    is_attribution,
    is_bare_attribution,
    is_run_together,
    mark_attribution,
)
from newsletter.replies.extract.dividers import (
    divider_at,
    is_framed_origin,
    is_header_block,
    is_labelled,
    says_reply_above,
)
from newsletter.replies.extract.lines import WIDEST, BodyLine, LineKind, is_rule
from newsletter.replies.extract.signatures import is_mobile_signature

_NEAR = 4
"""Blank lines that are looked across."""
_MOST = 1_000
"""Lines that could end an attribution, or be of a header block, after which no more are looked at.

No mail written by people has so many.
"""


def mark_quotation_starts(lines: list[BodyLine]) -> None:
    """Mark attributions and dividers among the lines that are text."""
    following = _kinds_after(lines)
    fenced = _fenced(lines)
    index = candidates = labelled = 0
    while index < len(lines):
        if fenced[index]:
            index += 1
            continue
        if lines[index].kind is LineKind.OWN_QUOTE and (index == 0 or lines[index - 1].kind is not LineKind.OWN_QUOTE):
            _judge_own_quote(lines, index)
        if lines[index].kind is LineKind.QUOTE and candidates < _MOST and _opens_quotation(lines, index):
            candidates += 1
            _mark_within_quotation(lines, index)
        if lines[index].kind is LineKind.QUOTE and says_reply_above(lines[index].text):
            lines[index].kind, lines[index].reason = LineKind.DIVIDER, "reply-above line"
        elif lines[index].kind is LineKind.QUOTE and is_framed_origin(lines[index].text):
            lines[index].kind, lines[index].reason = LineKind.DIVIDER, "original message"
        elif lines[index].kind is LineKind.TEXT and not lines[index].is_blank:
            labelled += is_labelled(lines[index].text)
            if reason := divider_at(lines, index, is_block_asked=labelled < _MOST):
                _mark_divider(lines, index, reason)
            elif is_run_together(lines[index].text):
                _mark_divider(lines, index, "attribution")
            elif candidates < _MOST and (
                ends_attribution(lines[index].text) or is_bare_attribution(lines[index].text, following[index])
            ):
                candidates += 1
                mark_attribution(lines, index, following[index])
        index += 1
    _mark_below_signatures(lines)


def _opens_quotation(lines: list[BodyLine], index: int) -> bool:
    """Whether a line is the first of a quotation that says something."""
    if not lines[index].text.strip("> \t"):
        return False
    above = index
    while above and not lines[above - 1].text.strip("> \t") and index - above < _NEAR:
        above -= 1
    return not above or lines[above - 1].kind is LineKind.TEXT


def _mark_within_quotation(lines: list[BodyLine], start: int) -> None:
    """Mark an attribution that a program put inside the quotation, as its first lines."""
    window = ""
    for end in range(start, min(start + 3, len(lines))):
        if lines[end].kind is not LineKind.QUOTE:
            return
        window = f"{window} {lines[end].text.lstrip('> ')}".strip()[:WIDEST]
        below = next((line for line in lines[end + 1 : end + 1 + _NEAR] if line.text.strip("> \t")), None)
        if below is not None and below.kind is LineKind.QUOTE and is_attribution(window, is_quote_next=False):
            for line in lines[start : end + 1]:
                line.kind, line.reason = LineKind.ATTRIBUTION, "attribution"
            return


def _fenced(lines: list[BodyLine]) -> list[bool]:
    """Say for each line whether it is code that the writer set between two fences."""
    fences = [n for n, line in enumerate(lines) if line.kind is LineKind.TEXT and line.text.lstrip().startswith("```")]
    fenced = [False] * len(lines)
    for start, end in zip(fences[::2], fences[1::2], strict=False):
        fenced[start : end + 1] = [True] * (end + 1 - start)
    return fenced


def _kinds_after(lines: list[BodyLine]) -> list[LineKind | None]:
    """Return for each line the kind of the next line that is not blank."""
    kinds: list[LineKind | None] = []
    kind: LineKind | None = None
    for line in reversed(lines):
        kinds.append(kind)
        if not line.is_blank:
            kind = line.kind
    return kinds[::-1]


def _mark_divider(lines: list[BodyLine], index: int, reason: str) -> None:
    """Mark line `index`, and the rules and blank lines right above it, which belong to it."""
    while index and lines[index - 1].kind is LineKind.TEXT and is_rule(lines[index - 1].text):
        index -= 1
    lines[index].kind, lines[index].reason = LineKind.DIVIDER, reason


def _judge_own_quote(lines: list[BodyLine], start: int) -> None:
    """Take a quotation for the client's where an attribution or a header block opens it."""
    end = start
    while end < len(lines) and (lines[end].kind is LineKind.OWN_QUOTE or lines[end].is_blank):
        end += 1
    opening = [BodyLine(line.text.lstrip("> ")) for line in lines[start : min(end, start + 16)]]
    first = " ".join(line.text for line in opening[:2] if not line.is_blank)[:WIDEST]
    window = next((line.text for line in opening if ends_attribution(line.text)), first)[:WIDEST]
    if is_attribution(window, is_quote_next=False) or is_header_block(opening, 0, is_certain=False):
        for line in lines[start:end]:
            line.kind = LineKind.QUOTE


def _mark_below_signatures(lines: list[BodyLine]) -> None:
    """Let "Sent from my iPhone" end the answer where unmarked text follows it: that is what was answered."""
    for index, (line, following) in enumerate(zip(lines, _kinds_after(lines), strict=True)):
        is_candidate = line.kind is LineKind.TEXT and following is LineKind.TEXT and _is_lone(lines, index)
        if is_candidate and is_mobile_signature(line.text, is_strict=True):
            line.kind, line.reason = LineKind.DIVIDER, "text below a mobile signature"
            return


def _is_lone(lines: list[BodyLine], index: int) -> bool:
    """Whether a line is a paragraph by itself, with text somewhere above it."""
    is_first = not any(not line.is_blank for line in lines[max(index - 40, 0) : index])
    is_last = index + 1 == len(lines)
    return not is_first and lines[index - 1].is_blank and (is_last or lines[index + 1].is_blank)
