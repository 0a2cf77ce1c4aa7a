"""The author answers a reader: by mail in the reader's own thread, and under the comment in the archive.

Both are recorded in one step, so that a kill leaves either both or nothing; the mail is a notice, posted by
whoever posts next.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.compose import reply_invitation
from newsletter.content import Comment, comment_path, read_comments, read_issue, write_comment
from newsletter.database import Database
from newsletter.delivery import Notice, find_delivery, notice_sender, plan_notice
from newsletter.errors import DecisionRequired, NewsletterError, UsageError
from newsletter.locales import translations_for
from newsletter.replies.answers import Answer, answer_id, find_answer, read_answers, record_answer
from newsletter.replies.authentication import AuthResult
from newsletter.replies.classify.classifier import Verdict
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import read_reply
from newsletter.replies.store.thread import find_said
from newsletter.settings import Settings

LONGEST = 100_000
"""Characters of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAnswer:
    """What came of an answer."""

    answer: Answer
    notice: Notice
    """The mail, as it is planned."""
    path: Path | None
    """Its comment; None while the one it answers is not published, or if it is private."""
    is_new: bool
    """Whether these words had not been sent before."""


def answer_reply(
    database: Database, settings: Settings, reply_id: str, text: str, *, is_private: bool = False, now: datetime
) -> PlannedAnswer:
    """Answer a reply: plan the mail to its writer, and let the words stand below theirs if those are published.

    The same words again change nothing. DecisionRequired when the writer's address is not known for certain.
    """
    reply, found = _written(database, settings, reply_id, text, is_private, now)
    notice = _drafted(database, settings, reply, found)
    with database.write() as connection:
        is_new = record_answer(connection, found)
        plan_notice(connection, notice, now)
    kept = find_answer(database, found.id) or found
    paths = publish_answers(database, settings, reply, only=kept.id)
    return PlannedAnswer(answer=kept, notice=notice, path=paths[0] if paths else None, is_new=is_new)


def draft_answer(
    database: Database, settings: Settings, reply_id: str, text: str, *, is_private: bool = False, now: datetime
) -> Notice:
    """Return the mail that would carry an answer, changing nothing."""
    return _drafted(database, settings, *_written(database, settings, reply_id, text, is_private, now))


def _written(
    database: Database, settings: Settings, reply_id: str, text: str, is_private: bool, now: datetime
) -> tuple[Reply, Answer]:
    reply = read_reply(database, reply_id)
    text = text.replace("\r\n", "\n").strip()
    found = Answer(
        id=answer_id(reply.id, text),
        reply_id=reply.id,
        author=notice_sender(settings, list_of(database, settings, reply)).name,
        text=text,
        is_private=is_private or reply.state is ReplyState.PRIVATE,
        written_at=now,
    )
    return reply, found


def _drafted(database: Database, settings: Settings, reply: Reply, found: Answer) -> Notice:
    """Return the mail that carries an answer; UsageError or DecisionRequired if there can be none."""
    if not found.text:
        raise UsageError(f"the answer to {reply.id} is empty, so nothing was sent")
    if len(found.text) > LONGEST:
        raise UsageError(f"the answer to {reply.id} has more than {LONGEST:,} characters")
    if reply.verdict is not Verdict.HUMAN:
        raise UsageError(f"reply {reply.id} is a machine's ({reply.verdict}): nobody would read an answer")
    if reply.state is ReplyState.WITHDRAWN:
        raise UsageError(f"reply {reply.id} was withdrawn by its writer: there is nothing to answer")
    if not may_be_written_to(reply):
        raise DecisionRequired(
            f"reply {reply.id}: nothing shows that it comes from {reply.from_address or 'its From address'}, "
            "so an answer might go to somebody else. Answer it by your own mail program"
        )
    subject, language = subject_and_language(settings, reply)
    return Notice(
        kind="answer",
        about=found.id,
        recipient=reply.from_address,
        recipient_name=reply.author,
        list_name=list_of(database, settings, reply),
        delivery_id=reply.delivery_id,
        subject=f"Re: {subject}",
        text=_letter(settings, reply, found, language),
        in_reply_to=reply.message_id,
        references=reply.references,
        is_automatic=False,
    )


def may_be_written_to(reply: Reply) -> bool:
    """Whether its From address is the one that we wrote to, or is proven."""
    return bool(reply.from_address) and (reply.is_from_subscriber or reply.proof is AuthResult.PASS)


def publish_answers(
    database: Database, settings: Settings, reply: Reply, *, only: str | None = None
) -> tuple[Path, ...]:
    """Let the author's answers stand below a comment that is published; again changes nothing."""
    if reply.slug is None or reply.state is not ReplyState.APPROVED:
        return ()
    slug = reply.slug
    return tuple(
        comment_path(settings, slug, found.id)  # which the author may have changed since
        or write_comment(
            settings,
            slug,
            Comment(
                id=found.id,
                author=found.author,
                date=found.written_at,
                text=found.text,
                in_reply_to=reply.edits or reply.id,
                is_by_author=True,
            ),
        )
        for found in read_answers(database, reply.id)
        if not found.is_private and only in {None, found.id}
    )


def published_parent(database: Database, settings: Settings, reply: Reply, slug: str) -> str | None:
    """Return the nearest comment above a reply that stands under that issue, or None."""
    standing = {comment.id for comment in read_comments(settings, slug).comments}
    parent, seen = reply.in_reply_to, set[str]()
    while parent is not None and parent not in standing and parent not in seen:
        seen.add(parent)
        found = find_said(database, parent)
        parent = found.above if found is not None else None
    return parent if parent in standing else None


def list_of(database: Database, settings: Settings, reply: Reply) -> str:
    """Return the list whose sender speaks to the writer of a reply."""
    delivery = None if reply.delivery_id is None else find_delivery(database, reply.delivery_id)
    if delivery is not None and delivery.list_name in settings.lists:
        return delivery.list_name
    default = settings.publication.default_list
    name = default if default in settings.lists else next(iter(settings.lists), None)
    if name is None:
        raise UsageError("newsletter.toml has no list, so there is nobody to write as. Add [lists.NAME]")
    return name


def subject_and_language(settings: Settings, reply: Reply) -> tuple[str, str]:
    """Return the title and the language of the issue that a reply answers, else those of the publication."""
    try:
        if reply.slug is not None:
            issue = read_issue(settings, reply.slug)
            return issue.title, issue.language
    except NewsletterError:
        pass  # its file is gone: the title of the publication will do
    return settings.publication.title, settings.publication.language


def _letter(settings: Settings, reply: Reply, found: Answer, language: str) -> str:
    """Return the answer, the reader's own words quoted below it, and how an answer to it would be used."""
    quoted = "\n".join(f"> {line}".rstrip() for line in reply.text.split("\n"))
    is_private = reply.state is ReplyState.PRIVATE or found.is_private
    publish = "never" if is_private else settings.replies.publish
    use = reply_invitation(publish, translations_for(language, own=settings.locales))
    return f"{found.text}\n\n{reply.author}:\n{quoted}\n\n-- \n{settings.publication.title}\n{use}\n"


def how_it_is_used(settings: Settings, language: str) -> str:
    """Return what is said of a reply's use, as the emails say it."""
    return reply_invitation(settings.replies.publish, translations_for(language, own=settings.locales))
