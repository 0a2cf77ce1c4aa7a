"""Effects of an incoming message: an unsubscribe request, a bounce, a complaint.

A bounce or a complaint is handed to `newsletter.feedback`, which decides what it changes. Every effect is safe to
apply twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from newsletter.address import Address
from newsletter.audience import ConsentProof, find_subscriber_id, suppression_reason, unsubscribe
from newsletter.delivery import SentDelivery
from newsletter.delivery.notices import WELCOME
from newsletter.feedback import extract_qmail_bounce, ingest_report, parse_qmail_bounce
from newsletter.replies.addresses.match import Match
from newsletter.replies.classify.classifier import Verdict, is_from_mail_system
from newsletter.replies.classify.unsubscribe_request import asks_to_unsubscribe
from newsletter.replies.inbound.context import InboundContext
from newsletter.replies.parsing.message import ParsedMessage
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.tokens import Purpose

_FEEDBACK_REPORT = "message/feedback-report"
_DELIVERY_STATUS = "message/delivery-status"
_PLAIN_TEXT = "text/plain"
_UNSUBSCRIBING = frozenset({Verdict.HUMAN, Verdict.AUTO_REPLY, Verdict.COMPLAINT})
"""Verdicts of a message to an unsubscribe address that counts: mail programs send it by themselves."""


def apply_effects(context: InboundContext, message: ParsedMessage, match: Match, reply: Reply) -> Reply:
    """Do what a message asks or reports, and note it in the reply."""
    delivery = match.delivery
    if delivery is None:
        return _unsubscribe_by_notice(context, message, match, reply)
    is_request = reply.is_from_subscriber and _asks_to_unsubscribe(message, reply)
    if (_is_to_unsubscribe_address(match, reply) or is_request) and delivery.subscriber_id is not None:
        return _unsubscribe(context, reply, delivery.subscriber_id, delivery.list_name)
    if reply.verdict is Verdict.BOUNCE:
        status = bounce_status(message) or "unknown"
        is_genuine = match.purpose is Purpose.BOUNCE  # anybody can write a bounce, but not sign its address
        is_suppressed = is_genuine and _ingest(context, message, delivery, _bounce_reports(message))
        return replace(reply, note=f"status {status}: the address {'is suppressed' if is_suppressed else 'is kept'}")
    if reply.verdict is Verdict.COMPLAINT:
        report = message.reports.get(_FEEDBACK_REPORT, "Feedback-Type: abuse\n")  # not all providers write one
        if _ingest(context, message, delivery, {_FEEDBACK_REPORT: report}):
            return replace(reply, note="its reader complained: the address is suppressed")
    return reply


def _unsubscribe_by_notice(context: InboundContext, message: ParsedMessage, match: Match, reply: Reply) -> Reply:
    """End the subscription of a reader who asks for it in answer to an email of the welcome series."""
    notice = match.notice
    if notice is None or notice.kind != WELCOME:
        return reply
    is_request = _asks_to_unsubscribe(message, reply) and reply.from_address.lower() == notice.recipient.lower()
    subscriber_id = find_subscriber_id(context.database, Address.parse(notice.recipient))
    if subscriber_id is None or not (_is_to_unsubscribe_address(match, reply) or is_request):
        return reply
    return _unsubscribe(context, reply, subscriber_id, notice.list_name)


def _is_to_unsubscribe_address(match: Match, reply: Reply) -> bool:
    return match.purpose is Purpose.UNSUBSCRIBE and reply.verdict in _UNSUBSCRIBING


def _asks_to_unsubscribe(message: ParsedMessage, reply: Reply) -> bool:
    return reply.verdict is Verdict.HUMAN and asks_to_unsubscribe(reply.text, message.headers.get("subject"))


def _unsubscribe(context: InboundContext, reply: Reply, subscriber_id: int, list_name: str) -> Reply:
    unsubscribe(
        context.database,
        subscriber_id,
        list_name,
        origin="mail",
        now=context.now,
        proof=ConsentProof(evidence=reply.id),
    )
    return replace(reply, state=ReplyState.UNSUBSCRIBED, note=f"the subscription to {list_name} has ended")


def _ingest(
    context: InboundContext, message: ParsedMessage, delivery: SentDelivery, reports: Mapping[str, str]
) -> bool:
    """Hand reports to feedback; return whether the address is suppressed now."""
    ingest_report(
        context.database,
        context.keyring,
        context.settings,
        delivery,
        list(reports.items()),
        date=message.headers.get("date"),
        clock=lambda: context.now,
    )
    if not delivery.address:  # the reader's record is erased
        return False
    with context.database.read() as connection:
        return suppression_reason(connection, context.keyring, Address.parse(delivery.address)) is not None


def _bounce_reports(message: ParsedMessage) -> dict[str, str]:
    """Return a bounce's reports by content type: the machine-readable ones, else a mail system's plain text."""
    if _DELIVERY_STATUS in message.reports or not is_from_mail_system(message):
        return message.reports
    plain = extract_qmail_bounce(message.text)
    return {**message.reports, _PLAIN_TEXT: plain} if plain else message.reports


def bounce_status(message: ParsedMessage) -> str:
    """Return the first enhanced status code (RFC 3463) that a bounce reports, or ""."""
    reports = _bounce_reports(message)
    groups = (
        *_field_groups(reports.get(_DELIVERY_STATUS, "")),
        *parse_qmail_bounce(reports.get(_PLAIN_TEXT, "")),
    )
    return next((group["status"][:9] for group in groups if "status" in group), "")


def _field_groups(report: str) -> Iterator[dict[str, str]]:
    """Yield the groups of fields of a delivery status report (RFC 3464 section 2.1)."""
    group: dict[str, str] = {}
    for line in report[:64_000].split("\n"):
        name, colon, value = line.partition(":")
        if not line.strip():
            if group:
                yield group
            group = {}
        elif colon and not line[:1].isspace():
            group.setdefault(name.strip().lower(), value.strip())
    if group:
        yield group
