"""Threads: comments in the order in which they are read, each under the one it answers."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.content import Comment


@dataclass(frozen=True, slots=True, kw_only=True)
class Threaded:
    """A comment at its place in a thread."""

    comment: Comment
    parent: Comment | None = None
    depth: int = 0
    """How many comments stand above it; 0 opens a thread."""
    answer_to: str | None = None
    """A `mailto:` URL that begins an answer to it, if one can be received."""


def thread(comments: Iterable[Comment]) -> tuple[Threaded, ...]:
    """Return each comment once: threads by age, answers right under what they answer, by age.

    A comment that answers one that is not here, or itself in a circle, opens a thread.
    """
    known: dict[str, Comment] = {}
    for comment in sorted(comments, key=lambda comment: (comment.date, comment.id)):
        known.setdefault(comment.id, comment)
    answers: dict[str | None, list[Comment]] = defaultdict(list)
    for comment in known.values():
        answers[comment.in_reply_to if comment.in_reply_to in known else None].append(comment)
    placed: dict[str, Threaded] = {}
    for root in (*answers[None], *known.values()):  # the second time round, those in circles
        waiting = [Threaded(comment=root)]
        while waiting:
            threaded = waiting.pop()
            if threaded.comment.id in placed:
                continue
            placed[threaded.comment.id] = threaded
            waiting += [
                Threaded(comment=answer, parent=threaded.comment, depth=threaded.depth + 1)
                for answer in reversed(answers[threaded.comment.id])
            ]
    return tuple(placed.values())
