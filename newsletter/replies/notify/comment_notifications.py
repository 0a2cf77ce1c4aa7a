"""What a writer is told: that an answer was published, that it was not, or the question whether it may be."""

from datetime import datetime

from newsletter.compose import issue_url
from newsletter.database import Database
from newsletter.delivery import Notice, plan_notice
from newsletter.replies.addresses.signed_actions import Act, address_for
from newsletter.replies.addresses.writer_page import writer_page_url
from newsletter.replies.notify.author_answer import list_of, may_be_written_to, subject_and_language
from newsletter.replies.notify.hearing import answer_notification_choice
from newsletter.replies.phrases import WriterPhrases, writer_phrases
from newsletter.replies.store.models import Reply
from newsletter.settings import Settings
from newsletter.tokens import Keyring

PUBLISHED = "published"
REFUSED = "refusal"
ASKED = "question"


def tell_published(database: Database, keyring: Keyring, settings: Settings, reply: Reply, now: datetime) -> bool:
    """Plan the word that an answer stands, with the addresses to change it and to take it back."""
    if not settings.replies.tell_readers or not may_be_written_to(reply) or reply.slug is None:
        return False
    words, title = _words(settings, reply)
    list_name = list_of(database, settings, reply)
    ways = [
        (sentence, address_for(database, keyring, settings, list_name, reply, act))
        for sentence, act in (
            (words.change, Act.EDIT),
            (words.withdraw, Act.WITHDRAW),
            *_offered(database, settings, reply, words),
        )
    ]
    url = issue_url(settings, reply.slug)
    pieces = [
        f"{words.published.format(title=title)}\n{url if '://' in url else ''}".rstrip(),
        *(f"{sentence}\n{address}" for sentence, address in ways if address is not None),
        writer_page_url(database, keyring, settings, reply) or "",
        _quoted(reply),
    ]
    _plan(database, settings, reply, PUBLISHED, "\n\n".join(filter(None, pieces)), now)
    return True


def _offered(database: Database, settings: Settings, reply: Reply, words: WriterPhrases) -> list[tuple[str, Act]]:
    """Return the question whether they want to hear of answers, where it is asked and they do not yet."""
    is_asked = (
        settings.replies.tell_answered == "ask" and answer_notification_choice(database, reply.from_address) is not True
    )
    return [(words.hear, Act.HEAR)] if is_asked else []


def tell_refused(database: Database, settings: Settings, reply: Reply, why: str, now: datetime) -> bool:
    """Plan the word that an answer is not published; False where its writer is not known for certain."""
    if not may_be_written_to(reply):
        return False
    words, title = _words(settings, reply)
    pieces = [words.refused.format(title=title), *([why] if why else []), _quoted(reply)]
    _plan(database, settings, reply, REFUSED, "\n\n".join(pieces), now)
    return True


def ask_leave(database: Database, settings: Settings, reply: Reply, now: datetime) -> bool:
    """Plan the question whether an answer may be published; False where its writer is not known for certain."""
    if not may_be_written_to(reply):
        return False
    words, title = _words(settings, reply)
    _plan(database, settings, reply, ASKED, f"{words.ask.format(title=title)}\n\n{_quoted(reply)}", now)
    return True


def _words(settings: Settings, reply: Reply) -> tuple[WriterPhrases, str]:
    title, language = subject_and_language(settings, reply)
    return writer_phrases(language), title


def _quoted(reply: Reply) -> str:
    return "\n".join(f"> {line}".rstrip() for line in reply.text.split("\n"))


def _plan(database: Database, settings: Settings, reply: Reply, kind: str, text: str, now: datetime) -> None:
    title, _ = subject_and_language(settings, reply)
    notice = Notice(
        kind=kind,
        about=reply.id,
        recipient=reply.from_address,
        recipient_name=reply.author,
        list_name=list_of(database, settings, reply),
        delivery_id=reply.delivery_id,
        subject=f"Re: {title}",
        text=f"{text}\n\n-- \n{settings.publication.title}\n",
        in_reply_to=reply.message_id,
        references=reply.references,
        is_automatic=kind != ASKED,
    )
    with database.write() as connection:
        plan_notice(connection, notice, now)
