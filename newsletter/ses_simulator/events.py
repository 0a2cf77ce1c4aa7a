"""Events that SES publishes about a message, in its JSON: Send, then Delivery, Bounce or Complaint.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from email.header import decode_header, make_header
from email.parser import HeaderParser
from email.utils import getaddresses, parseaddr
from typing import Any
from uuid import uuid4

from newsletter.ses_simulator.account import MAILBOX_SIMULATOR_DOMAIN, AcceptedMessage, Account
from newsletter.utc import format_utc

ACCOUNT_ID = "111122223333"
_MAX_HEADERS = 10_240
"""Bytes; SES leaves longer headers out of its events."""
_SUPPRESSED_BY_SES = "suppressionlist"


def events_for(
    message: AcceptedMessage, head: bytes, account: Account, fault: str | None
) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return the events that the message's configuration set publishes, each with its destinations.

    `head` is the message's header section, `fault` the name of the fault injected into its send.
    """
    events = [("SEND", {"eventType": "Send", "send": {}})]
    if message.missing:
        events = [("RENDERING_FAILURE", _rendering_failure(message))]
    else:
        for recipient in message.recipients:
            events += _recipient_events(message, recipient, account, fault)
    published = [
        (event, destinations)
        for event_type, event in events
        if (destinations := account.destinations_of(message.configuration_set, event_type))
    ]
    mail = _mail(message, head) if published else {}
    return [({**event, "mail": mail}, destinations) for event, destinations in published]


def _recipient_events(
    message: AcceptedMessage, recipient: str, account: Account, fault: str | None
) -> list[tuple[str, dict[str, Any]]]:
    local, _, domain = recipient.partition("@")
    simulated = local.partition("+")[0] if domain == MAILBOX_SIMULATOR_DOMAIN else ""
    if simulated == _SUPPRESSED_BY_SES:
        return [("BOUNCE", _bounce(message, recipient, "Suppressed"))]
    if recipient.lower() in account.suppressed:
        return [("BOUNCE", _bounce(message, recipient, "OnAccountSuppressionList"))]
    if simulated == "bounce" or fault == "bounce":
        if not simulated:
            account.suppress(recipient, "BOUNCE")
        return [("BOUNCE", _bounce(message, recipient, "General"))]
    delivered = ("DELIVERY", _delivery(message, recipient))
    if simulated == "complaint" or fault == "complaint":
        if not simulated:
            account.suppress(recipient, "COMPLAINT")
        return [delivered, ("COMPLAINT", _complaint(message, recipient))]
    return [delivered]


def _mail(message: AcceptedMessage, head: bytes) -> dict[str, Any]:
    parsed = HeaderParser().parsestr(head.decode("utf-8", "replace"))
    headers = [{"name": name, "value": str(value)} for name, value in parsed.items()]
    is_truncated = len(head) > _MAX_HEADERS
    domain = parseaddr(message.source)[1].rpartition("@")[2]
    mail: dict[str, Any] = {
        "timestamp": _timestamp(message),
        "source": message.source,
        "sourceArn": f"arn:aws:ses:eu-west-1:{ACCOUNT_ID}:identity/{domain}",
        "sendingAccountId": ACCOUNT_ID,
        "messageId": message.message_id,
        "destination": list(message.recipients),
        "headersTruncated": is_truncated,
        "commonHeaders": {
            "from": parsed.get_all("From", []),
            "to": [address for _, address in getaddresses(parsed.get_all("To", []))],
            "messageId": str(parsed.get("Message-ID", "")),
            "subject": str(make_header(decode_header(str(parsed.get("Subject", ""))))),
        },
        "tags": {
            "ses:configuration-set": [message.configuration_set],
            "ses:source-ip": ["192.0.2.1"],
            "ses:from-domain": [domain],
            "ses:caller-identity": ["simulator"],
            **{name: [value] for name, value in message.tags.items()},
        },
    }
    return mail if is_truncated else {**mail, "headers": headers}


def _rendering_failure(message: AcceptedMessage) -> dict[str, Any]:
    text = f"Attribute '{message.missing}' is not present in the rendering data."
    failure = {"errorMessage": text, "templateName": message.template}
    return {"eventType": "Rendering Failure", "failure": failure}


def _delivery(message: AcceptedMessage, recipient: str) -> dict[str, Any]:
    delivery = {
        "timestamp": _timestamp(message),
        "processingTimeMillis": 500,
        "recipients": [recipient],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "a8-50.smtp-out.amazonses.com",
    }
    return {"eventType": "Delivery", "delivery": delivery}


def _bounce(message: AcceptedMessage, recipient: str, subtype: str) -> dict[str, Any]:
    diagnosis = {"action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    bounce = {
        "bounceType": "Permanent",
        "bounceSubType": subtype,
        "bouncedRecipients": [{"emailAddress": recipient, **diagnosis}],
        "timestamp": _timestamp(message),
        "feedbackId": f"{uuid4()}-000000",
        "reportingMTA": "dsn; a8-50.smtp-out.amazonses.com",
    }
    return {"eventType": "Bounce", "bounce": bounce}


def _complaint(message: AcceptedMessage, recipient: str) -> dict[str, Any]:
    complaint = {
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": _timestamp(message),
        "feedbackId": f"{uuid4()}-000000",
        "complaintSubType": None,
        "userAgent": "Simulated FBL/1.0",
        "complaintFeedbackType": "abuse",
        "arrivalDate": _timestamp(message),
    }
    return {"eventType": "Complaint", "complaint": complaint}


def _timestamp(message: AcceptedMessage) -> str:
    return format_utc(message.at, "milliseconds")
