"""Classification of an incoming message as a Reply: who wrote it, what it answers, its public text and its state.

Nothing is changed here: the Reply is what will be recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from newsletter.content import read_issue
from newsletter.delivery.message import parse_signed_address
from newsletter.delivery.notices import COMMENT_REPLY
from newsletter.errors import NewsletterError
from newsletter.replies.addresses.match import Match, first_message_id
from newsletter.replies.authentication import AuthResult, SenderAuthentication
from newsletter.replies.authentication.from_header import read_from_header
from newsletter.replies.classify.classifier import Classification, Verdict, classify_message
from newsletter.replies.classify.unsubscribe_request import asks_for_privacy, may_ask_to_unsubscribe
from newsletter.replies.extract import VERSION, Extraction, KnownText
from newsletter.replies.inbound.context import InboundContext
from newsletter.replies.mailboxes import ReceivedMessage
from newsletter.replies.parsing.headers import read_mailbox
from newsletter.replies.parsing.message import ParsedMessage
from newsletter.replies.redact.public_text import MAX_CHARACTERS, clean_text, has_quotation
from newsletter.replies.store.display_names import author_name, find_display_name, read_chosen_name
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import short_id
from newsletter.replies.store.thread import find_thread_entry, public_text, thread_above
from newsletter.settings import Settings

NO_ISSUE = "it answers no issue that we know of"
"""A note of the Reply."""
_THREADED = frozenset({"answer", COMMENT_REPLY})
"""Kinds of notices that are about a comment, so that an answer to one is published below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """An incoming message with all that was read of it."""

    received: ReceivedMessage
    raw_hash: str
    message: ParsedMessage
    match: Match
    extraction: Extraction
    authentication: SenderAuthentication


def classify_reply(context: InboundContext, inbound: Inbound) -> Reply:
    """Return the Reply that an incoming message is, changing nothing yet."""
    message, match, authentication = inbound.message, inbound.match, inbound.authentication
    delivery = match.delivery
    classification = _classification(context, inbound)
    from_name, from_address = read_mailbox(message.headers.get("from"))
    slug, parent = _answered(context, match)
    state, note = _state(context.settings, inbound, slug, classification)
    subscriber_id = delivery.subscriber_id if delivery else None
    chosen_name, text = read_chosen_name(inbound.extraction.text)
    public = _quotable(context, match, parent) if has_quotation(text) else None
    text, has_private_quotation = clean_text(context.settings, text, from_address, public)
    if has_private_quotation and state is ReplyState.HELD:
        note = "; ".join(filter(None, (note, "it quotes text that is not public, which was left out")))
    subscriber_name = f"{delivery.first_name} {delivery.last_name}" if delivery else ""
    sender = read_from_header(message.headers).address
    is_from_subscriber = delivery is not None and sender != "" and sender == delivery.address.lower()
    return Reply(
        id=short_id(bytes.fromhex(inbound.raw_hash)),
        raw_hash=inbound.raw_hash,
        received_at=_written_at(message, context.now),
        slug=slug,
        delivery_id=delivery.id if delivery else None,
        matched_by=match.how,
        subscriber_id=subscriber_id,
        from_address=from_address[:320],
        author=chosen_name
        or (is_from_subscriber and find_display_name(context.database, subscriber_id))
        or author_name(from_name, subscriber_name),
        is_from_subscriber=is_from_subscriber,
        is_verified=is_from_subscriber and context.is_authenticated_to_us(message, authentication),
        auth_result=authentication.result,
        auth_reason=authentication.reason[:300],
        verdict=classification.verdict,
        reason=classification.reason,
        state=state,
        text=text,
        note=note,
        extractor=VERSION,
        message_id=first_message_id(message.headers.get("message-id")),
        in_reply_to=parent,
        references=message.headers.get("references")[-2_000:],
    )


def _answered(context: InboundContext, match: Match) -> tuple[str | None, str | None]:
    """Return the issue that a message answers, and the id of the comment."""
    slug = match.delivery.slug if match.delivery is not None else None
    if match.notice is not None and match.notice.kind in _THREADED:
        entry = find_thread_entry(context.database, match.notice.about)
        return (entry.slug if entry is not None and entry.slug is not None else slug), match.notice.about
    return (match.page.slug, match.page.comment_id) if match.page is not None else (slug, None)


