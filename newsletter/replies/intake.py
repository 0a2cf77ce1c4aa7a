"""Takes mail in: stored, read, matched, recorded, and only then acknowledged.

A kill at any instant loses nothing: what was not acknowledged is read again, and the same
mail is recorded once, by its raw bytes and by its Message-ID, sender and text.
"""

import base64
import hashlib
import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from newsletter.address import Address
from newsletter.audience import SuppressionReason, end_subscription, suppress
from newsletter.database import Database
from newsletter.delivery import SentDelivery, read_token_address
from newsletter.errors import NewsletterError
from newsletter.replies.authorship import author_of, is_proven
from newsletter.replies.extract import VERSION, Extraction, KnownText, extract
from newsletter.replies.headers import Headers, read_mailbox
from newsletter.replies.letter import known_text, letter_of
from newsletter.replies.mailboxes import Mailbox, Received
from newsletter.replies.match import Match, match
from newsletter.replies.parse import Mail, read_mail
from newsletter.replies.rawmail import keep_raw
from newsletter.replies.redact import redacted
from newsletter.replies.register import is_known, record
from newsletter.replies.reply import Reply, ReplyState
from newsletter.replies.reports import is_abuse, is_permanent, status_of
from newsletter.replies.screen import Screening, Verdict, screen
from newsletter.replies.wishes import asks_for_privacy, asks_to_leave
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose
from newsletter.writing import read_issue

log = logging.getLogger(__name__)

