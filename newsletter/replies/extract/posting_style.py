"""Posting style: top-posted, bottom-posted or interleaved, by the order of text and quotations.

It decides which lines were written by the sender, and which quoted lines stay because they are answered.
"""

from dataclasses import dataclass

from newsletter.replies.extract.lines import WIDEST, BodyLine, LineKind, is_rule
from newsletter.replies.extract.signatures import without_signatures

_Run = tuple[LineKind, list[BodyLine]]
_SHORT_QUOTE = 12
_OWN_QUOTE_LINES = 4
_LONG_QUOTE = 24
"""Lines; of a longer quotation above an answer only the last paragraph is what it answers."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece that was left out, and why."""

    reason: str
    text: str


def written_part(lines: list[BodyLine]) -> tuple[list[str], list[Cut]]:
    """Return the lines that the sender wrote, with the quoted lines that they answer, and what was cut."""
    lines, cuts = _before_divider(lines)
    runs = _runs(lines)
    runs, tail_cuts = _without_tail(runs)
    cuts = tail_cuts + cuts
    is_interleaved = sum(kind is LineKind.QUOTE for kind, _ in runs) > 1
    if runs and runs[0][0] is LineKind.QUOTE and not is_interleaved and not _is_trimmed_by_hand(runs[0][1]):
        cuts.append(_cut("quotation", runs[0][1]))
        runs = runs[1:]
    kept: list[str] = []
    for kind, run in runs:
        text_lines = [line for line in run if line.kind is not LineKind.ATTRIBUTION]
        if len(text_lines) < len(run):
            cuts.append(_cut("attribution", [line for line in run if line.kind is LineKind.ATTRIBUTION]))
        if kind is LineKind.QUOTE and len(text_lines) > _LONG_QUOTE:
            text_lines, rest = _last_paragraph(text_lines)
            cuts.append(_cut("quotation above the lines answered", rest))
        kept += ["", *(line.text for line in text_lines), ""]
    return kept, [cut for cut in cuts if cut.text.strip()]


def _is_trimmed_by_hand(run: list[BodyLine]) -> bool:
    """Whether a quotation at the top was chosen by the writer: short, and no program introduced it."""
    return len(run) <= _SHORT_QUOTE and not any(line.kind is LineKind.ATTRIBUTION or line.reason for line in run)


def _last_paragraph(run: list[BodyLine]) -> tuple[list[BodyLine], list[BodyLine]]:
    """Split a quotation into its last paragraph, ten lines at most, and what is above it."""
    end = len(run)
    while end and not run[end - 1].text.strip(" >"):
        end -= 1
    start = end
    while start > max(end - 10, 0) and run[start - 1].text.strip(" >"):
        start -= 1
    return run[start:end], run[:start]


def _cut(reason: str, lines: list[BodyLine]) -> Cut:
    return Cut(reason, "\n".join(line.text for line in lines).strip("\n"))


def _before_divider(lines: list[BodyLine]) -> tuple[list[BodyLine], list[Cut]]:
    """Cut at the first divider, or the first attribution that no quotation follows."""
    has_text_above = False
    is_answered_below: bool | None = None
    leads_to_quote = _lead_to_quote(lines)
    for index, line in enumerate(lines):
        has_text_above = has_text_above or (line.kind is LineKind.TEXT and not is_rule(line.text))
        is_end = line.kind is LineKind.DIVIDER
        if line.kind is LineKind.ATTRIBUTION and (index == 0 or lines[index - 1].kind is not LineKind.ATTRIBUTION):
            is_end = not leads_to_quote[index]
        if is_end and line.kind is LineKind.ATTRIBUTION and not has_text_above:
            continue
        if is_end and not has_text_above and is_answered_below is None:
            is_answered_below = _is_answered_below(lines, index)
        if is_end and (has_text_above or not is_answered_below):
            return lines[:index], [_cut(line.reason or "quotation", lines[index:])]
        if is_end:
            line.kind = LineKind.ATTRIBUTION
    return lines, []


def _lead_to_quote(lines: list[BodyLine]) -> list[bool]:
    """Say for each line whether the next one that is neither blank nor an attribution is quoted."""
    leads: list[bool] = []
    is_quote = False
    for line in reversed(lines):
        if line.kind is not LineKind.ATTRIBUTION and not line.is_blank:
            is_quote = line.kind in {LineKind.QUOTE, LineKind.OWN_QUOTE}
        leads.append(is_quote)
    return leads[::-1]


