"""Hearing of answers: a writer is told when another reader answers their comment, if they want to be.

Nobody is asked for it but in the word that their comment stands; one word, or one address, ends it, for
everything they wrote. A wish is kept beside the decisions on the comment by which it was said.
"""

from datetime import datetime

from newsletter.compose import comment_url
from newsletter.database import Database
from newsletter.delivery import COMMENT_REPLY, Notice, cancel_comment_replies
from newsletter.locales import translations_for
from newsletter.replies.addresses.signed_actions import Act, address_for
from newsletter.replies.addresses.writer_page import writer_page_url
from newsletter.replies.decisions import HEAR, QUIET, Decision, last_of, note_decision
from newsletter.replies.notify.author_answer import how_it_is_used, list_of, may_be_written_to, subject_and_language
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import find_reply_named
from newsletter.settings import Settings
from newsletter.tokens import Keyring


def answer_notification_choice(database: Database, from_address: str) -> bool | None:
    """Return whether whoever writes from an address said that they want to hear of answers; None if nothing."""
    last = last_of(database, from_address, (HEAR, QUIET)) if from_address else None
    return None if last is None else last == HEAR


def is_notified_of_answers(database: Database, settings: Settings, reply: Reply) -> bool:
    """Whether a reply's writer is told of answers to it."""
    rule = settings.replies.tell_answered
    wish = answer_notification_choice(database, reply.from_address)
    return rule != "never" and (rule == "always" if wish is None else wish)


def set_answer_notification(database: Database, reply: Reply, *, wants: bool, door: str, now: datetime) -> None:
    """Keep what a reply's writer wants; who wants no more hears not even of what is due. Again changes nothing."""
    if answer_notification_choice(database, reply.from_address) is wants:
        return
    said = Decision(reply_id=reply.id, state=HEAR if wants else QUIET, by="its writer", why="", door=door, at=now)
    with database.write() as connection:
        note_decision(connection, said)
        if not wants:
            cancel_comment_replies(connection, reply.from_address)


def word_of_answer(database: Database, keyring: Keyring, settings: Settings, reply: Reply, slug: str) -> Notice | None:
    """Return the notice that tells a comment's writer of a reply that answers it; None if nobody is to hear of it.

    Neither learns the other's address: it is from the publication, and an answer to it comes here.
    """
    answered = find_reply_named(database, reply.in_reply_to or "")
    if answered is None or reply.edits is not None or not _is_theirs_to_hear(answered, reply):
        return None
    if not is_notified_of_answers(database, settings, answered):
        return None
    title, language = subject_and_language(settings, answered)
    _ = translations_for(language, own=settings.locales).gettext
    heading = _("{name} has replied to your comment on “{title}”:").format(name=reply.author, title=title)
    list_name = list_of(database, settings, answered)
    url = comment_url(settings, slug, reply.id)
    pieces = [
        f"{heading}\n{url if '://' in url else ''}".rstrip(),
        reply.text,
        f"{answered.author}:\n" + "\n".join(f"> {line}".rstrip() for line in answered.text.split("\n")),
        f"-- \n{settings.publication.title}\n{how_it_is_used(settings, language)}",
        "\n".join(
            filter(
                None,
                (
                    _("To receive no more of these notices, reply “stop” or send an empty email to:"),
                    address_for(database, keyring, settings, list_name, answered, Act.QUIET),
                    writer_page_url(database, keyring, settings, answered),
                ),
            )
        ),
    ]
    return Notice(
        kind=COMMENT_REPLY,
        about=reply.id,
        recipient=answered.from_address,
        recipient_name=answered.author,
        list_name=list_name,
        delivery_id=answered.delivery_id,
        subject=f"Re: {title}",
        text="\n\n".join(pieces) + "\n",
        in_reply_to=answered.message_id,
        references=answered.references,
        is_automatic=True,
    )


def _is_theirs_to_hear(answered: Reply, reply: Reply) -> bool:
    """Whether a comment stands, its writer is known for certain, and somebody else answers it."""
    same_person = answered.from_address == reply.from_address or (
        answered.subscriber_id is not None
        and answered.subscriber_id == reply.subscriber_id
        and answered.is_from_subscriber
        and reply.is_from_subscriber
    )
    return answered.state is ReplyState.APPROVED and may_be_written_to(answered) and not same_person
