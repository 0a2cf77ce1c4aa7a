"""Finds where a quotation begins: attributions ("On Monday Jo wrote:"), header blocks and divider lines.

An attribution is told by what every language's has in common (an address or a date, a colon at
its end, a quotation after it) before any word is looked at.
"""

import re
from functools import lru_cache

from newsletter.replies.extract.devices import is_mobile_signature
from newsletter.replies.extract.lines import Kind, Line
from newsletter.replies.extract.words import FORWARDED, LABEL_KINDS, LEADS, ORIGINAL, REPLY_ABOVE, WROTE, folded

_WINDOW = 6
"""The most lines that an attribution is wrapped over."""
_WIDEST = 600
"""Characters of a line or window that are looked at."""
_RULE_CHARACTERS = "-_=*~#+‐‑‒–—―─━═ᐧ \t"

_ADDRESS = re.compile(r"[\w.+'=%-]{1,80}@[\w-]{1,60}\.[\w.-]{2,80}")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d年|(?<!\d)25[5-9]\d(?!\d)")
_DATE = re.compile(r"(?<!\d)\d{1,4}([./-])\s?\d{1,2}\1\s?\d{2,4}(?!\d)|\d{1,2}\s?月\s?\d{1,2}\s?日|\d{1,2}월")
_TIME = re.compile(
    r"(?<!\d)\d{1,2}\s?[:.h٫]\s?\d{2}(?!\d)|\d{1,2}\s?(?:am|pm|uhr|h)\b|[上下]午|오[전후]|\d{1,2}[時时]",
    re.IGNORECASE,
)
_GMT = re.compile(r"^\d{4}-\d\d-\d\d \d{1,2}:\d\d GMT[+-]\d\d:\d\d \S")
_WORD = re.compile(r"[^\W\d_]+(?:\([^\W\d_]+\)|/[^\W\d_]+)?")
_LABEL = re.compile(r"^[\s*_|]{0,8}([^\W\d_][\w .'’/-]{0,30}?)[\s*_]{0,4}[:：][*_]{0,2}(?:\s|$|(?=\S))(.*)$")
_FORWARD_OPENINGS = tuple(sorted(FORWARDED))


def mark_introductions(lines: list[Line]) -> None:
    """Mark attributions and dividers among the lines that are text."""
    following = _kinds_after(lines)
    index = 0
    while index < len(lines):
        if lines[index].kind is Kind.OWN_QUOTE and (index == 0 or lines[index - 1].kind is not Kind.OWN_QUOTE):
            _judge_own_quote(lines, index)
        if lines[index].kind is Kind.QUOTE and _says_reply_above(lines[index].text):
            lines[index].kind, lines[index].reason = Kind.DIVIDER, "reply-above line"
        elif lines[index].kind is Kind.TEXT and not lines[index].is_blank:
            if reason := _divider_at(lines, index):
                _mark_divider(lines, index, reason)
            elif _ends_attribution(lines[index].text) or _is_bare_attribution(lines[index].text, following[index]):
                _mark_attribution(lines, index, following[index])
        index += 1
    _mark_below_signatures(lines)


def _judge_own_quote(lines: list[Line], start: int) -> None:
    """Take a quotation for the client's where an attribution or a header block opens it."""
    end = start
    while end < len(lines) and (lines[end].kind is Kind.OWN_QUOTE or lines[end].is_blank):
        end += 1
    opening = [Line(line.text.lstrip("> ")) for line in lines[start : min(end, start + 16)]]
    first = " ".join(line.text for line in opening[:2] if not line.is_blank)[:_WIDEST]
    window = next((line.text for line in opening if _ends_attribution(line.text)), first)[:_WIDEST]
    if _is_attribution(window, is_quote_next=False) or _is_header_block(opening, 0, is_certain=False):
        for line in lines[start:end]:
            line.kind = Kind.QUOTE


def _mark_below_signatures(lines: list[Line]) -> None:
    """Let "Sent from my iPhone" end the answer where unmarked text follows it: that is what was answered."""
    for index, (line, following) in enumerate(zip(lines, _kinds_after(lines), strict=True)):
        is_candidate = line.kind is Kind.TEXT and following is Kind.TEXT and _is_lone(lines, index)
        if is_candidate and is_mobile_signature(line.text, is_strict=True):
            line.kind, line.reason = Kind.DIVIDER, "text below a mobile signature"
            return


