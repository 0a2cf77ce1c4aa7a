"""1. The author's files become issues and comments."""

from newsletter.writing.comment import Comment
from newsletter.writing.comments import Comments, comment_path, find_comment, read_comments, write_comment
from newsletter.writing.commit import commit_files
from newsletter.writing.draft import start_draft
from newsletter.writing.folder import fit_slug
from newsletter.writing.issue import Issue, Slug, Status
from newsletter.writing.sample import make_publication
from newsletter.writing.series import Series, SeriesLetter, read_series
from newsletter.writing.shelf import Shelf, issue_slugs, newest_ready, read_issue, read_issues

__all__ = [
    "Comment",
    "Comments",
    "Issue",
    "Series",
    "SeriesLetter",
    "Shelf",
    "Slug",
    "Status",
    "comment_path",
    "commit_files",
    "find_comment",
    "fit_slug",
    "issue_slugs",
    "make_publication",
    "newest_ready",
    "read_comments",
    "read_issue",
    "read_issues",
    "read_series",
    "start_draft",
    "write_comment",
]
