"""Reply extractor: what the sender wrote in a body of text or HTML, and every cut with its reason.

Version 4. Each step looks at a line a bounded number of times, so time grows with length only.
"""

import re
from dataclasses import dataclass

from newsletter.replies.extract.html_body import read_html_lines
from newsletter.replies.extract.known_text import KnownText, mark_known
from newsletter.replies.extract.lines import BodyLine, LineKind, read_lines
from newsletter.replies.extract.posting_style import Cut, written_part
from newsletter.replies.extract.quotation_starts import mark_quotation_starts

VERSION = 4
"""Stored with every reply, so that comments can be extracted again by a better one."""

MAX_CHARACTERS = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What the sender wrote, as plain text in paragraphs, and what was left out."""

    text: str
    cuts: tuple[Cut, ...] = ()
    version: int = VERSION

    @property
    def is_forward(self) -> bool:
        """Whether somebody else's mail was handed on."""
        return any(cut.reason == "forwarded message" for cut in self.cuts)


def extract(text: str, html: str = "", known: KnownText | None = None) -> Extraction:
    """Return what the sender wrote: from the text, else from the HTML.

    The HTML is also asked where its marks prove a quotation that the text does not show.
    """
    if not text.strip():
        return _extracted(read_html_lines(html[:MAX_CHARACTERS])[0], known)
    plain = _extracted(read_lines(text[:MAX_CHARACTERS]), known)
    if html.strip() and not plain.cuts:
        lines, has_marks = read_html_lines(html[:MAX_CHARACTERS])
        marked = _extracted(lines, known)
        if has_marks and _is_shorter_start(marked.text, plain.text):
            return marked
    return plain


def _is_shorter_start(short: str, long: str) -> bool:
    short, long = ("".join(re.findall(r"\w+", text)) for text in (short, long))
    return 0 < len(short) < len(long) and long.startswith(short)


def _extracted(lines: list[BodyLine], known: KnownText | None) -> Extraction:
    if known is not None:
        mark_known(lines, known)
    mark_quotation_starts(lines)
    kept, cuts = written_part(lines)
    marked = [Cut("signature", line.text) for line in lines if line.kind is LineKind.SIGNATURE and not line.is_blank]
    return Extraction(text=_paragraphs(kept), cuts=(*cuts, *marked))


def _paragraphs(lines: list[str]) -> str:
    """Join lines, with one blank line between paragraphs at most, and none at the ends."""
    kept: list[str] = []
    for line in lines:
        if line.strip() or (kept and kept[-1].strip()):
            kept.append(line.rstrip())
    return "\n".join(kept).strip("\n").rstrip()
