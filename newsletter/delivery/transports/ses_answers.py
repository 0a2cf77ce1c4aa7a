"""What SES answers, and what that means: for the message at hand, and for the account."""

import re
from dataclasses import dataclass
from math import ceil
from typing import Any

from newsletter.aws import ErrorResponse, call
from newsletter.delivery.transports.base import Allowance
from newsletter.errors import Deferred, QuotaExceeded, Refused, SendingHalted, TransportError, Uncertain

MOST_CONNECTIONS = 64
_UNLIMITED = -1
_FEWEST, _UNKNOWN = 4, 8
_CALL_SECONDS = 0.12
"""What a call takes, of a message from another continent."""
_SENDER_REMEDY = "Verify the list's 'from' domain in SES, in this region"
ACCOUNT: dict[str, str] = {
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
"""Faults of the account: no message will be taken until the author has acted."""
_TOO_FAST = {
    "TooManyRequestsException",
    "ThrottlingException",
    "Throttling",
    "RequestThrottled",
    "LimitExceededException",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFound:
    """What GetAccount said."""

    allowance: Allowance
    notices: tuple[str, ...]
    """What the author should know before sending."""


def read_allowance(client: Any) -> AccountFound:
    """Ask an account what it grants; SendingHalted when it may not send, Deferred or Uncertain without an answer."""
    answer = call(client.get_account)
    if isinstance(answer, ErrorResponse):
        remedy = ACCOUNT.get(answer.code, "")
        if remedy and answer.code not in {"AccessDeniedException", "NotFoundException"}:
            raise SendingHalted(f"SES: {answer.code}: {words_of(answer)}. {remedy}")
        said = f"SES: GetAccount was answered {answer.code}: {words_of(answer)}"
        notice = f"{said}. The granted rate is not known; set [delivery] rate"
        return AccountFound(allowance=Allowance(), notices=(notice,))
    if answer.get("SendingEnabled") is False or answer.get("EnforcementStatus") == "SHUTDOWN":
        raise SendingHalted("SES: sending is switched off for this account. See its console for why")
    return _found(answer)


def connections_for(rate: float | None) -> int:
    """Return how many calls must be under way at once to use a granted rate."""
    return _UNKNOWN if rate is None else max(_FEWEST, min(MOST_CONNECTIONS, ceil(rate * _CALL_SECONDS)))


def _found(account: dict[str, Any]) -> AccountFound:
    quota = account.get("SendQuota")
    numbers = quota if isinstance(quota, dict) else {}
    notices = []
    if account.get("ProductionAccessEnabled") is False:
        notices.append("SES: this account is in the sandbox: it mails verified addresses only")
    if account.get("EnforcementStatus") == "PROBATION":
        notices.append("SES: this account is under review, for bounces or complaints. See its console for why")
    daily = float(numbers.get("Max24HourSend") or _UNLIMITED)
    left = None
    if daily != _UNLIMITED:
        left = max(0.0, daily - float(numbers.get("SentLast24Hours") or 0))
        notices.append(f"SES: {int(left):,} of {int(daily):,} messages are left in these 24 hours")
    rate = float(numbers.get("MaxSendRate") or 0) or None
    allowance = Allowance(rate=rate, daily=None if daily == _UNLIMITED else daily, left=left)
    return AccountFound(allowance=allowance, notices=tuple(notices))


def judge(fault: ErrorResponse) -> TransportError:
    """Say what a fault means for the message: by its class, its status, and where classes are vague its words."""
    message = f"SES: {fault.code or fault.status}: {words_of(fault)}"
    words = fault.message.lower()
    if re.search(r"daily (message|sending) quota", words):
        return QuotaExceeded(f"{message}. It is counted over 24 hours: go on when it frees")
    if fault.code in _TOO_FAST or "maximum sending rate" in words or fault.status == 429:
        return Deferred(message)
    if fault.code in ACCOUNT:
        return SendingHalted(f"{message}. {ACCOUNT[fault.code]}")
    if "not verified" in words:
        return SendingHalted(f"{message}. {_SENDER_REMEDY}")
    if fault.status in {401, 403}:
        return SendingHalted(f"{message}. Check AWS's credentials and permissions")
    if 400 <= fault.status < 500:
        return Refused(message)
    return Uncertain(f"{message}: it may have been taken")


def words_of(fault: ErrorResponse) -> str:
    """Return what SES says on one line, without its full stop, for our own words follow."""
    return " ".join(re.sub("<[^>]*>", " ", fault.message).split())[:300].rstrip(".")
