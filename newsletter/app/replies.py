"""Replies: fetch them from a mailbox, read them, moderate them, answer them, and export the published comments.

Decisions are made by somebody, in some place: a `Decider` says who and where, for the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter import replies
from newsletter.errors import NewsletterError, SettingsError, UsageError
from newsletter.finding import did_you_mean

if TYPE_CHECKING:
    from newsletter.app.notices import NoticeReport
    from newsletter.app.publication import Publication
    from newsletter.app.remarks import Remark
    from newsletter.delivery.notices import Notice

_AUTOMATIC = frozenset({replies.ReplyState.IGNORED, replies.ReplyState.COMMAND})
"""States of mail that no person wrote, or that was a command to us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Who decides about a reply, and where: "terminal" or the like."""

    name: str
    place: str
    commits: bool = False
    """Whether the comment's file is committed to Git."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReport:
    """What a fetch brought, and what became of the notices that it made due."""

    fetched: replies.FetchResult
    notices: NoticeReport
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyList:
    """Replies, oldest first."""

    shown: tuple[replies.Reply, ...]
    """Those that people wrote, unless a state was asked for."""
    all: tuple[replies.Reply, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeratedReply:
    """A reply that was decided about."""

    reply_id: str
    file: Path | None = None
    """The comment's file, or its tombstone; None where there is none."""
    commit: str = ""
    """The Git commit of the file; "" without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftAnswer:
    """An answer as it would be sent: the headers of the message, and its text."""

    headers: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAnswer:
    """An answer to a reply, and what became of its notice."""

    answered: replies.PlannedAnswer
    notices: NoticeReport


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionResult:
    """What the sender of a mail wrote, or why the file could not be read."""

    file: Path
    reading: replies.ExtractedFile | None = None
    error: str = ""


def fetch_replies(publication: Publication, maildir: Path | None = None) -> FetchReport:
    """Fetch replies from a Maildir, else from the mailbox of newsletter.toml, and send the notices that are due.

    Each message is stored before it is marked as seen, and recorded once. Nothing is published. Moderators get their
    digest if it is due. If the mailbox fails for good or for hours, the author is mailed.
    """
    from newsletter.app.notices import alerting_on_failure, send_due_notices

    database, keyring, settings = publication.database, publication.keyring, publication.settings
    setting = f"maildir:{maildir.absolute()}" if maildir else settings.replies.mailbox
    ours = replies.OurMessageFilter(database=database, keyring=keyring, settings=settings)
    with alerting_on_failure(publication, "replies") as remarks:
        mailbox = replies.open_mailbox(
            setting,
            settings.root,
            password=settings.imap_password,
            message_filter=ours,
            region=settings.delivery.ses.region,
        )
        fetched = replies.fetch_replies(database, keyring, settings, mailbox, now=publication.now())
    if settings.replies.moderators:
        replies.plan_digest(database, keyring, settings, now=publication.now(), is_due_only=True)
    return FetchReport(fetched=fetched, notices=send_due_notices(publication), remarks=tuple(remarks))


def list_replies(publication: Publication, state: str | None = None, issue: str | None = None) -> ReplyList:
    """Return replies, oldest first; without a state, automatic mail is in `all` only. UsageError otherwise."""
    wanted = None if state is None else parse_state(state)
    matching = tuple(replies.list_replies(publication.database, state=wanted, slug=issue))
    shown = tuple(reply for reply in matching if wanted or reply.state not in _AUTOMATIC)
    return ReplyList(shown=shown, all=matching)


def parse_state(name: str) -> replies.ReplyState:
    """Return the state of that name; UsageError suggests one."""
    states = [str(state) for state in replies.ReplyState]
    if name not in states:
        raise UsageError(f"unknown state '{name}'. {did_you_mean(name, states) or 'Known: ' + ', '.join(states)}")
    return replies.ReplyState(name)


def held_replies(publication: Publication, issue: str | None = None) -> tuple[replies.Reply, ...]:
    """Return the replies that wait for a decision."""
    return tuple(replies.list_replies(publication.database, state=replies.ReplyState.HELD, slug=issue))


def show_reply(publication: Publication, reply_id: str, sandbox: replies.Sandbox | None = None) -> replies.ReplyDetail:
    """Return one reply with what was cut from it, by its id or how that begins."""
    return replies.show_reply(publication.database, publication.settings, reply_id, sandbox=sandbox)


def read_raw_mail(shown: replies.ReplyDetail) -> str:
    """Return a reply's mail as it came; NewsletterError when our copy was deleted."""
    if not shown.raw_message_path.exists():
        raise NewsletterError(f"{shown.raw_message_path}: the raw email no longer exists")
    return shown.raw_message_path.read_bytes().decode("utf-8", "replace")


def reread_replies(
    publication: Publication, reply_ids: Sequence[str] = (), *, is_dry_run: bool = False
) -> Sequence[replies.RereadResult]:
    """Extract stored mail again; without ids, the replies that wait and were read by an older version."""
    return replies.reread_replies(publication.database, publication.settings, reply_ids, is_dry_run=is_dry_run)


def approve_reply(
    publication: Publication,
    reply_id: str,
    decider: Decider,
    *,
    issue: str | None = None,
    why: str = "",
    has_permission: bool = False,
) -> ModeratedReply:
    """Publish a reply as a comment, in a file below its issue; approving again changes nothing.

    `issue` is where it belongs if none was found. `has_permission`: its writer agreed, where publish is "ask".
    """
    file = replies.approve(
        publication.database,
        publication.settings,
        reply_id,
        slug=issue,
        by=decider.name,
        reason=why,
        channel=decider.place,
        keyring=publication.keyring,
        has_permission=has_permission,
        now=publication.now(),
    )
    return ModeratedReply(reply_id=reply_id, file=file, commit=_commit(publication, file, decider))


def reject_reply(
    publication: Publication, reply_id: str, decider: Decider, *, why: str = "", tells_writer: bool = False
) -> ModeratedReply:
    """Decide that a reply is not published; its mail is kept. With `tells_writer`, a notice to them is planned."""
    reply = replies.reject(
        publication.database,
        reply_id,
        by=decider.name,
        reason=why,
        channel=decider.place,
        settings=publication.settings,
        is_notified=tells_writer,
        now=publication.now(),
    )
    return ModeratedReply(reply_id=reply.id)


def ask_writer(publication: Publication, reply_id: str) -> replies.Reply:
    """Plan a notice that asks a reply's writer whether it may be published; each is asked once."""
    return replies.ask_permission(publication.database, publication.settings, reply_id, now=publication.now())


def withdraw_reply(
    publication: Publication, reply_id: str, decider: Decider, *, why: str = "", erases: bool = False
) -> ModeratedReply:
    """Withdraw a published comment for good: a tombstone keeps its place. With `erases`, the raw mail goes too."""
    tombstone = replies.withdraw_reply(
        publication.database,
        publication.settings,
        reply_id,
        by=decider.name,
        reason=why,
        channel=decider.place,
        is_erased=erases,
        now=publication.now(),
    )
    return ModeratedReply(reply_id=reply_id, file=tombstone, commit=_commit(publication, tombstone, decider))


def ids_from_address(publication: Publication, address: str) -> list[str]:
    """Return the ids of all replies that came from an address."""
    return [reply.id for reply in replies.replies_from_address(publication.database, address)]


def plan_moderator_digest(publication: Publication) -> tuple[Notice, ...]:
    """Plan the digest of what waits and no earlier digest had, one notice a moderator; SettingsError without any."""
    check_moderators(publication)
    return tuple(
        replies.plan_digest(publication.database, publication.keyring, publication.settings, now=publication.now())
    )


def check_moderators(publication: Publication) -> None:
    """Raise SettingsError when newsletter.toml names no moderators."""
    if not publication.settings.replies.moderators:
        raise SettingsError('newsletter.toml: there are no moderators. Set [replies] moderators = ["you@example.com"]')


def draft_answer(publication: Publication, reply_id: str, text: str, *, is_private: bool = False) -> DraftAnswer:
    """Return an answer as it would be sent; nothing is changed or sent."""
    from newsletter.delivery.notices import build_notice_message

    now = publication.now()
    notice = replies.draft_answer(
        publication.database, publication.settings, reply_id, text, is_private=is_private, now=now
    )
    rendered = build_notice_message(notice, publication.settings, publication.keyring, now)
    headers = rendered.message.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n", "\n")
    return DraftAnswer(headers=headers, text=notice.text)


def answer_reply(publication: Publication, reply_id: str, text: str, *, is_private: bool = False) -> SentAnswer:
    """Answer a reader by mail, and below their comment in the archive unless private; the same text is sent once."""
    from newsletter.app.notices import send_due_notices

    answered = plan_answer(publication, reply_id, text, is_private=is_private)
    return SentAnswer(answered=answered, notices=send_due_notices(publication))


def plan_answer(
    publication: Publication, reply_id: str, text: str, *, is_private: bool = False
) -> replies.PlannedAnswer:
    """Record an answer; its notice is sent with the next that are due."""
    return replies.answer_reply(
        publication.database, publication.settings, reply_id, text, is_private=is_private, now=publication.now()
    )


def export_comments(publication: Publication, file: Path, issue: str | None = None) -> int:
    """Write the published comments to an mbox file, threaded; return how many. It is made from their files."""
    from newsletter.atomic_file import write_atomically
    from newsletter.content import read_comments, read_issue, read_issues

    if not file.absolute().parent.is_dir():
        raise UsageError(f"{file}: there is no such folder")
    settings = publication.settings
    issues = [read_issue(settings, issue)] if issue is not None else list(read_issues(settings).issues)
    comments = [
        (one.slug.text, one.title, comment)
        for one in issues
        for comment in read_comments(settings, one.slug.text).comments
    ]
    write_atomically(file.absolute(), replies.build_mbox(comments))
    return sum(not comment.is_withdrawn for _, _, comment in comments)


def extract_files(files: Sequence[Path]) -> Iterator[ExtractionResult]:
    """Extract what the sender of each email wrote, without quotations and signature; needs no publication.

    Mail is parsed in a process of its own, which is ended when it takes too much time or memory.
    """
    with replies.Sandbox(is_forked=True) as reader:
        for file in files:
            try:
                reading = replies.extract_file(file, reader)
            except (OSError, replies.UnreadableMessage) as error:
                yield ExtractionResult(file=file, error=f"{file}: {getattr(error, 'strerror', None) or error}")
            else:
                yield ExtractionResult(file=file, reading=reading)


def _commit(publication: Publication, file: Path | None, decider: Decider) -> str:
    if file is None or not decider.commits:
        return ""
    from newsletter.content import commit_files

    return commit_files(publication.settings.root, [file], f"comments: {file.parent.parent.name}, {file.stem}")
