"""The signal that only the sender of a newsletter has: what matches the text we sent is quotation."""

import re
from dataclasses import dataclass

from newsletter.replies.extract.lines import Kind, Line
from newsletter.replies.extract.markup import read_markup
from newsletter.replies.extract.words import folded

_RUN = 4
"""Words in a shingle; in scripts without spaces a word is a letter."""
_ENOUGH = 0.6
"""Share of a paragraph's shingles that make it ours."""
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]|[^\W_]+")


@dataclass(frozen=True, slots=True)
class KnownText:
    """The words that were sent, ready for comparing."""

    shingles: frozenset[int]
    lines: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, text: str, html: str = "") -> "KnownText":
        """Prepare the text of an edition or a comment, and its HTML, which other clients quote as text."""
        lines = [*text.split("\n"), *(line.text for line in read_markup(html)[0])]
        words = _words("\n".join(lines))
        return cls(frozenset(_shingles(words)), frozenset(tuple(_words(line)) for line in lines))


def mark_known(lines: list[Line], known: KnownText) -> None:
    """Mark the paragraphs of `lines` that were ours as quotation; short ones only beside such a paragraph."""
    paragraphs = _paragraphs(lines)
    shares = [_share(lines[start:end], known) for start, end in paragraphs]
    for number, (start, end) in enumerate(paragraphs):
        share = shares[number]
        beside = [other for other in (number - 1, number + 1) if 0 <= other < len(shares)]
        is_known = share is not None and share >= _ENOUGH
        if share is None:  # too short to say by itself
            is_beside = any((shares[other] or 0) >= _ENOUGH for other in beside)
            is_known = is_beside and tuple(_words(_joined(lines[start:end]))) in known.lines
        if is_known:
            for line in lines[start:end]:
                line.kind, line.reason = Kind.QUOTE, "text we sent"


def _paragraphs(lines: list[Line]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    start: int | None = None
    for index, line in enumerate(lines):
        is_text = line.kind is Kind.TEXT and not line.is_blank
        if is_text and start is None:
            start = index
        elif not is_text and start is not None:
            found.append((start, index))
            start = None
    if start is not None:
        found.append((start, len(lines)))
    return found


def _share(lines: list[Line], known: KnownText) -> float | None:
    shingles = _shingles(_words(_joined(lines)))
    if not shingles:
        return None
    return sum(shingle in known.shingles for shingle in shingles) / len(shingles)


def _joined(lines: list[Line]) -> str:
    return " ".join(line.text for line in lines)


def _words(text: str) -> list[str]:
    return _WORD.findall(folded(re.sub(r"(?:https?://|mailto:)\S+", " ", text)))


def _shingles(words: list[str]) -> list[int]:
    return [hash(tuple(words[start : start + _RUN])) for start in range(len(words) - _RUN + 1)]
