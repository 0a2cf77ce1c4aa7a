"""Fetching replies: each message of a mailbox is stored, parsed, matched, recorded, and only then acknowledged.

A kill at any instant loses nothing: what was not acknowledged is read again, and the same message is recorded once,
by its octets and by its Message-ID, sender and text.
"""

import hashlib
import logging
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.database import Database
from newsletter.errors import NewsletterError
from newsletter.replies.addresses.match import Match, match_message
from newsletter.replies.authentication import AuthResult, DnsKeys, KeyLookup
from newsletter.replies.classify.classifier import Verdict
from newsletter.replies.extract import Extraction
from newsletter.replies.inbound.classify_reply import Inbound, classify_reply
from newsletter.replies.inbound.context import InboundContext
from newsletter.replies.inbound.effects import apply_effects
from newsletter.replies.mailboxes import ReceivedMessage, ReplyMailbox
from newsletter.replies.moderation.approval import approve
from newsletter.replies.moderation.auto_approve import may_be_auto_approved, spam_warnings
from newsletter.replies.moderation.moderator_commands import execute_moderator_command, is_moderator_command
from newsletter.replies.moderation.writer_commands import execute_writer_command, is_writer_command
from newsletter.replies.parsing.headers import read_mailbox
from newsletter.replies.parsing.message import ParsedMessage
from newsletter.replies.sandbox import Sandbox, UnreadableMessage
from newsletter.replies.store.display_names import read_chosen_name, save_display_name
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import (
    get_reply,
    is_recorded,
    list_replies,
    record_reply,
    update_authentication,
    writer_history,
)
from newsletter.replies.store.raw_messages import (
    delete_expired_raw_messages,
    raw_message_hash,
    raw_message_path,
    store_raw_message,
)
from newsletter.replies.store.thread import sent_text
from newsletter.settings import Settings
from newsletter.tokens import Keyring

