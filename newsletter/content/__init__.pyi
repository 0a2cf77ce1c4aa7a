"""Public names of `newsletter.content`, each loaded on first use; `__init__.py` says what they are for."""

from .comments import (
    Comment as Comment,
    CommentCollection as CommentCollection,
    comment_path as comment_path,
    find_comment as find_comment,
    read_comments as read_comments,
    write_comment as write_comment,
)
from .draft import create_draft as create_draft
from .git import commit_files as commit_files
from .issue import Issue as Issue, Slug as Slug, Status as Status
from .issue_folder import (
    IssueCollection as IssueCollection,
    issue_slugs as issue_slugs,
    newest_ready as newest_ready,
    read_issue as read_issue,
    read_issues as read_issues,
    slugify as slugify,
)
from .sample import create_publication as create_publication
from .series import Series as Series, SeriesEmail as SeriesEmail, read_series as read_series
