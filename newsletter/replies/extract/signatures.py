"""Signatures and what else ends a message: "Sent from my iPhone", list footers, legal notes, business cards."""

import re

from newsletter.replies.extract.lines import is_rule
from newsletter.replies.extract.phrase_tables import CLOSINGS, DEVICES, DISCLAIMERS, FOOTERS, SENT_VERBS, fold

_LONGEST_SIGNATURE = 14
_WIDEST = 300

_WORD = re.compile(r"[^\W\d_]+")
_DELIMITER = re.compile(r"^(?:--|-- |--\s|– |__)\s*$")
_UNDERLINE = re.compile(r"^\s{0,3}_{5,80}\s*$")
_NAME_BY_DASH = re.compile(r"^(?:-|--\s?)[^\W\d_a-z][\w.'’]{0,20}(?: [^\W\d_][\w.'’]{0,20}){0,2}$")
_CARD_NAME = re.compile(r"^[*_]?[^\W\d_a-z][\w.'’-]{0,25}(?: [^\W\d_][\w.'’-]{0,25}){1,3}[*_,]?(?:, [\w. ]{1,20})?$")
_BARS = re.compile(r"^\s{0,3}\|[\s|]{0,20}$")
_CONTACT = re.compile(
    r"https?://|www\.|@|\b(?:tel|phone|mobile?|mob|fax|cell|skype|t|m|p|f)\b\s?[.:+]|\+?\d[\d ()./-]{6,}\d"
    r"|\||\b(?:gmbh|ltd|inc|llc"
    r"|ceo|cto|cfo|director|manager|engineer|developer|consultant|professor|dr|phd|m\.?d|founder|president"
    r"|editor|officer"
    r"|department|university|institut\w*)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"[<(]?(?:https?://|mailto:)[^\s>)]{0,200}[>)]?")
_SHOP = re.compile(
    r"[<(]https?://(?:aka\.ms|(?:[\w-]{1,40}\.){0,3}onelink\.me|apps\.apple\.com|itunes\.apple\.com|play\.google\.com)/",
    re.IGNORECASE,
)
"""Where mail programs are fetched from; nobody puts that behind a line in brackets by hand."""
_SENT_FROM = re.compile(r"^(?:sent|get it|get) (?:from|via|with|using|by|through)\b")
_UNSPACED_VERBS = tuple(verb for verb in SENT_VERBS if not verb.isascii() and len(verb) > 1)


def without_signatures(lines: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the lines without what is no part of the message, and each piece cut with its reason, last first."""
    cut: list[tuple[str, str]] = []
    for _ in range(12):
        kept = _without_blank_end(lines)
        end, reason = _ending(kept)
        if reason:
            cut.append((reason, "\n".join(kept[end:]).strip("\n")))
        lines = kept[:end]
        if not reason:
            break
    return lines, cut


def _without_blank_end(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and is_rule(lines[end - 1]):
        end -= 1
    return lines[:end]


def _ending(lines: list[str]) -> tuple[int, str]:
    """Return where the last piece that is no message begins, and why; the length and "" if there is none."""
    for find, reason in (
        (_mobile, "mobile signature"),
        (_delimited, "signature"),
        (_footer, "list footer"),
        (_disclaimer, "legal note"),
        (_named, "signature"),
        (_closed, "signature"),
        (_card, "signature"),
        (_drawn, "signature"),
    ):
        start = find(lines)
        if start is not None:
            return start, reason
    return len(lines), ""


def _mobile(lines: list[str]) -> int | None:
    """A last paragraph of one line, or two, such as "Sent from my iPhone" in whatever language."""
    for height in (1, 2):
        start = len(lines) - height
        if start < 0 or (start and lines[start - 1].strip() and not _follows_text_closely(lines, start)):
            continue
        if is_mobile_signature(" ".join(line.strip() for line in lines[start:])):
            return start
    return None


def _follows_text_closely(lines: list[str], start: int) -> bool:
    return len(lines[start - 1].strip()) < 60 and fold(lines[start].strip()).startswith(("sent from my", "get outlook"))


def _delimited(lines: list[str]) -> int | None:
    """The block below `-- ` (RFC 3676 section 4.3), as clients also write it."""
    for start in range(len(lines) - 1, max(len(lines) - _LONGEST_SIGNATURE - 2, -1), -1):
        line = lines[start]
        if line.lstrip().startswith(">"):
            return None
        if _DELIMITER.match(line) and not _opens_paragraphs(lines[start + 1 :]):
            return start
        if _UNDERLINE.match(line) and len(lines) - start <= 4 and not _opens_paragraphs(lines[start + 1 :]):
            return start
    return None


def _opens_paragraphs(below: list[str]) -> bool:
    long = [line.rstrip() for line in below if len(line) > 120]
    return len(long) > 2 or any(_is_sentence(line) for line in long)


def _is_sentence(line: str) -> bool:
    """Whether a long line is somebody's prose: it ends as a sentence and is neither a footer nor a legal note."""
    folded = fold(line[:2_000])
    is_recorded = any(phrase in folded for phrase in FOOTERS) or any(piece in folded for piece in DISCLAIMERS)
    return line.endswith((".", "!", "?", "…", "。")) and not is_recorded and not _CONTACT.search(line[:_WIDEST])


def _footer(lines: list[str]) -> int | None:
    """A mailing list's own lines at the end, from the rule above them."""
    for start in range(len(lines) - 1, max(len(lines) - 12, -1), -1):
        line = lines[start].strip()
        if line.startswith(">"):
            return None
        is_ruled = len(line) >= 1 and is_rule(line)
        if is_ruled or (start and not lines[start - 1].strip()):
            below = fold(" ".join(lines[start:])[:2_000])
            if any(phrase in below for phrase in FOOTERS) and (is_ruled or _starts_footer(line)):
                return start
    return None


def _starts_footer(line: str) -> bool:
    folded = fold(line[:_WIDEST])
    return any(phrase in folded for phrase in FOOTERS)


def _disclaimer(lines: list[str]) -> int | None:
    """A last paragraph with the words of a legal note or of a virus scanner."""
    start = len(lines)
    while start and lines[start - 1].strip():
        start -= 1
    paragraph = fold(" ".join(lines[start:])[:3_000])
    if start == len(lines) or paragraph.startswith(">"):
        return None
    phrase_count = sum(piece in paragraph for piece in DISCLAIMERS)
    is_scanner = (
        phrase_count
        and len(paragraph) < 160
        and any(word in paragraph for word in ("avast", "avg", "virus-free", "virenfrei"))
    )
    return start if start and (is_scanner or (phrase_count >= 3 and len(paragraph) > 120)) else None


def _named(lines: list[str]) -> int | None:
    """A last line such as `-Jo Smith`."""
    if len(lines) > 1 and _NAME_BY_DASH.match(lines[-1].strip()[:80]):
        return len(lines) - 1
    return None


def _card(lines: list[str]) -> int | None:
    """A last paragraph like a business card: a name, then short lines of which two or more say how to reach it."""
    start = len(lines)
    while start and lines[start - 1].strip():
        start -= 1
    card = [line.strip() for line in lines[start:]]
    if not (start and 3 <= len(card) <= 8) or any(len(line) > 80 or line.startswith((">", "-", "*")) for line in card):
        return None
    is_named = _CARD_NAME.match(card[0]) is not None
    return start if is_named and sum(_CONTACT.search(line) is not None for line in card[1:]) >= 2 else None


def _drawn(lines: list[str]) -> int | None:
    """A card of whose table only the frame is left: two lines or more of nothing but bars, short ones between."""
    low = max(len(lines) - _LONGEST_SIGNATURE, 1)
    bars = [at for at in range(low, len(lines)) if _BARS.match(lines[at])]
    if len(bars) < 2 or any(len(line) > 80 or line.lstrip().startswith(">") for line in lines[bars[0] :]):
        return None
    return bars[0]


def _closed(lines: list[str]) -> int | None:
    """A greeting followed by more than a name: title, company, numbers. With a name alone it stays."""
    for start in range(len(lines) - 1, max(len(lines) - 20, -1), -1):  # HTML mail has a blank line after each
        folded = fold(lines[start].strip()[:60]).rstrip(" ,.!-–")
        if folded in CLOSINGS:
            below = [line.strip() for line in lines[start + 1 :] if line.strip()]
            is_block = 2 <= len(below) <= 10 and all(len(line) <= 100 for line in below)
            return start if is_block and any(_CONTACT.search(line[:_WIDEST]) for line in below[1:]) and start else None
    return None


def is_mobile_signature(text: str, *, is_strict: bool = False) -> bool:
    """Whether a line is such a one; strictly, only with a device or program that we know by name."""
    bare = _LINK.sub("", text[:_WIDEST]).strip(" -–—_*.|[]()<>\"'")
    folded = fold(bare)
    if folded.startswith("yahoo mail:") and len(folded.split()) <= 8:  # its slogan, which changes with the years
        return True
    if not bare or len(bare) > 90 or (", " in bare and "excuse" not in folded):
        return False
    tokens = _WORD.findall(folded)
    if _SENT_FROM.match(folded) and len(tokens) <= 9 and (not is_strict or folded.startswith("sent from my ")):
        return True
    if not tokens or len(tokens) > 14 or not any(device in folded for device in DEVICES):
        return False
    if _SHOP.search(text[:_WIDEST]):  # whatever the language calls fetching
        return True
    return (
        bool({tokens[0], tokens[-1]} & SENT_VERBS)
        or folded.endswith(_UNSPACED_VERBS)
        or folded.startswith(_UNSPACED_VERBS)
    )