_ID_LENGTH = 10
_MAY_LEAVE = frozenset({Verdict.HUMAN, Verdict.AUTO_REPLY, Verdict.COMPLAINT})
"""Verdicts of a mail that may unsubscribe: mail programs send it by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one fetch brought."""

    replies: tuple[Reply, ...]
    known: int
    """Mails that were there again and had been recorded before."""

    @property
    def verdicts(self) -> Counter[Verdict]:
        """How many of each verdict."""
        return Counter(reply.verdict for reply in self.replies)

    @property
    def states(self) -> Counter[ReplyState]:
        """How many in each state."""
        return Counter(reply.state for reply in self.replies)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What taking in a mail needs at hand."""

    database: Database
    keyring: Keyring
    settings: Settings
    now: datetime
    sent: dict[int, KnownText] = field(default_factory=dict)
    """The words of what was answered, by mailing: prepared once for all its answers."""


def fetch(database: Database, keyring: Keyring, settings: Settings, mailbox: Mailbox, *, now: datetime) -> Fetched:
    """Take in every mail that waits in the mailbox; running it again brings only what is new."""
    desk = _Desk(database=database, keyring=keyring, settings=settings, now=now)
    replies: list[Reply] = []
    known = 0
    for received in mailbox.waiting():
        digest = keep_raw(settings, received.raw)
        reply = None if is_known(database, digest) else _take_in(desk, received, digest)
        mailbox.acknowledge(received)
        if reply is None:
            known += 1
            continue
        replies.append(reply)
        log.info("reply.recorded", extra={"reply": reply.id, "verdict": reply.verdict, "state": reply.state})
    return Fetched(replies=tuple(replies), known=known)


def _take_in(desk: _Desk, received: Received, digest: str) -> Reply | None:
    """Read, judge, act and record; None if the mail had come before by another way."""
    mail = _read(received.raw)
    found = match(desk.database, desk.keyring, desk.settings, mail.headers, received.recipients)
    extraction = _extract(mail, _known(desk, found.delivery) if found.delivery else None)
    reply = _act(desk, mail, found, _judge(desk, mail, found, extraction, digest))
    was_new = record(desk.database, reply, sameness=_sameness(mail), now=desk.now)
    return reply if was_new else None


def _read(raw: bytes) -> Mail:
    """Read a mail whatever it holds: one that breaks the reader is kept for the author, and stops no other."""
    try:
        return read_mail(raw)
    except Exception:  # the outermost loop over strangers' mail
        log.exception("reply.unreadable")
        return Mail(headers=Headers(()), is_cut=True)


def _extract(mail: Mail, known: KnownText | None) -> Extraction:
    try:
        return extract(mail.text, mail.html, known)
    except Exception:  # as in _read
        log.exception("reply.unreadable")
        return Extraction(text="")


def _known(desk: _Desk, delivery: SentDelivery) -> KnownText:
    if delivery.mailing_id not in desk.sent:
        desk.sent[delivery.mailing_id] = known_text(delivery.edition)
    return desk.sent[delivery.mailing_id].also(letter_of(delivery))


def _judge(desk: _Desk, mail: Mail, found: Match, extraction: Extraction, digest: str) -> Reply:
    """Decide what a mail is and where it stands, changing nothing yet."""
    delivery = found.delivery
    screening = _screened(desk, mail)
    name, address = read_mailbox(mail.headers.get("from"))
    state, note = _standing(desk.settings, mail, found, extraction, screening)
    return Reply(
        id=base64.b32encode(bytes.fromhex(digest)).decode().lower()[:_ID_LENGTH],
        raw_hash=digest,
        received_at=_moment(mail, desk.now),
        slug=delivery.slug if delivery else None,
        delivery_id=delivery.id if delivery else None,
        matched_by=found.how,
        subscriber_id=delivery.subscriber_id if delivery else None,
        from_address=address[:320],
        author=author_of(name, f"{delivery.first_name} {delivery.last_name}" if delivery else ""),
        is_from_subscriber=delivery is not None and address != "" and address == delivery.address.lower(),
        is_verified=is_proven(mail.headers, address),
        verdict=screening.verdict,
        reason=screening.reason,
        state=state,
        text=redacted(extraction.text, desk.settings),
        note=note,
        extractor=VERSION,
    )


def _screened(desk: _Desk, mail: Mail) -> Screening:
    """Screen a mail, knowing our own lists and addresses: what comes from those is our own voice coming back."""
    lists = frozenset(entry.list_id.lower() for entry in desk.settings.lists.values())
    sender = read_mailbox(mail.headers.get("from"))[1]
    mine = desk.settings.replies.address
    is_own = read_token_address(desk.keyring, desk.settings, sender) is not None or (mine and sender == mine.key)
    return screen(mail, own_lists=lists, own_addresses=frozenset({sender} if is_own else ()))


def _standing(
    settings: Settings, mail: Mail, found: Match, extraction: Extraction, screening: Screening
) -> tuple[ReplyState, str]:
    if screening.verdict is not Verdict.HUMAN:
        return ReplyState.IGNORED, ""
    if asks_for_privacy(extraction.text):
        return ReplyState.PRIVATE, "its writer asked that it stay private"
    notes = [
        *_doubts(settings, found.delivery),
        *(["nothing is left after the quotations; see the raw mail"] if not extraction.text else []),
        *(["it hands on somebody else's mail, which was left out"] if extraction.is_forward else []),
        *(["it was too large to be read whole"] if mail.is_cut else []),
        *([f"attachments were left out: {mail.attachments}"] if mail.attachments else []),
    ]
    return ReplyState.HELD, "; ".join(notes)


def _doubts(settings: Settings, delivery: SentDelivery | None) -> list[str]:
    if delivery is None:
        return ["it answers no letter that we know of"]
    notes = []
    if settings.replies.publish == "never":
        notes.append("answers are private by [replies] publish")
    if settings.replies.publish == "ask":
        notes.append("ask its writer before publishing it")
    try:
        if not read_issue(settings, delivery.slug).comments_open:
            notes.append("comments on this issue are closed")
    except NewsletterError:
        notes.append("the issue's file is not there any more")
    return notes


def _act(desk: _Desk, mail: Mail, found: Match, reply: Reply) -> Reply:
    """Do what a mail asks or reports, each safe to do twice, and say so in the reply."""
    delivery = found.delivery
    if delivery is None:
        return reply
    is_leaving_mail = found.purpose is Purpose.UNSUBSCRIBE and reply.verdict in _MAY_LEAVE
    is_wish = (
        reply.is_from_subscriber
        and reply.verdict is Verdict.HUMAN
        and asks_to_leave(reply.text, mail.headers.get("subject"))
    )
    if (is_leaving_mail or is_wish) and delivery.subscriber_id is not None:
        end_subscription(
            desk.database,
            delivery.subscriber_id,
            delivery.list_name,
            origin="mail",
            now=desk.now,
            evidence=reply.id,
        )
        note = f"the subscription to {delivery.list_name} has ended"
        return replace(reply, state=ReplyState.UNSUBSCRIBED, note=note)
    if reply.verdict is Verdict.BOUNCE:
        status = status_of(mail) or "unknown"
        if is_permanent(mail) and found.purpose is Purpose.BOUNCE:
            _suppress(desk, delivery, SuppressionReason.BOUNCED, f"bounce {status}")
            return replace(reply, note=f"status {status}: the address is suppressed")
        return replace(reply, note=f"status {status}: the address is kept")
    if reply.verdict is Verdict.COMPLAINT and is_abuse(mail):
        _suppress(desk, delivery, SuppressionReason.COMPLAINED, "feedback report")
        return replace(reply, note="its reader complained: the address is suppressed")
    return reply


def _suppress(desk: _Desk, delivery: SentDelivery, reason: SuppressionReason, origin: str) -> None:
    if delivery.address:  # "" once the reader's record is erased
        address = Address.parse(delivery.address)
        suppress(desk.database, desk.keyring, address, reason, origin=origin, now=desk.now)


def _moment(mail: Mail, now: datetime) -> datetime:
    """Return when the mail says it was written, never later than now."""
    try:
        written = parsedate_to_datetime(mail.headers.get("date")[:100])
        written = written.replace(tzinfo=UTC) if written.tzinfo is None else written
        return min(written.astimezone(UTC), now) if written.year > 1990 else now
    except (ValueError, TypeError, IndexError, OverflowError):
        return now


def _sameness(mail: Mail) -> str | None:
    """Return what a mail and its second copy by another way have in common, or None without a Message-ID."""
    message_id = mail.headers.get("message-id")
    if not message_id:
        return None
    parts = (message_id, read_mailbox(mail.headers.get("from"))[1], mail.text or mail.html)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
