"""SES replies: which error a fault of SendEmail means, and what GetAccount says of the quota (SES API v2)."""

import re
from dataclasses import dataclass
from math import ceil
from typing import Any

from newsletter.aws import ErrorResponse, call
from newsletter.delivery.transports.base import SendQuota
from newsletter.errors import Deferred, QuotaExceeded, Refused, SendingHalted, TransportError, Uncertain

MAX_CONNECTIONS = 64
_UNLIMITED = -1
_MIN_CONNECTIONS, _DEFAULT_CONNECTIONS = 4, 8
_CALL_SECONDS = 0.12
"""How long one call takes, from another continent."""
_SENDER_REMEDY = "Verify the list's 'from' domain in SES, in this region"
ACCOUNT_FAULTS: dict[str, str] = {
    "AccountSuspendedException": "Ask AWS support",
    "SendingPausedException": "Resume sending in the SES console",
    "MailFromDomainNotVerifiedException": _SENDER_REMEDY,
    "NotFoundException": "Check [delivery.ses] configuration_set and region",
    "AccessDeniedException": "Allow ses:SendEmail for this identity",
    "UnrecognizedClientException": "Check AWS's credentials",
    "InvalidClientTokenId": "Check AWS's credentials",
    "InvalidSignatureException": "Check AWS's secret key and this machine's clock",
    "SignatureDoesNotMatch": "Check AWS's secret key and this machine's clock",
    "ExpiredTokenException": "Renew AWS's credentials",
    "ExpiredToken": "Renew AWS's credentials",
    "MissingAuthenticationTokenException": "Check AWS's credentials",
}
"""Faults of the account, and the remedy: no message is accepted until the author has acted."""
_THROTTLED = {
    "TooManyRequestsException",
    "ThrottlingException",
    "Throttling",
    "RequestThrottled",
    "LimitExceededException",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatus:
    """What GetAccount returned."""

    quota: SendQuota
    notices: tuple[str, ...]
    """What the author should know before sending."""


def read_account(client: Any) -> AccountStatus:
    """Call GetAccount; SendingHalted when it may not send, Deferred or Uncertain without an answer."""
    answer = call(client.get_account)
    if isinstance(answer, ErrorResponse):
        remedy = ACCOUNT_FAULTS.get(answer.code, "")
        if remedy and answer.code not in {"AccessDeniedException", "NotFoundException"}:
            raise SendingHalted(f"SES: {answer.code}: {message_of(answer)}. {remedy}")
        reply = f"SES: GetAccount was answered with {answer.code}: {message_of(answer)}"
        notice = f"{reply}. The granted rate is not known; set [delivery] rate"
        return AccountStatus(quota=SendQuota(), notices=(notice,))
    if answer.get("SendingEnabled") is False or answer.get("EnforcementStatus") == "SHUTDOWN":
        raise SendingHalted("SES: sending is switched off for this account. See its console for why")
    return _parse_account(answer)


def connections_for(rate: float | None) -> int:
    """Return how many calls at once it takes to use a granted rate."""
    return (
        _DEFAULT_CONNECTIONS
        if rate is None
        else max(_MIN_CONNECTIONS, min(MAX_CONNECTIONS, ceil(rate * _CALL_SECONDS)))
    )


def _parse_account(account: dict[str, Any]) -> AccountStatus:
    quota = account.get("SendQuota")
    numbers = quota if isinstance(quota, dict) else {}
    notices = []
    if account.get("ProductionAccessEnabled") is False:
        notices.append("SES: this account is in the sandbox: it mails verified addresses only")
    if account.get("EnforcementStatus") == "PROBATION":
        notices.append("SES: this account is under review, for bounces or complaints. See its console for why")
    daily = float(numbers.get("Max24HourSend") or _UNLIMITED)
    remaining = None
    if daily != _UNLIMITED:
        remaining = max(0.0, daily - float(numbers.get("SentLast24Hours") or 0))
        notices.append(f"SES: {int(remaining):,} of {int(daily):,} messages are left in these 24 hours")
    rate = float(numbers.get("MaxSendRate") or 0) or None
    send_quota = SendQuota(rate=rate, daily=None if daily == _UNLIMITED else daily, remaining=remaining)
    return AccountStatus(quota=send_quota, notices=tuple(notices))


def classify_fault(fault: ErrorResponse) -> TransportError:
    """Return the error of a fault: by its class, its status, and where classes are vague by its text."""
    message = f"SES: {fault.code or fault.status}: {message_of(fault)}"
    lowered = fault.message.lower()
    if re.search(r"daily (message|sending) quota", lowered):
        return QuotaExceeded(f"{message}. It is counted over 24 hours: send the rest when it frees")
    if fault.code in _THROTTLED or "maximum sending rate" in lowered or fault.status == 429:
        return Deferred(message)
    if fault.code in ACCOUNT_FAULTS:
        return SendingHalted(f"{message}. {ACCOUNT_FAULTS[fault.code]}")
    if "not verified" in lowered:
        return SendingHalted(f"{message}. {_SENDER_REMEDY}")
    if fault.status in {401, 403}:
        return SendingHalted(f"{message}. Check AWS's credentials and permissions")
    if 400 <= fault.status < 500:
        return Refused(message)
    return Uncertain(f"{message}: it may have been accepted")


def message_of(fault: ErrorResponse) -> str:
    """Return SES's message on one line, without its full stop, so that a remedy can follow."""
    return " ".join(re.sub("<[^>]*>", " ", fault.message).split())[:300].rstrip(".")
