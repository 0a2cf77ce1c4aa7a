"""Says what a mail is and where it stands, changing nothing."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from newsletter.content import read_issue
from newsletter.delivery import COMMENT_REPLY, parse_signed_address
from newsletter.errors import NewsletterError
from newsletter.replies.addresses.match import Match, is_written_to_us, named
from newsletter.replies.authentication import Authenticity, AuthResult
from newsletter.replies.authentication.from_header import read_sender
from newsletter.replies.authorship import author_of
from newsletter.replies.classify.classifier import Classification, Verdict, screen
from newsletter.replies.classify.unsubscribe_request import asks_for_privacy, may_ask_to_leave
from newsletter.replies.extract import VERSION, Extraction, KnownText
from newsletter.replies.inbound.context import Desk
from newsletter.replies.mailboxes import ReceivedMessage
from newsletter.replies.parsing.headers import read_mailbox
from newsletter.replies.parsing.message import Mail
from newsletter.replies.redact.phone_numbers import regions_of
from newsletter.replies.redact.public_text import public_quotations
from newsletter.replies.redact.redaction import redacted
from newsletter.replies.store.display_names import find_display_name, read_chosen_name
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.thread import find_said, thread_above
from newsletter.settings import Settings

THREADED = frozenset({"answer", COMMENT_REPLY})
"""Kinds of notices that are about a comment, so that an answer to one stands under it."""
_LEAKED = "it quotes what is not public, which was left out"
_ID_LENGTH = 10
_LONGEST = 20_000
"""Characters of an answer that are kept; nobody reads a longer comment."""


def judge(
    desk: Desk,
    mail: Mail,
    found: Match,
    extraction: Extraction,
    authenticity: Authenticity,
    received: ReceivedMessage,
    digest: str,
) -> Reply:
    """Decide what a mail is and where it stands, changing nothing yet."""
    delivery = found.delivery
    is_order = found.number is not None or found.notice is not None
    screening = _filtered(_screened(desk, mail, is_order=is_order), received.verdicts)
    name, address = read_mailbox(mail.headers.get("from"))
    slug, above = _place(desk, found)
    state, note = _standing(desk.settings, mail, slug, extraction, screening, authenticity)
    subscriber = delivery.subscriber_id if delivery else None
    chosen, text = read_chosen_name(extraction.text)
    has_quotation = any(line.lstrip().startswith(">") for line in text.split("\n"))
    public = _public(desk, found, above) if has_quotation else None
    text, has_leaked = cleaned_text(desk.settings, text, address, public)
    note = "; ".join(filter(None, (note, _LEAKED if has_leaked and state is ReplyState.HELD else "")))
    known = f"{delivery.first_name} {delivery.last_name}" if delivery else ""
    sender = read_sender(mail.headers).address
    is_from_subscriber = delivery is not None and sender != "" and sender == delivery.address.lower()
    return Reply(
        id=base64.b32encode(bytes.fromhex(digest)).decode().lower()[:_ID_LENGTH],
        raw_hash=digest,
        received_at=_moment(mail, desk.now),
        slug=slug,
        delivery_id=delivery.id if delivery else None,
        matched_by=found.how,
        subscriber_id=subscriber,
        from_address=address[:320],
        author=chosen
        or (is_from_subscriber and find_display_name(desk.database, subscriber))
        or author_of(name, known),
        is_from_subscriber=is_from_subscriber,
        is_verified=is_from_subscriber and is_proven_to_us(desk, mail, authenticity),
        proof=authenticity.proof,
        proof_why=authenticity.why[:300],
        verdict=screening.verdict,
        reason=screening.reason,
        state=state,
        text=text,
        note=note,
        extractor=VERSION,
        message_id=named(mail.headers.get("message-id")),
        in_reply_to=above,
        references=mail.headers.get("references")[-2_000:],
    )


def cleaned_text(settings: Settings, text: str, address: str, public: KnownText | None) -> tuple[str, bool]:
    """Return what of a writer's words may be public, and whether they quoted what may not."""
    has_quotation = any(line.lstrip().startswith(">") for line in text.split("\n"))
    text, has_leaked = public_quotations(text, public) if has_quotation else (text, False)
    regions = regions_of(address, settings.publication.language)
    return redacted(text[: 2 * _LONGEST], settings, regions)[:_LONGEST], has_leaked


