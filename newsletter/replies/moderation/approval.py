"""Approval: publishing a reply as a comment, rejecting it, or asking its writer whether it may be published."""

from datetime import datetime
from pathlib import Path

from newsletter.content import read_issue
from newsletter.database import Database
from newsletter.delivery.notices import plan_notice
from newsletter.errors import DecisionRequired, UsageError
from newsletter.replies.notify.comment_notifications import (
    approval_notices,
    permission_question,
    published_notice,
    rejected_notice,
)
from newsletter.replies.store.comments import publish_answers, publish_reply
from newsletter.replies.store.models import Decision, Reply, ReplyState
from newsletter.replies.store.queries import get_reply, has_consent, record_decision
from newsletter.settings import Settings
from newsletter.tokens import Keyring


def approve(
    database: Database,
    settings: Settings,
    reply_id: str,
    *,
    slug: str | None = None,
    by: str = "",
    reason: str = "",
    channel: str = "",
    keyring: Keyring | None = None,
    has_permission: bool = False,
    now: datetime,
) -> Path:
    """Publish a reply as a comment of its issue, or of `slug`, and return the comment's file.

    Doing it twice, or after a kill in between, gives the same one file, and what the author changed in it stays.
    With a `keyring` its writer is notified, as `[replies] tell_readers` says, and the writer of the comment that it
    answers, as `tell_answered` does. DecisionRequired when the reply must not be published, UsageError when it
    cannot be; `has_permission` says that its writer gave permission.
    """
    reply = get_reply(database, reply_id)
    issue = slug or reply.slug
    if issue is None:
        raise UsageError(f"reply {reply.id} answers no known issue. Name one: approve {reply.id} --issue SLUG")
    _check_publishable(database, settings, reply, issue, has_permission=has_permission)
    path = publish_reply(database, settings, reply, issue)
    if reply.state is not ReplyState.APPROVED:
        decision = Decision(reply_id=reply.id, state=ReplyState.APPROVED, by=by, reason=reason, channel=channel, at=now)
        notices = approval_notices(database, keyring, settings, reply, issue) if keyring is not None else []
        reply = record_decision(database, reply, decision, slug=issue, notices=notices)
    elif keyring is not None and (notice := published_notice(database, keyring, settings, reply, issue)):
        with database.write() as connection:
            plan_notice(connection, notice, now)
    publish_answers(database, settings, reply)
    return path


def _check_publishable(
    database: Database, settings: Settings, reply: Reply, slug: str, *, has_permission: bool
) -> None:
    if reply.state is ReplyState.PRIVATE:
        raise DecisionRequired(f"reply {reply.id} is private: its writer asked that it not be published")
    if reply.state is ReplyState.WITHDRAWN:
        raise DecisionRequired(f"reply {reply.id} was withdrawn by its writer")
    if reply.state is ReplyState.COMMAND:
        raise UsageError(f"reply {reply.id} is a command about another reply: there is nothing to publish")
    if reply.state is ReplyState.UNSUBSCRIBED:
        raise UsageError(f"reply {reply.id} only ended a subscription: there is nothing to publish")
    if not reply.text:
        raise UsageError(f"reply {reply.id} has no text of its own. See: newsletter replies show {reply.id} --raw")
    if reply.state is ReplyState.APPROVED and slug != reply.slug:
        raise UsageError(f"reply {reply.id} is already published under {reply.slug}")
    if settings.replies.publish == "never":
        raise DecisionRequired(
            f'reply {reply.id}: newsletter.toml has [replies] publish = "never", so replies are not published'
        )
    if settings.replies.publish == "ask" and not has_permission and not has_consent(database, reply):
        raise DecisionRequired(
            f"reply {reply.id}: its writer has not agreed. Ask them: newsletter replies ask {reply.id}; "
            "or add --with-leave if they have agreed in another way"
        )
    if not read_issue(settings, slug).comments_open:
        raise DecisionRequired(
            f"reply {reply.id}: comments on {slug} are closed. Set 'comments: open' in the issue's file first"
        )


def reject(
    database: Database,
    reply_id: str,
    *,
    by: str = "",
    reason: str = "",
    channel: str = "",
    settings: Settings | None = None,
    is_notified: bool = False,
    now: datetime,
) -> Reply:
    """Decide that a reply is not published; again changes nothing. UsageError if it is published.

    With `settings` and `is_notified` its writer is told so, with the reason; DecisionRequired where their address is
    not certain, and then nothing is decided.
    """
    reply = get_reply(database, reply_id)
    if is_notified and not reply.is_address_certain:
        raise DecisionRequired(
            f"reply {reply.id}: nothing shows that it comes from {reply.from_address or 'its From address'}, "
            "so nobody was notified. Reject it without --tell"
        )
    if reply.state is ReplyState.APPROVED:
        raise UsageError(f"reply {reply.id} is published. Withdraw it: newsletter replies withdraw {reply.id}")
    if reply.state is not ReplyState.REJECTED:
        decision = Decision(reply_id=reply.id, state=ReplyState.REJECTED, by=by, reason=reason, channel=channel, at=now)
        reply = record_decision(database, reply, decision, slug=reply.slug)
    if is_notified and settings is not None:
        with database.write() as connection:
            plan_notice(connection, rejected_notice(database, settings, reply, reason), now)
    return reply


def ask_permission(database: Database, settings: Settings, reply_id: str, *, now: datetime) -> Reply:
    """Ask a reply's writer by mail whether it may be published; once, however often it is called."""
    reply = get_reply(database, reply_id)
    if reply.state is not ReplyState.HELD:
        raise UsageError(f"reply {reply.id} is {reply.state}: there is nothing to ask")
    if not reply.text:
        raise UsageError(f"reply {reply.id} has no text of its own to ask about")
    if not reply.is_address_certain:
        raise DecisionRequired(
            f"reply {reply.id}: nothing shows that it comes from {reply.from_address}, so nobody was asked"
        )
    notice = permission_question(database, settings, reply)
    with database.write() as connection:
        plan_notice(connection, notice, now)
    return reply
