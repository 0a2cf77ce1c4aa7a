"""Comments: what readers' answers said, each one Markdown file beside its issue."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What a reply said, cleaned, standing under its issue once approved."""

    id: str
    author: str
    date: datetime
    text: str
    """Plain text in paragraphs; never HTML."""
    in_reply_to: str | None = None
    """The id of the comment it answers."""
    is_verified: bool = False
    """Whether the sender's address was proven to be the subscriber's."""
    is_by_author: bool = False
    """Whether the author of the publication wrote it."""
    is_withdrawn: bool = False
    """Whether its words were taken back: it stands without name and text, so that its thread keeps its shape."""
