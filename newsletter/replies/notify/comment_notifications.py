"""Notices to comment writers: published, rejected, may it be published, and another reader answered it.

A writer is told of answers by other readers only if they want to be, and is asked for it only in the notice that
their comment is published. One email ends it, for everything they wrote; the choice is recorded as a decision on the
comment where it was made. Neither reader learns the other's address: every notice comes from the publication, and a
reply to it comes here.
"""

from dataclasses import replace
from datetime import datetime

from newsletter.compose import comment_url, issue_url, reply_invitation
from newsletter.database import Database
from newsletter.delivery.notices import COMMENT_REPLY, Notice, cancel_comment_replies
from newsletter.locales import Translations, translations_for
from newsletter.replies.addresses.signed_actions import ReplyAction, action_address
from newsletter.replies.addresses.writer_page import writer_page_url
from newsletter.replies.notify.notice import list_name_for, quote, title_and_language, writer_notice
from newsletter.replies.store.models import MUTE, NOTIFY, Decision, Reply, ReplyState
from newsletter.replies.store.queries import add_decision, answer_notification_choice, find_reply_by_id
from newsletter.settings import Settings
from newsletter.tokens import Keyring

PUBLISHED = "published"
REJECTED = "refusal"
PERMISSION_ASKED = "question"
"""Kinds of notices."""


def is_notified_of_answers(database: Database, settings: Settings, reply: Reply) -> bool:
    """Whether a reply's writer is notified of answers to it, by their own choice or by `[replies] tell_answered`."""
    rule = settings.replies.tell_answered
    choice = answer_notification_choice(database, reply.from_address)
    return rule != "never" and (rule == "always" if choice is None else choice)


def set_answer_notification(database: Database, reply: Reply, *, is_wanted: bool, channel: str, now: datetime) -> None:
    """Record whether a reply's writer wants to be notified of answers; turning it off also cancels what is planned.

    Again changes nothing.
    """
    if answer_notification_choice(database, reply.from_address) is is_wanted:
        return
    state = NOTIFY if is_wanted else MUTE
    decision = Decision(reply_id=reply.id, state=state, by="its writer", reason="", channel=channel, at=now)
    with database.write() as connection:
        add_decision(connection, decision)
        if not is_wanted:
            cancel_comment_replies(connection, reply.from_address)


def approval_notices(database: Database, keyring: Keyring, settings: Settings, reply: Reply, slug: str) -> list[Notice]:
    """Return the notices that an approval brings: to the writer of the comment it answers, and to its own writer."""
    answered = _answered_notice(database, keyring, settings, reply, slug)
    published = published_notice(database, keyring, settings, reply, slug)
    return [notice for notice in (answered, published) if notice is not None]


def published_notice(
    database: Database, keyring: Keyring, settings: Settings, reply: Reply, slug: str
) -> Notice | None:
    """Return the notice that a reply is published, with the addresses to change it and to withdraw it.

    None where `[replies] tell_readers` says no, its address is not certain, or it edits an earlier reply.
    """
    if not settings.replies.tell_readers or not reply.is_address_certain or reply.edits is not None:
        return None
    reply = replace(reply, slug=slug)
    translations, title = _translations(settings, reply)
    _ = translations.gettext
    list_name = list_name_for(database, settings, reply)
    actions = [
        (_("To change it, write the new text to:"), ReplyAction.EDIT),
        (_("To withdraw it, send an empty email to:"), ReplyAction.WITHDRAW),
    ]
    choice = answer_notification_choice(database, reply.from_address)
    if settings.replies.tell_answered == "ask" and choice is not True:
        question = _("Shall we tell you when another reader replies to it? Then send an empty email to:")
        actions.append((question, ReplyAction.NOTIFY))
    addresses = [
        (sentence, action_address(database, keyring, settings, list_name, reply, action))
        for sentence, action in actions
    ]
    published = _("Thank you. Your reply to “{title}” is now published as a comment:").format(title=title)
    parts = [
        f"{published}\n{_absolute(issue_url(settings, slug))}".rstrip(),
        *(f"{sentence}\n{address}" for sentence, address in addresses if address is not None),
        writer_page_url(database, keyring, settings, reply) or "",
        quote(reply.text),
    ]
    return _automatic_notice(database, settings, reply, PUBLISHED, "\n\n".join(filter(None, parts)))


