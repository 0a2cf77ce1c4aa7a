"""Public names of `newsletter.content`, each loaded on first use; `__init__.py` says what they are for."""

from .comment import Comment as Comment
from .comments import (
    Comments as Comments,
    comment_path as comment_path,
    find_comment as find_comment,
    read_comments as read_comments,
    write_comment as write_comment,
)
from .commit import commit_files as commit_files
from .draft import start_draft as start_draft
from .folder import fit_slug as fit_slug
from .issue import Issue as Issue, Slug as Slug, Status as Status
from .sample import make_publication as make_publication
from .series import Series as Series, SeriesLetter as SeriesLetter, read_series as read_series
from .shelf import (
    Shelf as Shelf,
    issue_slugs as issue_slugs,
    newest_ready as newest_ready,
    read_issue as read_issue,
    read_issues as read_issues,
)
