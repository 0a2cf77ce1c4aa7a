"""The digest: what waits for a moderator's word, by mail, with one signed address for each decision."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from newsletter.database import Database
from newsletter.delivery import Notice, list_notices, plan_notice
from newsletter.replies.addresses.signed_actions import Act, address_for
from newsletter.replies.notify.author_answer import list_of
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import read_replies
from newsletter.settings import Settings
from newsletter.tokens import Keyring

KIND = "digest"
MOST = 25
"""Comments in one digest; the rest comes with the next."""
_SHOWN = 3_000
"""Characters of a comment in it."""
_ACTS = (
    (Act.APPROVE, "approve", "publish it"),
    (Act.REJECT, "reject", "do not"),
    (Act.TELL, "tell", "do not, and tell the writer what you write there"),
    (Act.ANSWER, "answer", "what you write there is your answer"),
)


def plan_digest(
    database: Database, keyring: Keyring, settings: Settings, *, now: datetime, is_due_only: bool = False
) -> tuple[Notice, ...]:
    """Plan a digest of what no earlier one told, to every moderator; nothing where there is nothing new.

    With `is_due_only` also nothing before `[replies] digest_hours` have passed since the last.
    """
    earlier = [notice for notice in list_notices(database) if notice.kind == KIND]
    if is_due_only and any(
        notice.created_at and now - notice.created_at < timedelta(hours=settings.replies.digest_hours)
        for notice in earlier
    ):
        return ()
    told = {name for notice in earlier for name in notice.about.partition(" ")[0].split(",")}
    held = read_replies(database, ReplyState.HELD)
    new = [reply for reply in held if reply.id not in told][:MOST]
    if not new:
        return ()
    planned = []
    for moderator in settings.replies.moderators:
        notice = _digest(database, keyring, settings, new, len(held) - len(new), str(moderator))
        with database.write() as connection:
            plan_notice(connection, notice, now)
        planned.append(notice)
    return tuple(planned)


def _digest(
    database: Database, keyring: Keyring, settings: Settings, new: Sequence[Reply], others: int, moderator: str
) -> Notice:
    pieces = [_entry(database, keyring, settings, reply) for reply in new]
    waiting = f"{len(new)} new" + (f", {others} more waiting" if others else "")
    head = (
        "A mail to one of the addresses below is your decision; it need not say anything.\n"
        'Or answer this mail with lines such as "approve '
        + new[0].id
        + '" or "reject '
        + new[0].id
        + ' off topic".\n'
        + ("Whatever else you answer to it goes to the writer, as your answer.\n" if len(new) == 1 else "")
        + "Only mail that is proven to come from your address counts."
    )
    return Notice(
        kind=KIND,
        about=f"{','.join(reply.id for reply in new)} {moderator}",
        recipient=moderator,
        list_name=list_of(database, settings, new[0]),
        subject=f"{settings.publication.title}: {waiting} for your word",
        text="\n\n".join((head, *pieces)) + "\n",
        is_automatic=True,
    )


def _entry(database: Database, keyring: Keyring, settings: Settings, reply: Reply) -> str:
    proven = "proven" if reply.is_verified else "sender not proven"
    text = reply.text if len(reply.text) <= _SHOWN else f"{reply.text[:_SHOWN].rstrip()} ..."
    lines = [
        f"{'-' * 20} {reply.id}",
        f"{reply.author} ({proven}) on {reply.slug or 'no issue of ours'}, {reply.received_at:%d %b %H:%M}",
        *([f"Note: {reply.note}"] if reply.note else []),
        "",
        *(f"| {line}".rstrip() for line in text.split("\n")),
        "",
    ]
    for act, word, meaning in _ACTS:
        address = address_for(database, keyring, settings, list_of(database, settings, reply), reply, act)
        if address is not None:
            lines.append(f"{word}: mailto:{address}?subject={quote(f'{word} {reply.id}')} ({meaning})")
    return "\n".join(lines)
