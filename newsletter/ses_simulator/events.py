"""The events that SES publishes of a message, in its own JSON: Send, then Delivery, Bounce or Complaint."""

from email.header import decode_header, make_header
from email.parser import HeaderParser
from email.utils import getaddresses, parseaddr
from typing import Any
from uuid import uuid4

from newsletter.ses_simulator.account import MAILBOX_SIMULATOR_DOMAIN, AcceptedMessage, Account

ACCOUNT_ID = "111122223333"
_MOST_HEADERS = 10_240
"""Bytes: what is longer, SES leaves out."""
_SUPPRESSED_BY_SES = "suppressionlist"


def events_for(
    taken: AcceptedMessage, head: bytes, account: Account, fault: str | None
) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return the events that the message's configuration set publishes, each with where to.

    `head` is the message's header section.
    """
    found = [("SEND", {"eventType": "Send", "send": {}})]
    if taken.missing:
        found = [("RENDERING_FAILURE", _rendering_failure(taken))]
    for recipient in () if taken.missing else taken.recipients:
        found += _fate(taken, recipient, account, fault)
    heard = [(event, account.destinations_of(taken.configuration_set, kind)) for kind, event in found]
    published = [(event, destinations) for event, destinations in heard if destinations]
    mail = _mail(taken, head) if published else {}
    return [({**event, "mail": mail}, destinations) for event, destinations in published]


def _fate(
    taken: AcceptedMessage, recipient: str, account: Account, fault: str | None
) -> list[tuple[str, dict[str, Any]]]:
    local, _, domain = recipient.partition("@")
    simulated = local.partition("+")[0] if domain == MAILBOX_SIMULATOR_DOMAIN else ""
    if simulated == _SUPPRESSED_BY_SES:
        return [("BOUNCE", _bounce(taken, recipient, "Suppressed"))]
    if recipient.lower() in account.suppressed:
        return [("BOUNCE", _bounce(taken, recipient, "OnAccountSuppressionList"))]
    if simulated == "bounce" or fault == "bounce":
        if not simulated:
            account.suppress(recipient, "BOUNCE")
        return [("BOUNCE", _bounce(taken, recipient, "General"))]
    delivered = ("DELIVERY", _delivery(taken, recipient))
    if simulated == "complaint" or fault == "complaint":
        if not simulated:
            account.suppress(recipient, "COMPLAINT")
        return [delivered, ("COMPLAINT", _complaint(taken, recipient))]
    return [delivered]


def _mail(taken: AcceptedMessage, head: bytes) -> dict[str, Any]:
    read = HeaderParser().parsestr(head.decode("utf-8", "replace"))
    headers = [{"name": name, "value": str(value)} for name, value in read.items()]
    is_truncated = len(head) > _MOST_HEADERS
    domain = parseaddr(taken.source)[1].rpartition("@")[2]
    mail: dict[str, Any] = {
        "timestamp": _moment(taken),
        "source": taken.source,
        "sourceArn": f"arn:aws:ses:eu-west-1:{ACCOUNT_ID}:identity/{domain}",
        "sendingAccountId": ACCOUNT_ID,
        "messageId": taken.message_id,
        "destination": list(taken.recipients),
        "headersTruncated": is_truncated,
        "commonHeaders": {
            "from": read.get_all("From", []),
            "to": [address for _, address in getaddresses(read.get_all("To", []))],
            "messageId": str(read.get("Message-ID", "")),
            "subject": str(make_header(decode_header(str(read.get("Subject", ""))))),
        },
        "tags": {
            "ses:configuration-set": [taken.configuration_set],
            "ses:source-ip": ["192.0.2.1"],
            "ses:from-domain": [domain],
            "ses:caller-identity": ["pretend"],
            **{name: [value] for name, value in taken.tags.items()},
        },
    }
    return mail if is_truncated else {**mail, "headers": headers}


def _rendering_failure(taken: AcceptedMessage) -> dict[str, Any]:
    words = f"Attribute '{taken.missing}' is not present in the rendering data."
    failure = {"errorMessage": words, "templateName": taken.template}
    return {"eventType": "Rendering Failure", "failure": failure}


def _delivery(taken: AcceptedMessage, recipient: str) -> dict[str, Any]:
    delivery = {
        "timestamp": _moment(taken),
        "processingTimeMillis": 500,
        "recipients": [recipient],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "a8-50.smtp-out.amazonses.com",
    }
    return {"eventType": "Delivery", "delivery": delivery}


def _bounce(taken: AcceptedMessage, recipient: str, subtype: str) -> dict[str, Any]:
    said = {"action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    bounce = {
        "bounceType": "Permanent",
        "bounceSubType": subtype,
        "bouncedRecipients": [{"emailAddress": recipient, **said}],
        "timestamp": _moment(taken),
        "feedbackId": f"{uuid4()}-000000",
        "reportingMTA": "dsn; a8-50.smtp-out.amazonses.com",
    }
    return {"eventType": "Bounce", "bounce": bounce}


def _complaint(taken: AcceptedMessage, recipient: str) -> dict[str, Any]:
    complaint = {
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": _moment(taken),
        "feedbackId": f"{uuid4()}-000000",
        "complaintSubType": None,
        "userAgent": "Pretend FBL/1.0",
        "complaintFeedbackType": "abuse",
        "arrivalDate": _moment(taken),
    }
    return {"eventType": "Complaint", "complaint": complaint}


def _moment(taken: AcceptedMessage) -> str:
    return taken.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{taken.at.microsecond // 1000:03}Z"
