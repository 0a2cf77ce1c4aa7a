"""Does what a mail asks or reports: a wish to leave, a dead address, a complaint."""

from collections.abc import Mapping
from dataclasses import replace

from newsletter.address import Address
from newsletter.audience import ConsentProof, find_subscriber_id, suppression_reason, unsubscribe
from newsletter.delivery import WELCOME, SentDelivery
from newsletter.feedback import ingest_report
from newsletter.replies.addresses.match import Match
from newsletter.replies.classify.classifier import Verdict
from newsletter.replies.classify.unsubscribe_request import asks_to_leave
from newsletter.replies.inbound.context import Desk
from newsletter.replies.inbound.reports import reports_of, status_of
from newsletter.replies.parsing.message import Mail
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.tokens import Purpose

_FEEDBACK = "message/feedback-report"
_MAY_LEAVE = frozenset({Verdict.HUMAN, Verdict.AUTO_REPLY, Verdict.COMPLAINT})
"""Verdicts of a mail that may unsubscribe: mail programs send it by themselves."""


def act(desk: Desk, mail: Mail, found: Match, reply: Reply) -> Reply:
    """Do what a mail asks or reports, each safe to do twice, and say so in the reply."""
    delivery = found.delivery
    if delivery is None:
        return _leave_by_notice(desk, mail, found, reply)
    is_leaving_mail = found.purpose is Purpose.UNSUBSCRIBE and reply.verdict in _MAY_LEAVE
    is_wish = (
        reply.is_from_subscriber
        and reply.verdict is Verdict.HUMAN
        and asks_to_leave(reply.text, mail.headers.get("subject"))
    )
    if (is_leaving_mail or is_wish) and delivery.subscriber_id is not None:
        unsubscribe(
            desk.database,
            delivery.subscriber_id,
            delivery.list_name,
            origin="mail",
            now=desk.now,
            proof=ConsentProof(evidence=reply.id),
        )
        note = f"the subscription to {delivery.list_name} has ended"
        return replace(reply, state=ReplyState.UNSUBSCRIBED, note=note)
    if reply.verdict is Verdict.BOUNCE:
        status = status_of(mail) or "unknown"
        is_proven = found.purpose is Purpose.BOUNCE  # anybody can write a bounce, but not sign its address
        kept = "is suppressed" if is_proven and _hand_down(desk, mail, delivery, reports_of(mail)) else "is kept"
        return replace(reply, note=f"status {status}: the address {kept}")
    if reply.verdict is Verdict.COMPLAINT:
        reports = {_FEEDBACK: mail.reports.get(_FEEDBACK, "Feedback-Type: abuse\n")}  # not all providers write one
        if _hand_down(desk, mail, delivery, reports):
            return replace(reply, note="its reader complained: the address is suppressed")
    return reply


def _leave_by_notice(desk: Desk, mail: Mail, found: Match, reply: Reply) -> Reply:
    """End the subscription of whoever wants to leave by a letter of a series."""
    notice = found.notice
    if notice is None or notice.kind != WELCOME:
        return reply
    is_leaving_mail = found.purpose is Purpose.UNSUBSCRIBE and reply.verdict in _MAY_LEAVE
    wishes = reply.verdict is Verdict.HUMAN and asks_to_leave(reply.text, mail.headers.get("subject"))
    is_theirs = reply.from_address.lower() == notice.recipient.lower()
    subscriber_id = find_subscriber_id(desk.database, Address.parse(notice.recipient))
    if subscriber_id is None or not (is_leaving_mail or (wishes and is_theirs)):
        return reply
    unsubscribe(
        desk.database,
        subscriber_id,
        notice.list_name,
        origin="mail",
        now=desk.now,
        proof=ConsentProof(evidence=reply.id),
    )
    note = f"the subscription to {notice.list_name} has ended"
    return replace(reply, state=ReplyState.UNSUBSCRIBED, note=note)


def _hand_down(desk: Desk, mail: Mail, delivery: SentDelivery, reports: Mapping[str, str]) -> bool:
    """Give a report to feedback; return whether the address is not to be mailed any more."""
    ingest_report(
        desk.database,
        desk.keyring,
        desk.settings,
        delivery,
        list(reports.items()),
        date=mail.headers.get("date"),
        clock=lambda: desk.now,
    )
    if not delivery.address:  # the reader's record is erased
        return False
    with desk.database.read() as connection:
        return suppression_reason(connection, desk.keyring, Address.parse(delivery.address)) is not None