def _is_answered_below(lines: list[BodyLine], index: int) -> bool:
    """Whether what the divider heads is marked as quotation, with text below it."""
    seen_quote = False
    labels = 0
    for line in lines[index + 1 :]:
        if line.kind is LineKind.QUOTE:
            seen_quote = True
        elif line.kind is LineKind.TEXT and not line.is_blank:
            if seen_quote:
                return True
            labels += 1
            if labels > 6:
                return False
            line.kind = LineKind.ATTRIBUTION
    return False


def _runs(lines: list[BodyLine]) -> list[_Run]:
    """Group the lines into text and quotations; an attribution belongs to the quotation it introduces."""
    runs: list[_Run] = []
    introduced = False
    for line in lines:
        if line.kind is LineKind.SIGNATURE:
            continue
        if line.kind is LineKind.ATTRIBUTION:
            introduced = True
        is_quote = line.kind in {LineKind.QUOTE, LineKind.ATTRIBUTION} or (
            line.kind is LineKind.OWN_QUOTE and introduced
        )
        if line.is_blank and runs and not is_quote:
            runs[-1][1].append(line)
            continue
        if not is_quote:
            introduced = False
        kind = LineKind.QUOTE if is_quote else LineKind.TEXT
        if not runs or runs[-1][0] is not kind:
            runs.append((kind, []))
        runs[-1][1].append(line)
    return [(kind, run) for kind, run in runs if any(not line.is_blank for line in run)]


def _ends_with_foreign_quote(run: list[BodyLine]) -> bool:
    """Whether a long quotation without any mark ends the message, and the text above does not announce it."""
    text_lines = [line for line in run if not line.is_blank]
    quoted = 0
    while quoted < len(text_lines) and text_lines[-1 - quoted].kind is LineKind.OWN_QUOTE:
        quoted += 1
    return _OWN_QUOTE_LINES < quoted < len(text_lines) and not text_lines[-1 - quoted].text.rstrip().endswith(
        (":", "：")
    )


def _is_announced(runs: list[_Run]) -> bool:
    """Whether a few quoted lines at the end are what the writer's last sentence leads up to with a colon."""
    if len(runs) < 2 or runs[-2][0] is not LineKind.TEXT:
        return False
    quote = [line for line in runs[-1][1] if not line.is_blank]
    is_chosen = len(quote) <= _OWN_QUOTE_LINES and not any(
        line.reason or line.kind is LineKind.ATTRIBUTION for line in quote
    )
    above = next(line.text.strip()[:WIDEST] for line in reversed(runs[-2][1]) if not line.is_blank)
    is_sentence = above.endswith((":", "：")) and len(above.split()) > 3
    return is_chosen and is_sentence and not any(sign.isdigit() or sign in "@<" for sign in above)


def _without_own_quote(run: list[BodyLine]) -> list[BodyLine]:
    end = len(run)
    while end and (run[end - 1].kind is LineKind.OWN_QUOTE or run[end - 1].is_blank):
        end -= 1
    return run[:end]


def _without_tail(
    runs: list[_Run],
) -> tuple[list[_Run], list[Cut]]:
    """Take quotations and endings off the end, in turn, until the end is the writer's own text."""
    cuts: list[Cut] = []
    while runs:
        kind, run = runs[-1]
        if kind is LineKind.QUOTE and _is_announced(runs):
            return runs, cuts[::-1]
        if kind is LineKind.QUOTE:
            cuts.append(_cut("quotation", run))
            runs = runs[:-1]
            continue
        if _ends_with_foreign_quote(run):
            cuts.append(_cut("quotation", [line for line in run if line.kind is LineKind.OWN_QUOTE]))
            runs = [*runs[:-1], (kind, _without_own_quote(run))]
            continue
        kept, endings = without_signatures([line.text for line in run])
        cuts += [Cut(reason, text) for reason, text in endings]
        if kept:
            return [*runs[:-1], (kind, [BodyLine(text) for text in kept])], cuts[::-1]
        runs = runs[:-1]
    return [], cuts[::-1]
