"""Comments as the archive shows them: in threads, and as HTML that holds no markup of the writer's own."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from newsletter.content import Comment

_DIRECTION_MARKS = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
"""Marks that change the direction of writing; a name or a text could hide behind them."""
_LIST_MARK = re.compile(r"[ \t]*(?:[-*+•–>]|\d{1,3}[.)])[ \t]")
_URL = re.compile(r"\bhttps?://[^\W_][^\s<>\"]{0,2000}", re.IGNORECASE)
_AFTER_URL = ".,;:!?…'’”»*_"
"""What ends a sentence, not a URL."""
_WRAPPED_WIDTH = 56
"""From this many characters on, a line ended because a mail program wrapped it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadedComment:
    """A comment at its place in a thread."""

    comment: Comment
    parent: Comment | None = None
    depth: int = 0
    """How many comments it is nested under; 0 opens a thread."""
    reply_url: str | None = None
    """A `mailto:` URL that begins a reply to it, if one can be received."""


def thread_comments(comments: Iterable[Comment]) -> tuple[ThreadedComment, ...]:
    """Return each comment once: threads by age, each reply right under the comment it replies to, by age.

    A comment that replies to one that is not here, or to itself in a circle, opens a thread.
    """
    known: dict[str, Comment] = {}
    for comment in sorted(comments, key=lambda comment: (comment.date, comment.id)):
        known.setdefault(comment.id, comment)
    replies: dict[str | None, list[Comment]] = defaultdict(list)
    for comment in known.values():
        replies[comment.in_reply_to if comment.in_reply_to in known else None].append(comment)
    placed: dict[str, ThreadedComment] = {}
    for root in (*replies[None], *known.values()):  # the second time round, those in circles
        stack = [ThreadedComment(comment=root)]
        while stack:
            threaded = stack.pop()
            if threaded.comment.id in placed:
                continue
            placed[threaded.comment.id] = threaded
            stack += [
                ThreadedComment(comment=reply, parent=threaded.comment, depth=threaded.depth + 1)
                for reply in reversed(replies[threaded.comment.id])
            ]
    return tuple(placed.values())


def without_direction_marks(text: str) -> str:
    """Return a stranger's text without the marks that change the direction of writing."""
    return _DIRECTION_MARKS.sub("", text)


def comment_html(text: str) -> Markup:
    """Return plain text as escaped HTML paragraphs; wrapped lines flow, short ones stay lines, URLs are linked."""
    paragraphs = re.split(r"\n[ \t]*\n\s*", without_direction_marks(text).strip())
    return Markup("\n").join(
        Markup("<p>{}</p>").format(_lines(paragraph)) for paragraph in paragraphs if paragraph.strip()
    )


def _lines(paragraph: str) -> Markup:
    lines = [line.rstrip() for line in paragraph.split("\n")]
    pieces = [_linked(lines[0])]
    for before, line in pairwise(lines):
        is_wrapped = len(before) >= _WRAPPED_WIDTH and not _LIST_MARK.match(line)
        pieces += [Markup("\n") if is_wrapped else Markup("<br>\n"), _linked(line)]
    return Markup().join(pieces)


def _linked(line: str) -> Markup:
    """Link what begins with http:// or https://, and nothing else."""
    pieces: list[Markup] = []
    position = 0
    for match in _URL.finditer(line):
        url = _without_punctuation(match[0])
        pieces.append(escape(line[position : match.start()]))
        pieces.append(Markup('<a href="{0}" rel="nofollow ugc noopener">{0}</a>').format(url))
        position = match.start() + len(url)
    return Markup().join([*pieces, escape(line[position:])])


def _without_punctuation(url: str) -> str:
    """Return a URL without the punctuation of the sentence around it; brackets of its own stay."""
    while url[-1] in _AFTER_URL or any(
        url.endswith(close) and url.count(close) > url.count(open_) for open_, close in ("()", "[]")
    ):
        url = url[:-1]
    return url
