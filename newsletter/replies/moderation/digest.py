"""Digest for moderators: the held replies by mail, each with one signed address for every decision."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from newsletter.database import Database
from newsletter.delivery.notices import Notice, list_notices, plan_notice
from newsletter.replies.addresses.signed_actions import ReplyAction, action_address
from newsletter.replies.notify.notice import list_name_for
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import list_replies
from newsletter.settings import Settings
from newsletter.tokens import Keyring

DIGEST = "digest"
"""The kind of notice that it is."""
MAX_REPLIES = 25
"""Replies in one digest; the rest comes with the next."""
_MAX_TEXT = 3_000
"""Characters of a reply in it."""
_ACTIONS = (
    (ReplyAction.APPROVE, "approve", "publish it"),
    (ReplyAction.REJECT, "reject", "do not publish it"),
    (
        ReplyAction.REJECT_AND_NOTIFY,
        "tell",
        "do not publish it, and send the writer your text as the reason",
    ),
    (ReplyAction.ANSWER, "answer", "the text of your email is your answer"),
)


def plan_digest(
    database: Database, keyring: Keyring, settings: Settings, *, now: datetime, is_due_only: bool = False
) -> tuple[Notice, ...]:
    """Plan a digest to every moderator of the held replies that no earlier one had; none if there are no such.

    With `is_due_only` also none before `[replies] digest_hours` have passed since the last.
    """
    earlier = [notice for notice in list_notices(database) if notice.kind == DIGEST]
    if is_due_only and any(
        notice.created_at and now - notice.created_at < timedelta(hours=settings.replies.digest_hours)
        for notice in earlier
    ):
        return ()
    known = {reply_id for notice in earlier for reply_id in digest_reply_ids(notice)}
    held = list_replies(database, state=ReplyState.HELD)
    new = [reply for reply in held if reply.id not in known][:MAX_REPLIES]
    if not new:
        return ()
    planned = []
    for moderator in settings.replies.moderators:
        notice = _digest(database, keyring, settings, new, len(held) - len(new), str(moderator))
        with database.write() as connection:
            plan_notice(connection, notice, now)
        planned.append(notice)
    return tuple(planned)


def digest_reply_ids(notice: Notice) -> list[str]:
    """Return the ids of the replies in a digest."""
    return notice.about.partition(" ")[0].split(",")


def _digest(
    database: Database, keyring: Keyring, settings: Settings, new: Sequence[Reply], others: int, moderator: str
) -> Notice:
    entries = [_entry(database, keyring, settings, reply) for reply in new]
    waiting = f"{len(new)} new" + (f", {others} more waiting" if others else "")
    first = new[0].id
    head = (
        "An email to one of the addresses below is your decision; it may be empty.\n"
        f'Or answer this email with lines such as "approve {first}" or "reject {first} off topic".\n'
        + ("Anything else that you answer goes to the writer, as your answer.\n" if len(new) == 1 else "")
        + "Only an email that is authenticated as coming from your address counts."
    )
    return Notice(
        kind=DIGEST,
        about=f"{','.join(reply.id for reply in new)} {moderator}",
        recipient=moderator,
        list_name=list_name_for(database, settings, new[0]),
        subject=f"{settings.publication.title}: {waiting} for your decision",
        text="\n\n".join((head, *entries)) + "\n",
        is_automatic=True,
    )


def _entry(database: Database, keyring: Keyring, settings: Settings, reply: Reply) -> str:
    sender = "sender verified" if reply.is_verified else "sender not verified"
    text = reply.text if len(reply.text) <= _MAX_TEXT else f"{reply.text[:_MAX_TEXT].rstrip()} ..."
    lines = [
        f"{'-' * 20} {reply.id}",
        f"{reply.author} ({sender}) on {reply.slug or 'no known issue'}, {reply.received_at:%d %b %H:%M}",
        *([f"Note: {reply.note}"] if reply.note else []),
        "",
        *(f"| {line}".rstrip() for line in text.split("\n")),
        "",
    ]
    list_name = list_name_for(database, settings, reply)
    for action, word, meaning in _ACTIONS:
        address = action_address(database, keyring, settings, list_name, reply, action)
        if address is not None:
            lines.append(f"{word}: mailto:{address}?subject={quote(f'{word} {reply.id}')} ({meaning})")
    return "\n".join(lines)