_MAX_REAUTHENTICATED = 50
"""Replies whose senders are authenticated again in one fetch."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """What one fetch brought."""

    replies: tuple[Reply, ...]
    known: int
    """Messages that had been recorded before."""
    dropped: int = 0
    """Raw messages deleted here because their replies were decided long enough ago."""

    @property
    def verdicts(self) -> Counter[Verdict]:
        """How many of each verdict."""
        return Counter(reply.verdict for reply in self.replies)

    @property
    def states(self) -> Counter[ReplyState]:
        """How many in each state."""
        return Counter(reply.state for reply in self.replies)


def fetch_replies(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    mailbox: ReplyMailbox,
    *,
    now: datetime,
    keys: KeyLookup | None = None,
    sandbox: Sandbox | None = None,
) -> FetchResult:
    """Take in every message that waits in the mailbox; running it again brings only what is new.

    `keys` looks up DKIM keys, by default in DNS. One `sandbox` may serve several fetches.
    """
    replies: list[Reply] = []
    known = 0
    with nullcontext(sandbox) if sandbox else Sandbox() as used:
        context = InboundContext(
            database=database, keyring=keyring, settings=settings, now=now, keys=keys or DnsKeys(), sandbox=used
        )
        for received in mailbox.waiting():
            reply = None
            if not is_recorded(database, raw_hash=raw_message_hash(received.raw)):  # else what was erased would return
                reply = _take_in(context, received, store_raw_message(settings, received.raw))
            mailbox.acknowledge(received)
            if reply is None:
                known += 1
                continue
            replies.append(reply)
            log.info("reply.recorded", extra={"reply": reply.id, "verdict": reply.verdict, "state": reply.state})
        _authenticate_again(context, {reply.id for reply in replies})
    deleted = delete_expired_raw_messages(database, settings, now=now)
    return FetchResult(replies=tuple(replies), known=known, dropped=deleted)


def _take_in(context: InboundContext, received: ReceivedMessage, raw_hash: str) -> Reply | None:
    """Parse a message, apply what it asks and record it; None if it had been delivered before by another way."""
    message = context.sandbox.parse(received.raw)
    duplicate_key = _duplicate_key(message)
    if duplicate_key is not None and is_recorded(context.database, duplicate_key=duplicate_key):
        return None
    match = match_message(context.database, context.keyring, context.settings, message.headers, received.recipients)
    message, extraction = _extract(context, message, match)
    inbound = Inbound(
        received=received,
        raw_hash=raw_hash,
        message=message,
        match=match,
        extraction=extraction,
        authentication=context.authenticate(received, message),
    )
    reply = classify_reply(context, inbound)
    if is_moderator_command(match):
        reply = execute_moderator_command(context, inbound, reply)
    elif is_writer_command(match, extraction.text):
        reply = execute_writer_command(context, inbound, reply)
    else:
        reply = _with_spam_warnings(context, apply_effects(context, message, match, reply))
        chosen_name, _ = read_chosen_name(extraction.text)
        if chosen_name and reply.is_verified and reply.subscriber_id is not None:
            save_display_name(context.database, reply.subscriber_id, chosen_name, context.now)
    is_new = record_reply(context.database, reply, duplicate_key=duplicate_key, now=context.now)
    return _auto_approved(context, reply) if is_new else None


def _with_spam_warnings(context: InboundContext, reply: Reply) -> Reply:
    if reply.state is not ReplyState.HELD:
        return reply
    history = writer_history(context.database, reply, context.now)
    notes = (reply.note, *spam_warnings(reply, history, context.settings.replies))
    return replace(reply, note="; ".join(filter(None, notes)))


def _auto_approved(context: InboundContext, reply: Reply) -> Reply:
    """Publish a reply whose writer needs no moderator, and return it as it is then."""
    rules = context.settings.replies
    if not rules.trust_after or not reply.is_verified:
        return reply
    history = writer_history(context.database, reply, context.now)
    if not may_be_auto_approved(reply, history, rules):
        return reply
    try:
        approve(
            context.database,
            context.settings,
            reply.id,
            by="[replies] trust_after",
            reason=f"{history.published} published before",
            channel="rule",
            keyring=context.keyring,
            now=context.now,
        )
    except (NewsletterError, OSError):  # it is held for moderation like any other
        return reply
    return get_reply(context.database, reply.id)


def _authenticate_again(context: InboundContext, new: set[str]) -> None:
    """Authenticate the held replies again whose keys could not be looked up when they came in."""
    held = list_replies(context.database, state=ReplyState.HELD)
    waiting = [reply for reply in held if reply.auth_result is AuthResult.TEMPERROR and reply.id not in new]
    for reply in waiting[-_MAX_REAUTHENTICATED:]:
        path = raw_message_path(context.settings, reply.raw_hash)
        if not path.exists():
            continue
        raw = path.read_bytes()
        message = context.sandbox.parse(raw)
        authentication = context.authenticate(ReceivedMessage(source="", raw=raw), message)
        if authentication.result is AuthResult.TEMPERROR:
            continue
        is_verified = reply.is_from_subscriber and context.is_authenticated_to_us(message, authentication)
        update_authentication(
            context.database,
            replace(
                reply,
                auth_result=authentication.result,
                auth_reason=authentication.reason[:300],
                is_verified=is_verified,
            ),
        )


def _extract(context: InboundContext, message: ParsedMessage, match: Match) -> tuple[ParsedMessage, Extraction]:
    """Return what a message's sender wrote; nothing, and the message marked as cut, if that cannot be extracted."""
    notice = [match.notice.text] if match.notice is not None else []
    try:
        return message, context.sandbox.extract(message, sent_text(match.delivery, notice))
    except UnreadableMessage:
        log.warning("reply.unreadable")
        return replace(message, is_cut=True), Extraction(text="")


def _duplicate_key(message: ParsedMessage) -> str | None:
    """Return what two deliveries of one message have in common, or None without a Message-ID."""
    message_id = message.headers.get("message-id")
    if not message_id:
        return None
    parts = (message_id, read_mailbox(message.headers.get("from"))[1], message.text or message.html)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
