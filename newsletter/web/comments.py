"""Comments: the page on which a writer takes back or changes what they wrote."""

from starlette.responses import Response

from newsletter.replies import (
    Reply,
    is_notified_of_answers,
    read_writer_token,
    set_answer_notification,
    submit_revision,
    withdraw_reply,
)
from newsletter.web.info_pages import COMMENT_EDITED, COMMENT_WITHDRAWN, LINK_EXPIRED
from newsletter.web.office import Office
from newsletter.web.visit import Visit


def show_comment(office: Office, visit: Visit) -> Response:
    """Show the words as they stand, with what can be done about them; changes nothing."""
    reply = _reply(office, visit)
    return _gone(office) if reply is None else _page(office, reply)


def change_comment(office: Office, visit: Visit) -> Response:
    """Take the words back, or keep new ones until the author has read them."""
    reply = _reply(office, visit)
    if reply is None:
        return _gone(office)
    if visit.first("act") == "withdraw":
        withdraw_reply(office.database, office.settings, reply.id, by="its writer", channel="web", now=visit.now)
        return office.pages.note(COMMENT_WITHDRAWN, is_last=True)
    if (wish := visit.first("act")) in {"hear", "quiet"}:
        set_answer_notification(office.database, reply, is_wanted=wish == "hear", channel="web", now=visit.now)
        return _page(office, reply)
    if not submit_revision(office.database, office.settings, reply, visit.first("text"), visit.now):
        return _page(office, reply)
    return office.pages.note(COMMENT_EDITED, is_last=True)


def _page(office: Office, reply: Reply) -> Response:
    """Show the words, and whether their writer hears of answers; None where nobody does."""
    wish = is_notified_of_answers(office.database, office.settings, reply)
    is_offered = office.settings.replies.tell_answered != "never"
    return office.pages.page("comment", text=reply.text, hears=wish if is_offered else None)


def _reply(office: Office, visit: Visit) -> Reply | None:
    return read_writer_token(office.database, office.keyring, visit.token)


def _gone(office: Office) -> Response:
    return office.pages.note(LINK_EXPIRED, status=404)
