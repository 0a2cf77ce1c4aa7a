"""What a relay's reply means: taken, never, not yet, not today, or nothing at all until the author acts."""

import re

from newsletter.errors import Deferred, QuotaExceeded, Refused, SendingHalted, TransportError

_SPENT = re.compile(r"daily .{0,24}(quota|limit)|quota .{0,24}per day|24.hour .{0,16}(quota|limit)")
_LOGIN = "Check [delivery.smtp] username, security and NEWSLETTER_SMTP_PASSWORD"
_IDENTITY = "Verify the sender's domain with the relay"
_STANDING = "The account may not send at present: ask whoever runs the relay"
_LISTED = re.compile(r"(client|sending) (host|server|ip) .{0,80}(block|reject|black|denied|listed)|blocked using")
_REFUSED_HERE = "It refuses this machine, whoever is written to: ask whoever runs the relay"
_OURS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"not verified|unverified (address|domain|sender|identity)"), _IDENTITY),
    (re.compile(r"is not authorized to (perform|send)"), "Allow the relay's user to send for this address"),
    (re.compile(r"configuration set .{0,80}does not exist"), "Check [delivery.smtp] configuration_set"),
    (re.compile(r"(sending|account) (is |has been |was )?(paused|suspended|disabled|shut down)"), _STANDING),
    (
        re.compile(r"relay(ing)? (access |is )?(denied|not (allowed|permitted))|(unable|not permitted) to relay"),
        _LOGIN,
    ),
    (re.compile(r"authentication (is )?required|must (authenticate|issue a starttls)|not authenticated"), _LOGIN),
)
"""Words by which relays say that the fault is not one recipient's, and what to do about it."""
_LOGIN_CODES = {530, 534, 535, 538}
"""RFC 4954 section 6, RFC 3207 section 4."""
_NOT_UNDERSTOOD = {500, 502, 503, 504}
"""RFC 5321 section 4.2.2: of commands and their order, of no recipient and no letter."""
_ENHANCED: dict[str, str] = {
    "1.7": "Check the list's 'from' and [replies]",
    "1.8": "Check the list's 'from' and [replies]",
    "7.8": _LOGIN,
    "7.9": _LOGIN,
    "7.11": _LOGIN,
}
"""RFC 3463, RFC 4954: a bad sender; credentials wrong, too weak, or to be encrypted. So for every recipient."""
_TAKEN_BY_SES = re.compile(r"Ok ([0-9a-f]{16}-[0-9a-f-]{20,60})")


def judge(message: str, code: int, text: str) -> TransportError:
    """Read a reply code as RFC 5321 section 4.2.1 does, 5yz never and 4yz not yet, but for faults that are ours.

    What would be said of every recipient halts, so that nobody is failed for it. Which words say so
    is known of Amazon SES, Postfix, Exim and Exchange.
    """
    words = text.lower()
    if _SPENT.search(words):
        return QuotaExceeded(f"{message}. The quota is counted over 24 hours: go on tomorrow")
    for pattern, remedy in _OURS:
        if pattern.search(words):
            return SendingHalted(f"{message}. {remedy}")
    if code in _LOGIN_CODES:
        return SendingHalted(f"{message}. {_LOGIN}")
    if code in _NOT_UNDERSTOOD:
        return SendingHalted(f"{message}. It does not understand us: ask whoever runs the relay")
    if code // 100 != 5:
        return Deferred(message)
    if _LISTED.search(words):
        return SendingHalted(f"{message}. {_REFUSED_HERE}")
    enhanced = re.match(r"5\.(\d{1,3}\.\d{1,3})\b", text)
    if enhanced and (remedy := _ENHANCED.get(enhanced[1], "")):
        return SendingHalted(f"{message}. {remedy}")
    return Refused(message)


def reference_of(text: str) -> str:
    """Return how the next hop names what it took: SES's MessageId, else all it said (RFC 5321 fixes no form)."""
    named = _TAKEN_BY_SES.fullmatch(text.strip())
    return named[1] if named else text