def _kinds_after(lines: list[Line]) -> list[Kind | None]:
    """Return for each line the kind of the next line that is not blank."""
    kinds: list[Kind | None] = []
    kind: Kind | None = None
    for line in reversed(lines):
        kinds.append(kind)
        if not line.is_blank:
            kind = line.kind
    return kinds[::-1]


def _mark_divider(lines: list[Line], index: int, reason: str) -> None:
    """Mark line `index`, and the rules and blank lines right above it, which belong to it."""
    while index and lines[index - 1].kind is Kind.TEXT and is_rule(lines[index - 1].text):
        index -= 1
    lines[index].kind, lines[index].reason = Kind.DIVIDER, reason


def is_rule(text: str) -> bool:
    """Whether a line is blank or only drawn."""
    return not text.strip(_RULE_CHARACTERS)


def _divider_at(lines: list[Line], index: int) -> str:
    text = lines[index].text.strip()[:_WIDEST]
    bare = text.strip(_RULE_CHARACTERS + ":：[]<>")
    if not bare:
        return ""
    words = folded(bare)
    if _says_reply_above(text):
        return "reply-above line"
    is_drawn = _drawn(text, bare)
    if len(words) < 90 and (is_drawn or text.endswith((":", "："))):
        if words.startswith(_FORWARD_OPENINGS) or (is_drawn and any(phrase in words for phrase in FORWARDED)):
            return "forwarded message"
        if is_drawn and any(phrase in words for phrase in ORIGINAL):
            return "original message"
    if bare in ORIGINAL or (words in ORIGINAL and _has_label(lines, index + 1)):
        return "original message"
    return "header block" if _is_header_block(lines, index, is_certain=is_drawn) else ""


def _says_reply_above(text: str) -> bool:
    words = folded(text[:_WIDEST])
    return len(text) < 160 and any(phrase in words for phrase in REPLY_ABOVE)


def _is_lone(lines: list[Line], index: int) -> bool:
    """Whether a line is a paragraph by itself, with text somewhere above it."""
    is_first = not any(not line.is_blank for line in lines[max(index - 40, 0) : index])
    is_last = index + 1 == len(lines)
    return not is_first and lines[index - 1].is_blank and (is_last or lines[index + 1].is_blank)


def _is_bare_attribution(text: str, following: Kind | None) -> bool:
    """Whether a line is one without a colon: date and address before a quotation, or Gmail's `GMT+01:00 Name`."""
    text = text[:_WIDEST].strip()
    if _GMT.match(text):
        return True
    return following is Kind.QUOTE and text.endswith(">") and _has_date(text) and _ADDRESS.search(text) is not None


def _drawn(text: str, bare: str) -> bool:
    """Whether two or more drawn characters stand on both sides of the words."""
    start = text.find(bare[0])
    end = len(text) - len(text.rstrip(_RULE_CHARACTERS))
    return start >= 2 and end >= 2 and text[:2].strip() == text[:2]


def _has_label(lines: list[Line], index: int) -> bool:
    upcoming = [line.text for line in lines[index : index + 4] if not line.is_blank][:1]
    return any(_label_of(text)[0] for text in upcoming)


@lru_cache(maxsize=64)  # a line is asked about from each of the lines above it
def _label_of(text: str) -> tuple[str, str]:
    """Return the kind of label that a line begins with ("?" for an unknown one, "" for none), and its value."""
    found = _LABEL.match(text[:_WIDEST])
    if not found:
        return "", ""
    label = " ".join(folded(found[1]).split())
    kind = LABEL_KINDS.get(label) or LABEL_KINDS.get(label.rstrip("."))
    if kind is None:
        kind = "?" if len(label) <= 20 and label.count(" ") <= 2 else ""
    return kind, found[2]


