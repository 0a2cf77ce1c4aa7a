"""SMTP replies: which error a relay's reply means (RFC 5321 section 4.2, RFC 3463), refused, deferred or halted."""

import re

from newsletter.errors import Deferred, QuotaExceeded, Refused, SendingHalted, TransportError

_QUOTA_EXCEEDED = re.compile(r"daily .{0,24}(quota|limit)|quota .{0,24}per day|24.hour .{0,16}(quota|limit)")
_LOGIN = "Check [delivery.smtp] username, security and NEWSLETTER_SMTP_PASSWORD"
_IDENTITY = "Verify the sender's domain with the relay"
_SUSPENDED = "The account may not send at present: ask the mail server's administrator"
_BLOCKLISTED = re.compile(r"(client|sending) (host|server|ip) .{0,80}(block|reject|black|denied|listed)|blocked using")
_HOST_REFUSED = "It refuses this machine, whoever the recipient is: ask the mail server's administrator"
_ACCOUNT_ERRORS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"not verified|unverified (address|domain|sender|identity)"), _IDENTITY),
    (re.compile(r"is not authorized to (perform|send)"), "Allow the relay's user to send for this address"),
    (re.compile(r"configuration set .{0,80}does not exist"), "Check [delivery.smtp] configuration_set"),
    (re.compile(r"(sending|account) (is |has been |was )?(paused|suspended|disabled|shut down)"), _SUSPENDED),
    (
        re.compile(r"relay(ing)? (access |is )?(denied|not (allowed|permitted))|(unable|not permitted) to relay"),
        _LOGIN,
    ),
    (re.compile(r"authentication (is )?required|must (authenticate|issue a starttls)|not authenticated"), _LOGIN),
)
"""Texts by which relays say that the error is not about one recipient, and the remedy."""
_LOGIN_CODES = {530, 534, 535, 538}
"""RFC 4954 section 6, RFC 3207 section 4."""
_SYNTAX_ERRORS = {500, 502, 503, 504}
"""RFC 5321 section 4.2.2: about commands and their order, not about a recipient or a message."""
_ENHANCED: dict[str, str] = {
    "1.7": "Check the list's 'from' and [replies]",
    "1.8": "Check the list's 'from' and [replies]",
    "7.8": _LOGIN,
    "7.9": _LOGIN,
    "7.11": _LOGIN,
}
"""RFC 3463, RFC 4954: a bad sender; credentials wrong, too weak, or to be encrypted. The same for every recipient."""
_ACCEPTED_BY_SES = re.compile(r"Ok ([0-9a-f]{16}-[0-9a-f-]{20,60})")


def classify_reply(message: str, code: int, text: str) -> TransportError:
    """Return the error of a negative reply: 5yz is Refused, 4yz is Deferred (RFC 5321 section 4.2.1).

    What would be answered for every recipient is SendingHalted, so that no delivery fails for it: the texts are those
    of Amazon SES, Postfix, Exim and Exchange. A spent daily quota is QuotaExceeded.
    """
    lowered = text.lower()
    if _QUOTA_EXCEEDED.search(lowered):
        return QuotaExceeded(f"{message}. The quota is counted over 24 hours: send the rest tomorrow")
    for pattern, remedy in _ACCOUNT_ERRORS:
        if pattern.search(lowered):
            return SendingHalted(f"{message}. {remedy}")
    if code in _LOGIN_CODES:
        return SendingHalted(f"{message}. {_LOGIN}")
    if code in _SYNTAX_ERRORS:
        return SendingHalted(f"{message}. It does not understand the command: ask the mail server's administrator")
    if code // 100 != 5:
        return Deferred(message)
    if _BLOCKLISTED.search(lowered):
        return SendingHalted(f"{message}. {_HOST_REFUSED}")
    enhanced = re.match(r"5\.(\d{1,3}\.\d{1,3})\b", text)
    if enhanced and (remedy := _ENHANCED.get(enhanced[1], "")):
        return SendingHalted(f"{message}. {remedy}")
    return Refused(message)


def reference_of(text: str) -> str:
    """Return the reference in the final reply: SES's MessageId, else the whole text (RFC 5321 fixes no form)."""
    match = _ACCEPTED_BY_SES.fullmatch(text.strip())
    return match[1] if match else text