def _quotable(context: InboundContext, match: Match, parent: str | None) -> KnownText | None:
    """Return the text that a reply may quote in public: the issue as all got it, and the comments above."""
    issue = context.issue_text(match.delivery) if match.delivery is not None else None
    return public_text(issue, thread_above(context.database, parent))


def _classification(context: InboundContext, inbound: Inbound) -> Classification:
    """Classify a message, knowing our own lists and addresses: mail from those is a loop.

    Not so a moderator's command, for they may well write from the address where replies arrive.
    """
    settings, message, match = context.settings, inbound.message, inbound.match
    lists = frozenset(entry.list_id.lower() for entry in settings.lists.values())
    sender = read_mailbox(message.headers.get("from"))[1]
    is_command = match.number is not None or match.notice is not None
    if is_command and sender in {address.key for address in settings.replies.moderators}:
        return _with_mailbox_verdicts(classify_message(message, own_lists=lists), inbound.received.verdicts)
    ours = settings.replies.address
    is_own = parse_signed_address(context.keyring, settings, sender) is not None or (ours and sender == ours.key)
    own_addresses = frozenset({sender} if is_own else ())
    classification = classify_message(message, own_lists=lists, own_addresses=own_addresses)
    return _with_mailbox_verdicts(classification, inbound.received.verdicts)


def _with_mailbox_verdicts(classification: Classification, verdicts: Mapping[str, str]) -> Classification:
    """Apply what the mailbox itself says of a message: viruses and spam."""
    for name in ("virus", "spam"):
        if classification.verdict is Verdict.HUMAN and verdicts.get(name) == "FAIL":
            return Classification(Verdict.SPAM, f"SES: {name} FAIL")
    return classification


def _state(
    settings: Settings, inbound: Inbound, slug: str | None, classification: Classification
) -> tuple[ReplyState, str]:
    """Return the state in which a reply begins, and what its moderator should know."""
    if classification.verdict is not Verdict.HUMAN:
        return ReplyState.IGNORED, ""
    message, extraction, authentication = inbound.message, inbound.extraction, inbound.authentication
    text = extraction.text
    if asks_for_privacy(text) or asks_for_privacy(read_chosen_name(text)[1]):
        return ReplyState.PRIVATE, "its writer asked that it stay private"
    notes: list[str] = []
    if authentication.result is AuthResult.FAIL:
        notes.append(f"its sender failed authentication: {authentication.reason}")
    notes += _issue_notes(settings, slug)
    if not text:
        notes.append("nothing is left after the quotations; see the raw message")
    if may_ask_to_unsubscribe(text):
        notes.append("it may ask to unsubscribe: if so, newsletter subscribers remove ADDRESS, and reject it")
    if extraction.is_forward:
        notes.append("it forwards somebody else's message, which was left out")
    if message.is_cut:
        notes.append("it was too large to be read whole")
    if len(text) > MAX_CHARACTERS:
        notes.append(f"it was cut after {MAX_CHARACTERS:,} characters")
    if message.attachments:
        notes.append(f"attachments were left out: {message.attachments}")
    return ReplyState.HELD, "; ".join(notes)


def _issue_notes(settings: Settings, slug: str | None) -> list[str]:
    if slug is None:
        return [NO_ISSUE]
    notes = []
    if settings.replies.publish == "never":
        notes.append("replies are private by [replies] publish")
    if settings.replies.publish == "ask":
        notes.append("ask its writer before publishing it")
    try:
        if not read_issue(settings, slug).comments_open:
            notes.append("comments on this issue are closed")
    except NewsletterError:
        notes.append("the issue's file no longer exists")
    return notes


def _written_at(message: ParsedMessage, now: datetime) -> datetime:
    """Return when the message says it was written, never later than now."""
    try:
        written = parsedate_to_datetime(message.headers.get("date")[:100])
        written = written.replace(tzinfo=UTC) if written.tzinfo is None else written
        return min(written.astimezone(UTC), now) if written.year > 1990 else now
    except (ValueError, TypeError, IndexError, OverflowError):
        return now