def _is_header_block(lines: list[Line], index: int, *, is_certain: bool) -> bool:
    """Whether labelled lines (From, Sent, Subject in any language) begin at `index`, or below a divider there."""
    kinds: list[str] = []
    values: list[str] = []
    strays = 0
    for line in lines[index + is_certain : index + 16]:
        if line.kind is not Kind.TEXT:
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
        if not is_certain and len(kinds) == 1 and kind in {"?", "to", "cc", "subject", "other"} and kind != "?":
            return False
    if len(kinds) < 2:
        return False
    known = {kind for kind in kinds if kind not in {"?", "other"}}
    rest = " ".join(values)
    has_address = _ADDRESS.search(rest) is not None
    has_moment = _has_date(rest) or _TIME.search(rest) is not None
    if kinds[:1] and kinds[0] in {"from", "sent", "date"} and len(known) >= 2:
        return len(known) >= 3 or has_address or has_moment
    begins_with_sender = bool(values) and _ADDRESS.search(values[0]) is not None
    return len(kinds) >= 4 and begins_with_sender and has_moment  # in a language that is not in our tables


def _has_date(text: str) -> bool:
    return _YEAR.search(text) is not None or _DATE.search(text) is not None


def _ends_attribution(text: str) -> bool:
    """Whether a line could be the last one of an attribution."""
    tail = text[-80:].rstrip(_RULE_CHARACTERS)
    if tail.endswith((":", "：", ":>")):
        return True
    words = _WORD.findall(folded(tail))
    return bool(words) and (words[-1] in WROTE or folded(tail).endswith(("写道", "寫道")))


def _says_wrote(text: str) -> bool:
    spoken = folded(text)
    return any(word in WROTE for word in _WORD.findall(spoken)) or any(
        phrase in spoken
        for phrase in (
            "写道",
            "寫道",
            "写了",
            "寫了",
            "書きました",
            "님이 작성",
            "のメッセージ",
            "のメール",
            "đã viết",
            "ने लिखा",
            "เขียน",
        )
    )


def _mark_attribution(lines: list[Line], end: int, following: Kind | None) -> None:
    is_quote_next = following in {Kind.QUOTE, Kind.OWN_QUOTE}
    window = ""
    found: tuple[int, str] | None = None
    for start in range(end, max(end - _WINDOW, -1), -1):
        line = lines[start]
        if line.kind is not Kind.TEXT or line.is_blank:
            break
        window = f"{line.text.strip()} {window}"[-_WIDEST:]
        if _is_attribution(window, is_quote_next=False):
            found = start, window
            break
        if found is None and is_quote_next and _is_attribution(window, is_quote_next=True):
            found = start, window
    if found is None and _is_bare_attribution(lines[end].text, following):
        found = end, lines[end].text
    if found is None:
        return
    start = _extended(lines, *found)
    for line in lines[start : end + 1]:
        line.kind, line.reason = Kind.ATTRIBUTION, "attribution"


def _is_attribution(window: str, *, is_quote_next: bool) -> bool:
    window = window.strip().strip(_RULE_CHARACTERS)
    has_address = _ADDRESS.search(window) is not None
    has_date = _has_date(window)
    has_time = _TIME.search(window) is not None
    has_colon = window.endswith((":", "：", ":>"))
    if not (has_address or has_date or is_quote_next):
        return False
    says_wrote = _says_wrote(window)
    if has_address and has_date and (says_wrote or (has_colon and has_time)):
        return True
    if says_wrote and has_date and has_time:
        return True
    if says_wrote and has_address and "<" in window and has_colon:
        return True
    if not is_quote_next:
        return says_wrote and has_date and has_colon and _begins_like_one(window) and len(window) < 120
    return has_colon and (has_address or says_wrote or (has_date and (has_time or _begins_like_one(window))))


def _begins_like_one(window: str) -> bool:
    first = _WORD.search(folded(window[:40]))
    return window[:1].isdigit() or (first is not None and first[0] in LEADS)


def _extended(lines: list[Line], start: int, window: str) -> int:
    """Take in lines above that the attribution was wrapped over: up to one that begins like an attribution."""
    if _begins_like_one(window.strip()) and _has_date(window):
        return start
    for above in range(start - 1, max(start - 4, -1), -1):
        line = lines[above]
        if line.kind is not Kind.TEXT or line.is_blank:
            break
        if _begins_like_one(line.text.strip()) and (_has_date(line.text) or _TIME.search(line.text[:_WIDEST])):
            return above
    return start