def rejected_notice(database: Database, settings: Settings, reply: Reply, reason: str) -> Notice:
    """Return the notice that a reply is not published, with the reason if there is one."""
    translations, title = _translations(settings, reply)
    sentence = translations.gettext("Thank you for your reply to “{title}”. It will not be published.")
    parts = [sentence.format(title=title), *([reason] if reason else []), quote(reply.text)]
    return _automatic_notice(database, settings, reply, REJECTED, "\n\n".join(parts))


def permission_question(database: Database, settings: Settings, reply: Reply) -> Notice:
    """Return the question whether a reply may be published."""
    translations, title = _translations(settings, reply)
    question = translations.gettext(
        "Thank you for your reply to “{title}”. May it be published as a comment, as it stands below? "
        "If so, reply “yes”. If you do not answer, it stays between us."
    )
    return _automatic_notice(
        database, settings, reply, PERMISSION_ASKED, f"{question.format(title=title)}\n\n{quote(reply.text)}"
    )


def _answered_notice(
    database: Database, keyring: Keyring, settings: Settings, reply: Reply, slug: str
) -> Notice | None:
    """Return the notice to a comment's writer of a reply that answers it; None if nobody is to be notified."""
    comment = find_reply_by_id(database, reply.in_reply_to or "")
    if comment is None or reply.edits is not None or not _is_by_somebody_else(comment, reply):
        return None
    if not is_notified_of_answers(database, settings, comment):
        return None
    translations, title = _translations(settings, comment)
    _ = translations.gettext
    heading = _("{name} has replied to your comment on “{title}”:").format(name=reply.author, title=title)
    list_name = list_name_for(database, settings, comment)
    footer = (
        _("To receive no more of these notices, reply “stop” or send an empty email to:"),
        action_address(database, keyring, settings, list_name, comment, ReplyAction.MUTE),
        writer_page_url(database, keyring, settings, comment),
    )
    use = reply_invitation(settings.replies.publish, translations)
    parts = [
        f"{heading}\n{_absolute(comment_url(settings, slug, reply.id))}".rstrip(),
        reply.text,
        f"{comment.author}:\n{quote(comment.text)}",
        f"-- \n{settings.publication.title}\n{use}",
        "\n".join(filter(None, footer)),
    ]
    return writer_notice(
        database, settings, comment, kind=COMMENT_REPLY, about=reply.id, text="\n\n".join(parts) + "\n"
    )


def _is_by_somebody_else(comment: Reply, reply: Reply) -> bool:
    """Whether a comment is published, its writer's address is certain, and somebody else answers it."""
    is_same_person = comment.from_address == reply.from_address or (
        comment.subscriber_id is not None
        and comment.subscriber_id == reply.subscriber_id
        and comment.is_from_subscriber
        and reply.is_from_subscriber
    )
    return comment.state is ReplyState.APPROVED and comment.is_address_certain and not is_same_person


def _automatic_notice(database: Database, settings: Settings, reply: Reply, kind: str, text: str) -> Notice:
    return writer_notice(
        database,
        settings,
        reply,
        kind=kind,
        about=reply.id,
        text=f"{text}\n\n-- \n{settings.publication.title}\n",
        is_automatic=kind != PERMISSION_ASKED,
    )


def _translations(settings: Settings, reply: Reply) -> tuple[Translations, str]:
    """Return the sentences in the language of the issue that a reply answers, and the issue's title."""
    title, language = title_and_language(settings, reply)
    return translations_for(language, own=settings.locales), title


def _absolute(url: str) -> str:
    return url if "://" in url else ""
