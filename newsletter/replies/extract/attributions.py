"""Attribution lines, such as "On Monday Jo wrote:", wrapped over lines or not, in any language.

They are recognised by what they have in common in every language (an address or a date, a colon at the end,
a quotation below) before any word is looked at.
"""

import re

from newsletter.replies.extract.lines import (
    RULE_CHARACTERS,
    TIME,
    WIDEST,
    BodyLine,
    LineKind,
    holds_address,
    shows_date,
)
from newsletter.replies.extract.phrase_tables import LEADS, UNSPACED_WROTE, WROTE, fold

_WINDOW = 6
"""The most lines that an attribution is wrapped over."""
_GMT = re.compile(r"^\d{4}-\d\d-\d\d \d{1,2}:\d\d GMT[+-]\d\d:\d\d \S")
_LONGEST_BARE = 200
_RUN_TOGETHER = re.compile(r"^\s*(\S[^<>]{10,200}<[^<>\s]{3,200}>[^<>:：]{0,40}[:：])(?:\s{2,}|(?=[^\s\d/]))\S")
_ENDS_IN_TIME = re.compile(rf"(?:{TIME.pattern})$", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:\([^\W\d_]+\)|/[^\W\d_]+)?")


def mark_attribution(lines: list[BodyLine], end: int, following: LineKind | None) -> None:
    """Mark the attribution that ends at line `end`, if there is one; `following` is what comes below it."""
    is_quote_next = following in {LineKind.QUOTE, LineKind.OWN_QUOTE}
    window = ""
    match: tuple[int, str] | None = None
    for start in range(end, max(end - _WINDOW, -1), -1):
        line = lines[start]
        if line.kind is not LineKind.TEXT or line.is_blank:
            break
        window = f"{line.text.strip()} {window}"[-WIDEST:]
        if is_attribution(window, is_quote_next=False):
            match = start, window
            break
        if match is None and is_quote_next and is_attribution(window, is_quote_next=True):
            match = start, window
    if match is None and is_bare_attribution(lines[end].text, following):
        match = end, lines[end].text
    if match is None:
        return
    start = _extended(lines, *match)
    for line in lines[start : end + 1]:
        line.kind, line.reason = LineKind.ATTRIBUTION, "attribution"


def _extended(lines: list[BodyLine], start: int, window: str) -> int:
    """Take in lines above that the attribution was wrapped over: up to one that begins like an attribution."""
    if _begins_like_one(window.strip()) and shows_date(window):
        return start
    for above in range(start - 1, max(start - 4, -1), -1):
        line = lines[above]
        if line.kind is not LineKind.TEXT or line.is_blank:
            break
        if _begins_like_one(line.text.strip()) and (shows_date(line.text) or TIME.search(line.text[:WIDEST])):
            return above
    return start


def ends_attribution(text: str) -> bool:
    """Whether a line could be the last one of an attribution."""
    tail = text[-80:].rstrip(RULE_CHARACTERS)
    if tail.endswith((":", "：", ":>")):
        return True
    words = _WORD.findall(fold(tail))
    return bool(words) and (words[-1] in WROTE or fold(tail).endswith(UNSPACED_WROTE))


def is_run_together(text: str) -> bool:
    """Whether an attribution and what it introduces stand on one line: far apart, or with no space at all."""
    match = _RUN_TOGETHER.match(text[:WIDEST])
    return match is not None and _begins_like_one(match[1]) and is_attribution(match[1], is_quote_next=False)


def is_bare_attribution(text: str, following: LineKind | None) -> bool:
    """Whether a line is one without a colon, before a quotation.

    It shows a date with an address and ends in either, or is `[Jo, 3/11/2026 09:00]`, or Gmail's `GMT+01:00 Jo`.
    """
    text = text[:WIDEST].strip()
    if _GMT.match(text):
        return True
    if following is not LineKind.QUOTE or len(text) > _LONGEST_BARE or not shows_date(text):
        return False
    is_bracketed = text.startswith("[") and text.endswith("]") and TIME.search(text) is not None
    is_ended = text.endswith((">", ")")) or _ENDS_IN_TIME.search(text) is not None
    return is_bracketed or (is_ended and holds_address(text))


def is_attribution(window: str, *, is_quote_next: bool) -> bool:
    """Whether these words introduce a quotation; more is asked of them where no quotation follows."""
    window = window.strip().strip(RULE_CHARACTERS)
    has_address = holds_address(window)
    has_date = shows_date(window)
    has_time = TIME.search(window) is not None
    has_colon = window.endswith((":", "：", ":>"))
    if not (has_address or has_date or is_quote_next):
        return False
    says_wrote = _says_wrote(window)
    if has_address and has_date and (says_wrote or (has_colon and has_time)):
        return True
    if says_wrote and has_date and has_time and (is_quote_next or _ends_with_verb(window)):
        return True
    if says_wrote and has_address and "<" in window and has_colon:
        return True
    return (
        is_quote_next
        and has_colon
        and (has_address or says_wrote or (has_date and (has_time or _begins_like_one(window))))
    )


def _begins_like_one(window: str) -> bool:
    first = _WORD.search(fold(window[:40]))
    return window[:1].isdigit() or (first is not None and first[0] in LEADS)


def _ends_with_verb(window: str) -> bool:
    words = _WORD.findall(fold(window[-60:]))
    return any(word in WROTE for word in words[-2:]) or fold(window).rstrip(":： ").endswith(UNSPACED_WROTE)


def _says_wrote(text: str) -> bool:
    folded = fold(text)
    return any(word in WROTE for word in _WORD.findall(folded)) or any(verb in folded for verb in UNSPACED_WROTE)
