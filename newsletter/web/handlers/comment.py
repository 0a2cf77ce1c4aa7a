"""A comment's own page, where its writer edits or withdraws it and chooses notifications of replies."""

from starlette.responses import Response

from newsletter.replies import (
    Reply,
    is_notified_of_answers,
    read_writer_token,
    set_answer_notification,
    submit_revision,
    withdraw_reply,
)
from newsletter.web.context import WebContext
from newsletter.web.info_pages import COMMENT_EDITED, COMMENT_WITHDRAWN, LINK_EXPIRED
from newsletter.web.request import WebRequest


def show_comment(context: WebContext, request: WebRequest) -> Response:
    """Show the comment as it is, with what its writer can do; changes nothing."""
    reply = _reply(context, request)
    return _gone(context) if reply is None else _page(context, reply)


def change_comment(context: WebContext, request: WebRequest) -> Response:
    """Withdraw the comment, change its notifications, or hold new text for the moderator."""
    reply = _reply(context, request)
    if reply is None:
        return _gone(context)
    if request.first("act") == "withdraw":
        withdraw_reply(context.database, context.settings, reply.id, by="its writer", channel="web", now=request.now)
        return context.templates.message(COMMENT_WITHDRAWN, is_last=True)
    if (wish := request.first("act")) in {"hear", "quiet"}:
        set_answer_notification(context.database, reply, is_wanted=wish == "hear", channel="web", now=request.now)
        return _page(context, reply)
    if not submit_revision(context.database, context.settings, reply, request.first("text"), request.now):
        return _page(context, reply)
    return context.templates.message(COMMENT_EDITED, is_last=True)


def _page(context: WebContext, reply: Reply) -> Response:
    """Show the text, and whether its writer is notified of replies; None where nobody is."""
    wish = is_notified_of_answers(context.database, context.settings, reply)
    is_offered = context.settings.replies.tell_answered != "never"
    return context.templates.render("comment", text=reply.text, is_notified=wish if is_offered else None)


def _reply(context: WebContext, request: WebRequest) -> Reply | None:
    return read_writer_token(context.database, context.keyring, request.token)


def _gone(context: WebContext) -> Response:
    return context.templates.message(LINK_EXPIRED, status=404)
