"""Entries: what the archive shows of one issue."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.archive.threads import Threaded
from newsletter.compose import Image
from newsletter.content import Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An issue with its body composed and its comments threaded."""

    issue: Issue
    date: datetime
    url: str
    """Where the page is read; absolute only when the publication has a URL."""
    body: str
    """Sanitised HTML; its links to pictures are relative to the page."""
    hero: Image | None = None
    """The picture over the title."""
    comments: tuple[Threaded, ...] = ()
    answer_to: str | None = None
    """A `mailto:` URL that begins an answer, if answers are wanted and can be received."""

    @property
    def answers(self) -> int:
        """How many comments can be read."""
        return sum(not threaded.comment.is_withdrawn for threaded in self.comments)

    @property
    def path(self) -> str:
        """Where the page lies in the site."""
        return f"issues/{self.issue.slug}/index.html"
