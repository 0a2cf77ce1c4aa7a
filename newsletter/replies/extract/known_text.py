"""Text that we sent: what matches it in a reply is quotation.

No general extractor has this signal; only the sender of a newsletter knows what was sent.
"""

import re
from dataclasses import dataclass

from newsletter.replies.extract.html_body import read_html_lines
from newsletter.replies.extract.lines import BodyLine, LineKind
from newsletter.replies.extract.phrase_tables import fold

_RUN = 4
"""Words in a shingle; in scripts without spaces a word is a letter."""
_ENOUGH = 0.6
"""Share of a paragraph's shingles that make it ours."""
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]|[^\W_]+")


@dataclass(frozen=True, slots=True)
class KnownText:
    """A text that was sent, prepared for comparison."""

    shingles: frozenset[int]
    lines: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, text: str, html: str = "") -> "KnownText":
        """Prepare the text of an edition or a comment, and its HTML, which other clients quote as text."""
        lines = [*text.split("\n"), *(line.text for line in read_html_lines(html)[0])]
        words = _words("\n".join(lines))
        return cls(frozenset(_shingles(words)), frozenset(tuple(_words(line)) for line in lines))

    def also(self, text: str) -> "KnownText":
        """Add another text, such as the same issue with one reader's name in it."""
        lines = {line: tuple(_words(line)) for line in text.split("\n")}
        new = [words for words in lines.values() if words and words not in self.lines]
        if not new:
            return self
        return KnownText(self.shingles.union(*(_shingles(list(words)) for words in new)), self.lines.union(new))

    def covers(self, text: str) -> bool:
        """Whether these words were sent: most of their runs, or where they are few, as a line of their own."""
        words = _words(text)
        shingles = _shingles(words)
        if not shingles:
            return not words or tuple(words) in self.lines
        return sum(shingle in self.shingles for shingle in shingles) / len(shingles) >= _ENOUGH


@dataclass(frozen=True, slots=True, kw_only=True)
class SentText:
    """The texts of ours that a reply may quote."""

    issue: tuple[str, str] | None = None
    """Text and HTML of the issue that it answers, as every reader got it."""
    others: tuple[str, ...] = ()
    """Notices, comments, and the issue with this reader's name in it."""


def mark_known(lines: list[BodyLine], known: KnownText) -> None:
    """Mark the paragraphs of `lines` that were ours as quotation; short ones only beside such a paragraph."""
    paragraphs = _paragraphs(lines)
    shares = [_share(lines[start:end], known) for start, end in paragraphs]
    is_recorded = [share is not None and share >= _ENOUGH for share in shares]
    is_short = [
        share is None and all(tuple(_words(line.text)) in known.lines for line in lines[start:end])
        for share, (start, end) in zip(shares, paragraphs, strict=True)
    ]
    for order in (range(1, len(paragraphs)), range(len(paragraphs) - 2, -1, -1)):
        step = -1 if order.step == 1 else 1
        for number in order:
            is_recorded[number] = is_recorded[number] or (is_short[number] and is_recorded[number + step])
    for (start, end), is_ours in zip(paragraphs, is_recorded, strict=True):
        for line in lines[start:end] if is_ours else ():
            line.kind, line.reason = LineKind.QUOTE, "text we sent"


def _paragraphs(lines: list[BodyLine]) -> list[tuple[int, int]]:
    paragraphs: list[tuple[int, int]] = []
    start: int | None = None
    for index, line in enumerate(lines):
        is_text = line.kind is LineKind.TEXT and not line.is_blank
        if is_text and start is None:
            start = index
        elif not is_text and start is not None:
            paragraphs.append((start, index))
            start = None
    if start is not None:
        paragraphs.append((start, len(lines)))
    return paragraphs


def _share(lines: list[BodyLine], known: KnownText) -> float | None:
    shingles = _shingles(_words(_joined(lines)))
    if not shingles:
        return None
    return sum(shingle in known.shingles for shingle in shingles) / len(shingles)


def _joined(lines: list[BodyLine]) -> str:
    return " ".join(line.text for line in lines)


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(re.sub(r"(?:https?://|mailto:)\S+", " ", text)))


def _shingles(words: list[str]) -> list[int]:
    return [hash(tuple(words[start : start + _RUN])) for start in range(len(words) - _RUN + 1)]
