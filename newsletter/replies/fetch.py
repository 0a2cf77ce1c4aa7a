"""Takes mail in: stored, read, matched, recorded, and only then acknowledged.

A kill at any instant loses nothing: what was not acknowledged is read again, and the same
mail is recorded once, by its raw bytes and by its Message-ID, sender and text.
"""

import hashlib
import logging
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.database import Database
from newsletter.errors import NewsletterError
from newsletter.replies.addresses.match import Match, match
from newsletter.replies.authentication import (
    Authenticity,
    AuthResult,
    DnsKeys,
    KeyLookup,
    judge_sender,
    key_names,
    look_up,
)
from newsletter.replies.classify.classifier import Verdict
from newsletter.replies.extract import Extraction
from newsletter.replies.inbound.classify_reply import is_proven_to_us, judge
from newsletter.replies.inbound.context import Desk
from newsletter.replies.inbound.effects import act
from newsletter.replies.letter import letter_of, static
from newsletter.replies.mailboxes import ReceivedMessage, ReplyMailbox
from newsletter.replies.moderation.approval import approve
from newsletter.replies.moderation.auto_approve import history_of, is_trusted, warnings
from newsletter.replies.moderation.moderator_commands import carry_out, is_order
from newsletter.replies.moderation.writer_commands import heed, is_request
from newsletter.replies.parsing.headers import read_mailbox
from newsletter.replies.parsing.message import Mail
from newsletter.replies.retention import drop_old_mail
from newsletter.replies.sandbox import Sandbox, UnreadableMessage
from newsletter.replies.store.display_names import read_chosen_name, save_display_name
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import is_known, read_replies, read_reply, record, record_proof
from newsletter.replies.store.raw_messages import digest_of, keep_raw, raw_message_path
from newsletter.settings import Settings
from newsletter.tokens import Keyring

