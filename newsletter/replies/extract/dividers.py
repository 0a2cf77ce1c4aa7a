"""Lines from which on nothing is the writer's: "Original message", header blocks, "Reply above this line"."""

import re
from functools import lru_cache

from newsletter.replies.extract.lines import (
    RULE_CHARACTERS,
    TIME,
    WIDEST,
    BodyLine,
    LineKind,
    holds_address,
    shows_date,
)
from newsletter.replies.extract.phrase_tables import FORWARDED, LABEL_KINDS, ORIGINAL, REPLY_ABOVE, fold

_LABEL = re.compile(r"^[\s*_|]{0,8}([^\W\d_][\w .'’/-]{0,30}?)[\s*_]{0,4}[:：][*_]{0,2}(?:\s|$|(?=\S))(.*)$")
_FORWARD_OPENINGS = tuple(sorted(FORWARDED))


def divider_at(lines: list[BodyLine], index: int, *, is_block_asked: bool = True) -> str:
    """Return what kind of divider line `index` is, or ""; unless asked, no header block is looked for."""
    text = lines[index].text.strip()[:WIDEST]
    if is_framed_origin(text):
        return "original message"
    bare = text.strip(RULE_CHARACTERS + ":：[]<>")
    if not bare:
        return ""
    folded = fold(bare)
    if says_reply_above(text):
        return "reply-above line"
    is_drawn = _drawn(text, bare)
    if len(folded) < 90 and (is_drawn or text.endswith((":", "："))):
        if folded.startswith(_FORWARD_OPENINGS) or (is_drawn and any(phrase in folded for phrase in FORWARDED)):
            return "forwarded message"
        if is_drawn and any(phrase in folded for phrase in ORIGINAL):
            return "original message"
    if bare in ORIGINAL or (folded in ORIGINAL and _has_label(lines, index + 1)):
        return "original message"
    if not is_block_asked:
        return ""
    return "header block" if is_header_block(lines, index, is_certain=is_drawn) else ""


def is_labelled(text: str) -> bool:
    """Whether a line begins with a word and a colon, as one of a header block does."""
    return bool(_label_of(text)[0])


def is_framed_origin(text: str) -> bool:
    """Whether a line is GroupWise's `>>> Jo <jo@example.org> 02/04/2026 17:44 >>>`, below which all is quoted."""
    text = text[:WIDEST].strip()
    is_framed = text.startswith(">>>") and text.endswith(">>>") and text.count(">>>") == 2
    return is_framed and _holds_moment(text)


def says_reply_above(text: str) -> bool:
    """Whether a line says where to write the answer, as some senders put on top of their letters."""
    folded = fold(text[:WIDEST])
    return len(text) < 160 and any(phrase in folded for phrase in REPLY_ABOVE)


def _drawn(text: str, bare: str) -> bool:
    """Whether there are two or more drawn characters on both sides of the text."""
    start = text.find(bare[0])
    end = len(text) - len(text.rstrip(RULE_CHARACTERS))
    return start >= 2 and end >= 2 and text[:2].strip() == text[:2]


def _has_label(lines: list[BodyLine], index: int) -> bool:
    upcoming = [line.text for line in lines[index : index + 4] if not line.is_blank][:1]
    return any(_label_of(text)[0] for text in upcoming)


@lru_cache(maxsize=64)  # a line is asked about from each of the lines above it
def _label_of(text: str) -> tuple[str, str]:
    """Return the kind of label that a line begins with ("?" for an unknown one, "" for none), and its value."""
    match = _LABEL.match(text[:WIDEST])
    if not match:
        return "", ""
    label = " ".join(fold(match[1]).split())
    kind = LABEL_KINDS.get(label) or LABEL_KINDS.get(label.rstrip("."))
    if kind is None:
        kind = "?" if len(label) <= 20 and label.count(" ") <= 2 else ""
    return kind, match[2]


def is_header_block(lines: list[BodyLine], index: int, *, is_certain: bool) -> bool:
    """Whether labelled lines (From, Sent, Subject in any language) begin at `index`, or below a divider there."""
    kinds: list[str] = []
    values: list[str] = []
    strays = 0
    for line in lines[index + is_certain : index + 16]:
        if line.kind is not LineKind.TEXT:
            break
        if line.is_blank:
            if not kinds and not is_certain:
                return False
            continue
        kind, value = _label_of(line.text)
        if not kind:
            strays += 1
            if strays > 2 or not kinds:
                break
            continue
        strays = 0
        kinds.append(kind)
        values.append(value)
        if not is_certain and len(kinds) == 1 and kind in {"cc", "other"}:
            return False
    if len(kinds) < 2:
        return False
    known = {kind for kind in kinds if kind not in {"?", "other"}}
    rest = " ".join(values)
    if not is_certain and kinds[0] in {"to", "subject"}:
        return len(known) >= 3 and "from" in known and holds_address(rest) and _holds_moment(rest)
    if not is_certain and not _has_text_above(lines, index) and not (holds_address(rest) or TIME.search(rest)):
        return False  # all would be taken for another's words
    if kinds[0] in {"from", "sent", "date"} and len(known) >= 2:
        return len(known) >= 3 or holds_address(rest) or _holds_moment(rest)
    # in a language that is not in our tables
    return len(kinds) >= 4 and holds_address(values[0]) and _holds_moment(rest)


def _has_text_above(lines: list[BodyLine], index: int) -> bool:
    return any(not line.is_blank and not is_labelled(line.text) for line in lines[max(index - 40, 0) : index])


def _holds_moment(text: str) -> bool:
    return shows_date(text) or TIME.search(text) is not None
