"""What is sent over SMTP, octet by octet: one round trip a message, and doubt only after its last octet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.transports.base import Envelope, Receipt
from newsletter.delivery.transports.smtp_protocol import SmtpProtocol
from newsletter.errors import Deferred, Refused, Uncertain

ENVELOPE_TAKEN = b"250 ok\r\n250 ok\r\n354 go on\r\n"
MESSAGE = b"Subject: x\r\n\r\n.\r\nbody\r\n"


def envelope(number: int) -> Envelope:
    return Envelope(
        delivery_id=number,
        mailing_id=1,
        slug="lamp",
        sender="b@replies.example",
        from_address="news@b.example",
        recipient=f"reader{number}@c.example",
    )


def sent_by(protocol: SmtpProtocol) -> bytes:
    """Send all there is to send."""
    octets = b"".join(protocol.outgoing())
    protocol.sent(len(octets))
    return octets


def begun(*features: str) -> SmtpProtocol:
    """Return a protocol whose first message is handed over, the second one announced behind it."""
    protocol = SmtpProtocol(dict.fromkeys(features or ("pipelining",), ""), "relay")
    protocol.begin(envelope(1), MESSAGE)
    sent_by(protocol)
    assert protocol.receive(ENVELOPE_TAKEN) == []
    assert protocol.awaited == 1
    protocol.hand_over()
    assert protocol.has_room
    protocol.begin(envelope(2), MESSAGE)
    return protocol


def test_the_next_envelope_follows_a_message_at_once() -> None:
    protocol = begun()
    sent = sent_by(protocol)
    assert sent.startswith(b"Subject: x\r\n\r\n..\r\nbody\r\n.\r\nMAIL FROM:<b@replies.example>\r\n")
    assert sent.endswith(b"RCPT TO:<reader2@c.example>\r\nDATA\r\n")
    assert not protocol.has_room
    assert protocol.receive(b"250 2.0.0 taken\r\n" + ENVELOPE_TAKEN) == [(1, Receipt(reference="2.0.0 taken"))]
    assert protocol.awaited == 2


def test_without_pipelining_nothing_is_sent_before_it_is_asked_for() -> None:
    protocol = SmtpProtocol({}, "relay")
    protocol.begin(envelope(1), MESSAGE)
    for expected, reply in ((b"MAIL", b"250 ok\r\n"), (b"RCPT", b"250 ok\r\n"), (b"DATA", b"354 go\r\n")):
        sent = sent_by(protocol)
        assert sent.startswith(expected)
        assert sent.count(b"\r\n") == 1
        protocol.receive(reply)
    protocol.hand_over()
    sent_by(protocol)
    assert not protocol.has_room
    assert protocol.receive(b"250 ok\r\n") == [(1, Receipt(reference="ok"))]
    assert protocol.has_room


def test_a_message_is_uncertain_from_its_last_octet_on_whatever_follows_it() -> None:
    end = len(MESSAGE.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    for count in range(len(b"".join(begun().outgoing())) + 1):
        protocol = begun()
        protocol.sent(count)
        (first, result), (second, untouched) = protocol.connection_lost("cut")
        assert (first, second, untouched) == (1, 2, None)
        assert type(result) is (Uncertain if count >= end else Deferred), count


@given(st.lists(st.integers(1, 30), max_size=40))
def test_replies_mean_the_same_wherever_they_are_cut(lengths: list[int]) -> None:
    protocol = begun()
    sent_by(protocol)
    octets = b"250-taken\r\n250-and\r\n250 queued\r\n250 ok\r\n550 5.1.1 nobody\r\n354 go on\r\n"
    results = []
    for length in [*lengths, len(octets)]:
        results += protocol.receive(octets[:length])
        octets = octets[length:]
    (first, receipt), (second, refused) = results
    assert (first, receipt) == (1, Receipt(reference="taken and queued"))
    assert second == 2
    assert isinstance(refused, Refused)
    assert sent_by(protocol) == b".\r\nRSET\r\n"
    protocol.receive(b"554 no valid recipients\r\n250 ok\r\n")
    assert protocol.has_room
    assert not protocol.is_closed


@pytest.mark.parametrize("goodbye", [b"421 enough\r\n", b"250 taken\r\n421 enough\r\n"])
def test_a_message_of_which_only_the_envelope_was_sent_is_free_for_another_connection(goodbye: bytes) -> None:
    protocol = begun()
    sent_by(protocol)
    results = dict(protocol.receive(goodbye))
    assert protocol.is_closed
    assert isinstance(results[1], Receipt if goodbye.startswith(b"250") else Deferred)
    assert results[2] is None


@pytest.mark.parametrize(
    "replies",
    [
        b"250 taken\r\n250 taken\r\n250 ok\r\n250 ok\r\n354 go on\r\n",
        b"250 taken\r\n451 what\r\n250 ok\r\n250 ok\r\n354 go on\r\n",
        b"250 taken\r\n354 go on\r\n",
        b"250 taken\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 ok\r\n",
        b"250 taken\r\n250 ok\r\n250 ok\r\n354 go on\r\n354 go on\r\n",
    ],
)
def test_one_reply_too_many_ends_the_connection_and_results_stay(replies: bytes) -> None:
    protocol = begun()
    sent_by(protocol)
    assert protocol.receive(replies) == [(1, Receipt(reference="taken")), (2, None)]
    assert protocol.is_closed


def test_no_2xx_counts_before_the_messages_last_octet() -> None:
    whole = len(b"".join(begun().outgoing()))
    behind = len(b"MAIL FROM:<b@replies.example>\r\nRCPT TO:<reader2@c.example>\r\nDATA\r\n")
    for count in range(whole + 1):
        protocol = begun()
        protocol.sent(count)
        results = dict(protocol.receive(b"250 taken\r\n"))
        is_whole = count >= whole - behind
        assert type(results[1]) is (Receipt if is_whole else Deferred), count
        assert protocol.is_closed is not is_whole
        assert is_whole or results[2] is None


def test_a_reply_to_a_command_that_was_not_sent_ends_the_connection() -> None:
    mail, recipient = len(b"MAIL FROM:<b@replies.example>\r\n"), len(b"RCPT TO:<reader3@c.example>\r\n")
    for count, answers in ((0, 1), (mail - 1, 1), (mail, 2), (mail + recipient + 1, 3)):
        protocol = begun()
        sent_by(protocol)
        protocol.receive(b"250 taken\r\n")
        protocol.receive(ENVELOPE_TAKEN)
        protocol.hand_over()
        sent_by(protocol)
        protocol.receive(b"250 taken\r\n")
        protocol.begin(envelope(3), MESSAGE)
        protocol.sent(count)
        for _ in range(answers - 1):
            assert protocol.receive(b"250 ok\r\n") == []
        assert protocol.receive(b"451 what\r\n") == [(3, None)]
        assert protocol.is_closed


def test_an_unsolicited_reply_ends_the_connection() -> None:
    protocol = SmtpProtocol({}, "relay")
    assert protocol.receive(b"421 idle for too long\r\n") == []
    assert protocol.is_closed
