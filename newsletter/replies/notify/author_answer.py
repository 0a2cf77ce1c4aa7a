"""The author's answer to a reply: by mail in the reader's own thread, and below the comment in the archive.

Mail and answer are recorded in one transaction, so that a kill leaves either both or neither. The mail is a notice,
which the next command that sends notices sends.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.compose import reply_invitation
from newsletter.database import Database
from newsletter.delivery.notices import Notice, notice_sender, plan_notice
from newsletter.errors import DecisionRequired, UsageError
from newsletter.locales import translations_for
from newsletter.replies.classify.classifier import Verdict
from newsletter.replies.notify.notice import list_name_for, quote, title_and_language, writer_notice
from newsletter.replies.store.comments import publish_answers
from newsletter.replies.store.models import AuthorAnswer, Reply, ReplyState
from newsletter.replies.store.queries import answer_id, find_answer, get_reply, record_answer
from newsletter.settings import Settings

MAX_CHARACTERS = 100_000
"""Characters of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAnswer:
    """An answer that was recorded, and the mail that carries it."""

    answer: AuthorAnswer
    notice: Notice
    """The mail, as it is planned."""
    path: Path | None
    """Its comment file; None while the reply that it answers is not published, or if it is private."""
    is_new: bool
    """Whether this text had not been sent before."""


def answer_reply(
    database: Database, settings: Settings, reply_id: str, text: str, *, is_private: bool = False, now: datetime
) -> PlannedAnswer:
    """Answer a reply: plan the mail to its writer, and publish the answer below their comment if there is one.

    The same text again changes nothing. DecisionRequired when nothing shows that the writer has that address.
    """
    reply, answer = _draft(database, settings, reply_id, text, is_private, now)
    notice = _notice(database, settings, reply, answer)
    with database.write() as connection:
        is_new = record_answer(connection, answer)
        plan_notice(connection, notice, now)
    recorded = find_answer(database, answer.id) or answer
    paths = publish_answers(database, settings, reply, answer_id=recorded.id)
    return PlannedAnswer(answer=recorded, notice=notice, path=paths[0] if paths else None, is_new=is_new)


def draft_answer(
    database: Database, settings: Settings, reply_id: str, text: str, *, is_private: bool = False, now: datetime
) -> Notice:
    """Return the mail that would carry an answer, changing nothing."""
    return _notice(database, settings, *_draft(database, settings, reply_id, text, is_private, now))


def _draft(
    database: Database, settings: Settings, reply_id: str, text: str, is_private: bool, now: datetime
) -> tuple[Reply, AuthorAnswer]:
    reply = get_reply(database, reply_id)
    text = text.replace("\r\n", "\n").strip()
    answer = AuthorAnswer(
        id=answer_id(reply.id, text),
        reply_id=reply.id,
        author=notice_sender(settings, list_name_for(database, settings, reply)).name,
        text=text,
        is_private=is_private or reply.state is ReplyState.PRIVATE,
        written_at=now,
    )
    return reply, answer


def _notice(database: Database, settings: Settings, reply: Reply, answer: AuthorAnswer) -> Notice:
    """Return the mail that carries an answer; UsageError or DecisionRequired if there can be none."""
    if not answer.text:
        raise UsageError(f"the answer to {reply.id} is empty, so nothing was sent")
    if len(answer.text) > MAX_CHARACTERS:
        raise UsageError(f"the answer to {reply.id} has more than {MAX_CHARACTERS:,} characters")
    if reply.verdict is not Verdict.HUMAN:
        raise UsageError(f"reply {reply.id} is an automatic message ({reply.verdict}): nobody would read an answer")
    if reply.state is ReplyState.WITHDRAWN:
        raise UsageError(f"reply {reply.id} was withdrawn by its writer: there is nothing to answer")
    if not reply.is_address_certain:
        raise DecisionRequired(
            f"reply {reply.id}: nothing shows that it comes from {reply.from_address or 'its From address'}, "
            "so an answer might go to somebody else. Answer it from your own mail client"
        )
    _, language = title_and_language(settings, reply)
    text = _mail_text(settings, reply, answer, language)
    return writer_notice(database, settings, reply, kind="answer", about=answer.id, text=text, is_automatic=False)


def _mail_text(settings: Settings, reply: Reply, answer: AuthorAnswer, language: str) -> str:
    """Return the answer, the reader's own text quoted below it, and how a reply to it would be used."""
    publish = "never" if reply.state is ReplyState.PRIVATE or answer.is_private else settings.replies.publish
    use = reply_invitation(publish, translations_for(language, own=settings.locales))
    signature = f"-- \n{settings.publication.title}\n{use}"
    return f"{answer.text}\n\n{reply.author}:\n{quote(reply.text)}\n\n{signature}\n"