_MOST_AGAIN = 50
"""Answers whose senders are asked about again in one fetch."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """What one fetch brought."""

    replies: tuple[Reply, ...]
    known: int
    """Mails that were there again and had been recorded before."""
    dropped: int = 0
    """Raw mails deleted here because they were decided long enough ago."""

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
    """Take in every mail that waits in the mailbox; running it again brings only what is new.

    `keys` looks up the keys of signatures; by default DNS is asked. A `sandbox` may serve several fetches.
    """
    replies: list[Reply] = []
    known = 0
    with nullcontext(sandbox) if sandbox else Sandbox() as used:
        desk = Desk(
            database=database, keyring=keyring, settings=settings, now=now, keys=keys or DnsKeys(), sandbox=used
        )
        for received in mailbox.waiting():
            reply = None
            if not is_known(database, raw_hash=digest_of(received.raw)):  # else what was erased would come back
                reply = _take_in(desk, received, keep_raw(settings, received.raw))
            mailbox.acknowledge(received)
            if reply is None:
                known += 1
                continue
            replies.append(reply)
            log.info("reply.recorded", extra={"reply": reply.id, "verdict": reply.verdict, "state": reply.state})
        _prove_again(desk, {reply.id for reply in replies})
    dropped = drop_old_mail(database, settings, now=now)
    return FetchResult(replies=tuple(replies), known=known, dropped=dropped)


def _take_in(desk: Desk, received: ReceivedMessage, digest: str) -> Reply | None:
    """Read, judge, act and record; None if the mail had come before by another way."""
    mail = desk.sandbox.parse(received.raw)
    sameness = _sameness(mail)
    if sameness is not None and is_known(desk.database, sameness=sameness):
        return None
    found = match(desk.database, desk.keyring, desk.settings, mail.headers, received.recipients)
    mail, extraction = _extract(desk, mail, found)
    authenticity = authenticate(desk, received, mail)
    reply = judge(desk, mail, found, extraction, authenticity, received, digest)
    if is_order(found):
        reply = carry_out(desk, mail, found, authenticity, reply, extraction.text)
    elif is_request(found, extraction.text):
        reply = heed(desk, mail, found, authenticity, reply)
    else:
        reply = _weighed(desk, act(desk, mail, found, reply))
        chosen, _ = read_chosen_name(extraction.text)
        if chosen and reply.is_verified and reply.subscriber_id is not None:
            save_display_name(desk.database, reply.subscriber_id, chosen, desk.now)
    was_new = record(desk.database, reply, sameness=sameness, now=desk.now)
    return _published_if_trusted(desk, reply) if was_new else None


def _weighed(desk: Desk, reply: Reply) -> Reply:
    """Add what in an answer is like spam to its note."""
    if reply.state is not ReplyState.HELD:
        return reply
    history = history_of(desk.database, reply, desk.now)
    notes = (reply.note, *warnings(reply, history, desk.settings.replies))
    return replace(reply, note="; ".join(filter(None, notes)))


def _published_if_trusted(desk: Desk, reply: Reply) -> Reply:
    if not desk.settings.replies.trust_after or not reply.is_verified:
        return reply
    history = history_of(desk.database, reply, desk.now)
    if not is_trusted(reply, history, desk.settings.replies):
        return reply
    why = f"{history.published} published before"
    try:
        approve(
            desk.database,
            desk.settings,
            reply.id,
            by="[replies] trust_after",
            why=why,
            door="rule",
            keyring=desk.keyring,
            now=desk.now,
        )
    except (NewsletterError, OSError):  # it waits for its moderator as any other
        return reply
    return read_reply(desk.database, reply.id)


def authenticate(desk: Desk, received: ReceivedMessage, mail: Mail) -> Authenticity:
    """Say whether a mail comes from its From address; whatever fails on the way proves nothing."""
    keys = look_up(desk.keys, key_names(mail.headers))
    return judge_sender(
        mail.headers,
        desk.sandbox.verify(received.raw, mail.headers, keys, desk.now),
        verdicts=received.verdicts,
        authserv_id=desk.settings.replies.authserv_id,
    )


def _prove_again(desk: Desk, new: set[str]) -> None:
    """Ask once more for the keys that could not be looked up when a waiting answer came in."""
    held = read_replies(desk.database, ReplyState.HELD)
    waiting = [reply for reply in held if reply.proof is AuthResult.TEMPERROR and reply.id not in new]
    for reply in waiting[-_MOST_AGAIN:]:
        path = raw_message_path(desk.settings, reply.raw_hash)
        if not path.exists():
            continue
        raw = path.read_bytes()
        mail = desk.sandbox.parse(raw)
        authenticity = authenticate(desk, ReceivedMessage(source="", raw=raw), mail)
        if authenticity.proof is AuthResult.TEMPERROR:
            continue
        is_verified = reply.is_from_subscriber and is_proven_to_us(desk, mail, authenticity)
        record_proof(
            desk.database,
            replace(reply, proof=authenticity.proof, proof_why=authenticity.why[:300], is_verified=is_verified),
        )


def _extract(desk: Desk, mail: Mail, found: Match) -> tuple[Mail, Extraction]:
    """Return what a mail's sender wrote; nothing, and the mail marked as cut, if that could not be told."""
    delivery, notice = found.delivery, found.notice
    try:
        sent = [notice.text] if notice is not None else []
        if delivery is None:
            return mail, desk.sandbox.extract(mail, also=sent)
        also = (letter_of(delivery), *sent)
        words = (static(delivery.edition.text), static(delivery.edition.html))
        return mail, desk.sandbox.extract(mail, words=words, also=also)
    except UnreadableMessage:
        log.warning("reply.unreadable")
        return replace(mail, is_cut=True), Extraction(text="")


def _sameness(mail: Mail) -> str | None:
    """Return what a mail and its second copy by another way have in common, or None without a Message-ID."""
    message_id = mail.headers.get("message-id")
    if not message_id:
        return None
    parts = (message_id, read_mailbox(mail.headers.get("from"))[1], mail.text or mail.html)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