def is_proven_to_us(desk: Desk, mail: Mail, authenticity: Authenticity) -> bool:
    """Whether a mail is proven to be its From address's, and was written to us."""
    return authenticity.proof is AuthResult.PASS and is_written_to_us(
        desk.keyring, desk.settings, mail.headers, authenticity.covered
    )


def _place(desk: Desk, found: Match) -> tuple[str | None, str | None]:
    """Return the issue that a mail answers, and the comment."""
    slug = found.delivery.slug if found.delivery is not None else None
    if found.notice is not None and found.notice.kind in THREADED:
        said = find_said(desk.database, found.notice.about)
        return (said.slug if said is not None and said.slug is not None else slug), found.notice.about
    return (found.place.slug, found.place.comment_id) if found.place is not None else (slug, None)


def _public(desk: Desk, found: Match, above: str | None) -> KnownText | None:
    """Return the words that an answer may quote in public: the letter's as all got it, and what stands above."""
    known = desk.known(found.delivery) if found.delivery is not None else None
    for said in thread_above(desk.database, above):
        if said.is_public:
            known = (known or KnownText.of("")).also(said.text)
    return known


def _screened(desk: Desk, mail: Mail, *, is_order: bool) -> Classification:
    """Screen a mail, knowing our own lists and addresses: what comes from those is our own voice coming back.

    A moderator may well write from the address where answers arrive.
    """
    lists = frozenset(entry.list_id.lower() for entry in desk.settings.lists.values())
    sender = read_mailbox(mail.headers.get("from"))[1]
    if is_order and sender in {address.key for address in desk.settings.replies.moderators}:
        return screen(mail, own_lists=lists)
    mine = desk.settings.replies.address
    is_own = parse_signed_address(desk.keyring, desk.settings, sender) is not None or (mine and sender == mine.key)
    return screen(mail, own_lists=lists, own_addresses=frozenset({sender} if is_own else ()))


def _filtered(screening: Classification, verdicts: Mapping[str, str]) -> Classification:
    """Heed what the mailbox itself found of a mail."""
    for name in ("virus", "spam"):
        if screening.verdict is Verdict.HUMAN and verdicts.get(name) == "FAIL":
            return Classification(Verdict.SPAM, f"SES: {name} FAIL")
    return screening


def _standing(
    settings: Settings,
    mail: Mail,
    slug: str | None,
    extraction: Extraction,
    screening: Classification,
    authenticity: Authenticity,
) -> tuple[ReplyState, str]:
    if screening.verdict is not Verdict.HUMAN:
        return ReplyState.IGNORED, ""
    if asks_for_privacy(extraction.text) or asks_for_privacy(read_chosen_name(extraction.text)[1]):
        return ReplyState.PRIVATE, "its writer asked that it stay private"
    notes = [
        *(["its sender is refuted: " + authenticity.why] if authenticity.proof is AuthResult.FAIL else []),
        *_doubts(settings, slug),
        *(["nothing is left after the quotations; see the raw mail"] if not extraction.text else []),
        *(
            ["it may ask to leave the list: if so, newsletter subscribers remove ADDRESS, and reject it"]
            if may_ask_to_leave(extraction.text)
            else []
        ),
        *(["it hands on somebody else's mail, which was left out"] if extraction.is_forward else []),
        *(["it was too large to be read whole"] if mail.is_cut else []),
        *([f"it was cut after {_LONGEST:,} characters"] if len(extraction.text) > _LONGEST else []),
        *([f"attachments were left out: {mail.attachments}"] if mail.attachments else []),
    ]
    return ReplyState.HELD, "; ".join(notes)


def _doubts(settings: Settings, slug: str | None) -> list[str]:
    if slug is None:
        return ["it answers no letter that we know of"]
    notes = []
    if settings.replies.publish == "never":
        notes.append("answers are private by [replies] publish")
    if settings.replies.publish == "ask":
        notes.append("ask its writer before publishing it")
    try:
        if not read_issue(settings, slug).comments_open:
            notes.append("comments on this issue are closed")
    except NewsletterError:
        notes.append("the issue's file is not there any more")
    return notes


def _moment(mail: Mail, now: datetime) -> datetime:
    """Return when the mail says it was written, never later than now."""
    try:
        written = parsedate_to_datetime(mail.headers.get("date")[:100])
        written = written.replace(tzinfo=UTC) if written.tzinfo is None else written
        return min(written.astimezone(UTC), now) if written.year > 1990 else now
    except (ValueError, TypeError, IndexError, OverflowError):
        return now
