"""1. The author's files become issues and comments."""

from newsletter.writing.comment import Comment
from newsletter.writing.comments import Comments, read_comments, write_comment
from newsletter.writing.folder import fit_slug
from newsletter.writing.issue import Issue, Slug, Status
from newsletter.writing.shelf import Shelf, newest_ready, read_issue, read_issues

__all__ = [
    "Comment",
    "Comments",
    "Issue",
    "Shelf",
    "Slug",
    "Status",
    "fit_slug",
    "newest_ready",
    "read_comments",
    "read_issue",
    "read_issues",
    "write_comment",
]
