"""A comment's own page, where its writer edits or withdraws it and chooses notifications of replies."""

from starlette.responses import Response

from newsletter.app import readers
from newsletter.replies import Reply
from newsletter.web.context import WebContext
from newsletter.web.info_pages import COMMENT_EDITED, COMMENT_WITHDRAWN, LINK_EXPIRED
from newsletter.web.request import WebRequest


def show_comment(context: WebContext, request: WebRequest) -> Response:
    """Show the comment as it is, with what its writer can do; changes nothing."""
    comment = readers.comments.find_comment(context.publication, request.token)
    return _expired(context) if comment is None else _page(context, comment)


def change_comment(context: WebContext, request: WebRequest) -> Response:
    """Withdraw the comment, change its notifications, or hold new text for the moderator."""
    publication, comments = context.publication, readers.comments
    comment = comments.find_comment(publication, request.token)
    if comment is None:
        return _expired(context)
    action = request.first("act")
    if action == "withdraw":
        comments.withdraw_comment(publication, comment, request.now)
        return context.templates.message(COMMENT_WITHDRAWN, is_last=True)
    if action in {"hear", "quiet"}:
        comments.set_notification(publication, comment, is_wanted=action == "hear", now=request.now)
        return _page(context, comment)
    if not comments.revise_comment(publication, comment, request.first("text"), request.now):
        return _page(context, comment)
    return context.templates.message(COMMENT_EDITED, is_last=True)


def _page(context: WebContext, comment: Reply) -> Response:
    is_notified = readers.comments.notification_choice(context.publication, comment)
    return context.templates.render("comment", text=comment.text, is_notified=is_notified)


def _expired(context: WebContext) -> Response:
    return context.templates.message(LINK_EXPIRED, status=404)
