"""Amazon SES, API v2: one SendEmail call with the raw message for each delivery, never repeated by itself.

Every mail carries the delivery's tag, so that SES's own events can settle what a lost answer left
in doubt. SES has no idempotency token.
"""

import re

from newsletter.aws import Fault, Keys, call, make_client, open_lean_ses
from newsletter.delivery.transports.transport import Envelope, Receipt
from newsletter.errors import Deferred, Halted, QuotaSpent, Refused, TransportError, Uncertain
from newsletter.settings import Ses

_UNLIMITED = -1
_SENDER_REMEDY = "Verify the list's 'from' domain in SES, in this region"
_ACCOUNT: dict[str, str] = {
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


class SesTransport:
    """Submits to SES as `[delivery.ses]` and AWS's own settings say."""

    name = "ses"

    def __init__(self, ses: Ses, keys: Keys | None = None) -> None:
        """Make the client and ask the account what it grants; Halted when it may not send at all.

        With `keys` no credentials are looked up, and no proxy is used.
        """
        self.connections = ses.connections
        self._configuration_set = ses.configuration_set
        self._client = make_client(
            "sesv2", region=ses.region, endpoint=ses.endpoint, connections=ses.connections, keys=keys
        )
        is_lean = ses.client == "lean"
        self._lean = open_lean_ses(self._client, keys=keys) if is_lean else None
        self.rate: float | None = None
        self.notices: tuple[str, ...] = ()
        self._read_account()

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        """Hand over one message; its reference is SES's MessageId."""
        arguments = {
            "FromEmailAddress": envelope.from_address,
            "Destination": {"ToAddresses": [envelope.recipient]},
            "Content": {"Raw": {"Data": message}},
            "EmailTags": [
                {"Name": "delivery", "Value": str(envelope.delivery_id)},
                {"Name": "mailing", "Value": str(envelope.mailing_id)},
                {"Name": "issue", "Value": envelope.slug},
            ],
            "ConfigurationOverrides": {
                "Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}
            },
        }
        if self._configuration_set:
            arguments["ConfigurationSetName"] = self._configuration_set
        answer = call((self._lean or self._client).send_email, **arguments)
        if isinstance(answer, Fault):
            raise judge(answer)
        reference = answer.get("MessageId")
        if not reference:
            raise Uncertain("SES: an answer without a MessageId")
        return Receipt(reference=str(reference))

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()
        if self._lean is not None:
            self._lean.close()

    def _read_account(self) -> None:
        try:
            answer = call(self._client.get_account)
        except (Deferred, Uncertain) as error:
            self.notices = (f"{error}. The granted rate is not known",)
            return
        if isinstance(answer, Fault):
            remedy = _ACCOUNT.get(answer.code, "")
            if remedy and answer.code not in {"AccessDeniedException", "NotFoundException"}:
                raise Halted(f"SES: {answer.code}: {_words(answer)}. {remedy}")
            said = f"SES: GetAccount was answered {answer.code}: {_words(answer)}"
            self.notices = (f"{said}. The granted rate is not known; set [delivery] rate",)
            return
        if answer.get("SendingEnabled") is False:
            raise Halted("SES: sending is switched off for this account. See its console for why")
        self.rate, self.notices = _allowance(answer)


def _allowance(account: dict[str, object]) -> tuple[float | None, tuple[str, ...]]:
    """Return the rate and what the author should know, from GetAccount's answer."""
    quota = account.get("SendQuota")
    numbers = quota if isinstance(quota, dict) else {}
    rate = float(numbers.get("MaxSendRate") or 0) or None
    notices = []
    if account.get("ProductionAccessEnabled") is False:
        notices.append("SES: this account is in the sandbox: it mails verified addresses only")
    daily = float(numbers.get("Max24HourSend") or _UNLIMITED)
    if daily != _UNLIMITED:
        left = max(0, int(daily - float(numbers.get("SentLast24Hours") or 0)))
        notices.append(f"SES: {left:,} of {int(daily):,} messages are left in these 24 hours")
    return rate, tuple(notices)


def judge(fault: Fault) -> TransportError:
    """Say what a fault means for the message: by its class, its status, and where classes are vague its words."""
    message = f"SES: {fault.code or fault.status}: {_words(fault)}"
    words = fault.message.lower()
    if re.search(r"daily (message|sending) quota", words):
        return QuotaSpent(f"{message}. It is counted over 24 hours: go on when it frees")
    if fault.code in _TOO_FAST or "maximum sending rate" in words or fault.status == 429:
        return Deferred(message)
    if fault.code in _ACCOUNT:
        return Halted(f"{message}. {_ACCOUNT[fault.code]}")
    if "not verified" in words:
        return Halted(f"{message}. {_SENDER_REMEDY}")
    if fault.status in {401, 403}:
        return Halted(f"{message}. Check AWS's credentials and permissions")
    if 400 <= fault.status < 500:
        return Refused(message)
    return Uncertain(f"{message}: it may have been taken")


def _words(fault: Fault) -> str:
    """Return what SES says on one line, without its full stop, for our own words follow."""
    return " ".join(fault.message.split()).rstrip(".")
