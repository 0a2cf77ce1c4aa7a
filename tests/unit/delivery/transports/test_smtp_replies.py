"""What is said of every recipient halts a mailing: nobody is failed for a fault that is not theirs."""

import pytest

from newsletter.delivery.transports.smtp_replies import classify_reply
from newsletter.errors import Deferred, QuotaExceeded, Refused, SendingHalted


@pytest.mark.parametrize(
    ("code", "text", "error"),
    [
        (550, "5.1.1 <ada@example.org>: Recipient address rejected: User unknown", Refused),
        (521, "5.3.2 host does not accept mail", Refused),
        (501, "5.1.3 Bad recipient address syntax", Refused),
        (554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", SendingHalted),
        (550, "5.7.1 Your sending IP [192.0.2.1] is blacklisted", SendingHalted),
        (450, "4.7.1 Client host rejected: cannot find your reverse hostname", Deferred),
        (500, "5.5.2 Error: bad syntax", SendingHalted),
        (502, "5.5.1 Command not implemented", SendingHalted),
        (503, "5.5.1 Error: nested MAIL command", SendingHalted),
        (530, "5.7.0 Must issue a STARTTLS command first", SendingHalted),
        (451, "4.3.0 later", Deferred),
        (454, "Throttling failure: Daily message quota exceeded", QuotaExceeded),
    ],
)
def test_who_is_at_fault_decides_whether_one_letter_or_the_mailing_stops(
    code: int, text: str, error: type[Exception]
) -> None:
    classify_replyd = classify_reply(f"relay: the recipient was answered {code} {text}", code, text)
    assert type(classify_replyd) is error
    assert text in str(classify_replyd)
