"""What a writer is told: that an answer was published, that it was not, or the question whether it may be."""

from datetime import datetime

from newsletter.compose import issue_url
from newsletter.database import Database
from newsletter.delivery import Notice, plan_notice
from newsletter.locales import Translations, translations_for
from newsletter.replies.addresses.signed_actions import Act, address_for
from newsletter.replies.addresses.writer_page import writer_page_url
from newsletter.replies.notify.author_answer import list_of, may_be_written_to, subject_and_language
from newsletter.replies.notify.hearing import answer_notification_choice
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
    translations, title = _translations(settings, reply)
    _ = translations.gettext
    list_name = list_of(database, settings, reply)
    ways = [
        (sentence, address_for(database, keyring, settings, list_name, reply, act))
        for sentence, act in (
            (_("To change it, write the new text to:"), Act.EDIT),
            (_("To withdraw it, send an empty email to:"), Act.WITHDRAW),
            *_offered(database, settings, reply, translations),
        )
    ]
    url = issue_url(settings, reply.slug)
    published = _("Thank you. Your reply to “{title}” is now published as a comment:").format(title=title)
    pieces = [
        f"{published}\n{url if '://' in url else ''}".rstrip(),
        *(f"{sentence}\n{address}" for sentence, address in ways if address is not None),
        writer_page_url(database, keyring, settings, reply) or "",
        _quoted(reply),
    ]
    _plan(database, settings, reply, PUBLISHED, "\n\n".join(filter(None, pieces)), now)
    return True


def _offered(database: Database, settings: Settings, reply: Reply, translations: Translations) -> list[tuple[str, Act]]:
    """Return the question whether they want to hear of answers, where it is asked and they do not yet."""
    is_asked = (
        settings.replies.tell_answered == "ask" and answer_notification_choice(database, reply.from_address) is not True
    )
    question = translations.gettext("Shall we tell you when another reader replies to it? Then send an empty email to:")
    return [(question, Act.HEAR)] if is_asked else []


def tell_refused(database: Database, settings: Settings, reply: Reply, why: str, now: datetime) -> bool:
    """Plan the word that an answer is not published; False where its writer is not known for certain."""
    if not may_be_written_to(reply):
        return False
    translations, title = _translations(settings, reply)
    refusal = translations.gettext("Thank you for your reply to “{title}”. It will not be published.")
    pieces = [refusal.format(title=title), *([why] if why else []), _quoted(reply)]
    _plan(database, settings, reply, REFUSED, "\n\n".join(pieces), now)
    return True


def ask_leave(database: Database, settings: Settings, reply: Reply, now: datetime) -> bool:
    """Plan the question whether an answer may be published; False where its writer is not known for certain."""
    if not may_be_written_to(reply):
        return False
    translations, title = _translations(settings, reply)
    question = translations.gettext(
        "Thank you for your reply to “{title}”. May it be published as a comment, as it stands below? "
        "If so, reply “yes”. If you do not answer, it stays between us."
    )
    _plan(database, settings, reply, ASKED, f"{question.format(title=title)}\n\n{_quoted(reply)}", now)
    return True


def _translations(settings: Settings, reply: Reply) -> tuple[Translations, str]:
    """Return the language of the issue that a reply answers, and the issue's title."""
    title, language = subject_and_language(settings, reply)
    return translations_for(language, own=settings.locales), title


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
