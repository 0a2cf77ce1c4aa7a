"""SMTP without its socket: what a client sends and receives on one connection after logging in (RFC 5321).

A message counts as handed over only with the last octet of its final CRLF.CRLF. A connection lost before that octet
was given to the system has certainly not delivered it (RFC 5321 section 4.1.1.4); one lost afterwards leaves the
message uncertain. With PIPELINING (RFC 2920) the envelope of the next message follows a message at once, as section
3.1 allows: a message takes one round trip.

Replies are matched to messages by their order alone. One that was not asked for, or that cannot be the answer to what
was sent, ends the connection: from then on any reply could belong to another message.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from newsletter.delivery.transports.base import Envelope, Receipt, SubmitResult
from newsletter.delivery.transports.smtp_replies import classify_reply, reference_of
from newsletter.errors import Deferred, Refused, SendingHalted, TransportError, Uncertain

_MAX_LINE = 8192
_MAX_LINES = 100
_AFTER_CODE = {b" ", b"\r", b""}
_END = b".\r\n"
_START_MAIL_INPUT = 354
_CLOSING = 421
_TOO_LARGE = 552
"""RFC 1870 section 6.1: the message is too large, whoever sends it."""


class _Phase(Enum):
    ENVELOPE = auto()
    AWAITED = auto()
    """All of the envelope is accepted, and the server waits for the message."""
    HANDED_OVER = auto()


class _Reply(NamedTuple):
    """One whole reply of one or more lines (RFC 5321 section 4.2.1)."""

    code: int
    lines: Sequence[bytes]

    @property
    def text(self) -> str:
        """The reply's text on one line; rarely needed, so made only then."""
        return b" ".join(filter(None, (line[4:].rstrip() for line in self.lines))).decode("utf-8", "replace")[:300]


@dataclass(slots=True, kw_only=True)
class _Transaction:
    """One message in progress: a mail transaction (RFC 5321 section 3.3)."""

    number: int
    commands: tuple[bytes, ...]
    octets: bytes
    """The message with its dots escaped (RFC 5321 section 4.5.2)."""
    replies: list[_Reply] = field(default_factory=list)
    phase: _Phase = _Phase.ENVELOPE


class SmtpProtocol:
    """The client's state machine; the owner of the socket sends `outgoing` and passes on what it receives."""

    def __init__(self, features: Mapping[str, str], place: str) -> None:
        self._place = place
        self._is_pipelining = "pipelining" in features
        size = features.get("size", "").strip()
        self._limit = int(size) if size.isdecimal() else 0
        self._has_size = "size" in features
        self._transactions: deque[_Transaction] = deque()
        self._outgoing: deque[memoryview] = deque()
        self._unsent = 0
        """Octets in `_outgoing`."""
        self._after_message = 0
        """Of these, octets that follow the message handed over."""
        self._incoming = b""
        self._lines: list[bytes] = []
        self._ignored_replies = 0
        """Replies still to come that concern no message."""
        self.begun = 0
        """How many messages were begun on this connection."""
        self.is_closed = False

    @property
    def has_room(self) -> bool:
        """Whether another message may be begun now."""
        if self.is_closed or (self._ignored_replies and not self._is_pipelining):
            return False
        if not self._transactions:
            return True
        return (
            self._is_pipelining and len(self._transactions) == 1 and self._transactions[0].phase is _Phase.HANDED_OVER
        )

    @property
    def is_idle(self) -> bool:
        """Whether no message is in progress."""
        return not self._transactions

    @property
    def awaited(self) -> int | None:
        """The delivery whose message the server waits for, if it does."""
        first = self._transactions[0] if self._transactions else None
        return first.number if first is not None and first.phase is _Phase.AWAITED else None

    @property
    def awaits_final_reply(self) -> bool:
        """Whether a message was sent to its last octet and is not answered yet."""
        first = self._transactions[0] if self._transactions else None
        return first is not None and first.phase is _Phase.HANDED_OVER and self._unsent <= self._after_message

    def begin(self, envelope: Envelope, message: bytes) -> None:
        """Send a message's envelope; SendingHalted when it is larger than the server's SIZE limit (RFC 1870)."""
        if self._limit and len(message) > self._limit:
            raise SendingHalted(
                f"{self._place} accepts {self._limit:,} bytes at most; this message has {len(message):,}. "
                "Shorten it, or ask the provider for more"
            )
        size = f" SIZE={len(message)}" if self._has_size else ""
        commands = (
            f"MAIL FROM:<{envelope.sender}>{size}\r\n".encode("ascii"),
            f"RCPT TO:<{envelope.recipient}>\r\n".encode("ascii"),
            b"DATA\r\n",
        )
        octets = message if envelope.is_dotless else message.replace(b"\r\n.", b"\r\n..")
        self.begun += 1
        self._transactions.append(_Transaction(number=envelope.delivery_id, commands=commands, octets=octets))
        self._send(*(commands if self._is_pipelining else commands[:1]))

    def hand_over(self) -> None:
        """Send the message that the server waits for: it may be accepted from now on."""
        first = self._transactions[0]
        first.phase = _Phase.HANDED_OVER
        self._send(first.octets, _END)
        self._after_message = 0

    @property
    def has_outgoing(self) -> bool:
        """Whether anything is to be sent."""
        return bool(self._unsent)

    def outgoing(self) -> Sequence[memoryview]:
        """Return what is to be sent next, in order."""
        return self._outgoing

    def sent(self, count: int) -> None:
        """Drop from `outgoing` the octets that were given to the system."""
        self._unsent -= count
        outgoing = self._outgoing
        while outgoing and count >= len(outgoing[0]):
            count -= len(outgoing.popleft())
        if count:
            outgoing[0] = outgoing[0][count:]

    def receive(self, octets: bytes) -> list[SubmitResult]:
        """Parse what the server sent; return the results of the messages that it answered."""
        results: list[SubmitResult] = []
        *lines, self._incoming = (self._incoming + octets).split(b"\n")
        for line in lines:
            self._lines.append(line)
            if line[3:4] == b"-" and len(self._lines) < _MAX_LINES:
                continue
            reply, self._lines = self._lines, []
            results += self._apply_reply(reply)
            if self.is_closed:
                return [*results, *self.connection_lost("the server closed the connection")]
        if len(self._incoming) > _MAX_LINE:
            results += self.connection_lost("an endless reply")
        return results

    def connection_lost(self, reason: str) -> list[SubmitResult]:
        """End the protocol; return the results of the messages in progress."""
        self.is_closed = True
        results: list[SubmitResult] = [
            (transaction.number, self._result_without_reply(transaction, reason)) for transaction in self._transactions
        ]
        self._transactions.clear()
        return results

    def _result_without_reply(self, transaction: _Transaction, reason: str) -> TransportError | None:
        if transaction.phase is _Phase.HANDED_OVER:
            if self._unsent > self._after_message:
                return Deferred(f"{self._place}: the connection broke before the end of the message: {reason}")
            return Uncertain(f"{self._place}: no answer after the message was handed over: {reason}")
        return None if self.begun > 1 else Deferred(f"{self._place}: the connection was lost: {reason}")

    def _apply_reply(self, lines: Sequence[bytes]) -> Iterable[SubmitResult]:
        """Apply one whole reply to the message it answers."""
        last = lines[-1]
        if not (len(last[:3]) == 3 and last[:3].isdigit() and last[3:4] in _AFTER_CODE):
            # whatever follows could be mistaken for an answer to something else
            return self.connection_lost(f"not an SMTP reply: '{last[:60].decode('utf-8', 'replace').rstrip()}'")
        reply = _Reply(int(last[:3]), lines)
        if reply.code == _CLOSING:
            self.is_closed = True
        if self._ignored_replies:
            self._ignored_replies -= 1
            return ()
        if not self._transactions:
            self.is_closed = True  # an unsolicited reply
            return ()
        first = self._transactions[0]
        if reply.code != _CLOSING and self._is_unexpected(first, reply):
            return self.connection_lost(f"unexpected reply: {reply.code} {reply.text}")
        if first.phase is _Phase.HANDED_OVER:
            self._transactions.popleft()
            return ((first.number, self._final_result(reply)),)
        first.replies.append(reply)
        return self._advance(first, reply)

    def _is_unexpected(self, first: _Transaction, reply: _Reply) -> bool:
        """Whether the reply cannot be an answer to what was sent last."""
        if first.phase is _Phase.HANDED_OVER:  # which some servers refuse before they have received all of it
            return self._unsent > self._after_message and reply.code // 100 not in {4, 5}
        if first.phase is _Phase.AWAITED:
            return True
        answered = len(first.replies) + 1
        is_data = answered == len(first.commands)
        if reply.code // 100 == 2 if is_data else reply.code == _START_MAIL_INPUT:
            return True
        if not self._unsent:
            return False
        sent = first.commands if self._is_pipelining else first.commands[:answered]
        return self._unsent > sum(map(len, sent[answered:]))

    def _final_result(self, reply: _Reply) -> Receipt | TransportError:
        if reply.code // 100 == 2:
            return Receipt(reference=reference_of(reply.text))
        if reply.code // 100 in {4, 5}:
            return self._error("the message", reply)
        self.is_closed = True
        return Uncertain(
            f"{self._place}: the message was answered {reply.code} {reply.text}, which neither accepts nor refuses it"
        )

    def _advance(self, first: _Transaction, reply: _Reply) -> Iterable[SubmitResult]:
        """Send the next command, wait for the next reply, or decide what all replies to the envelope mean."""
        if reply.code == _CLOSING:
            self._transactions.popleft()  # the server accepts no more on this connection
            return ((first.number, None if self.begun > 1 else self._envelope_error(first)),)
        if len(first.replies) < len(first.commands) and (self._is_pipelining or reply.code // 100 in {2, 3}):
            if not self._is_pipelining:
                self._send(first.commands[len(first.replies)])
            return ()
        error = self._envelope_error(first)
        if error is None:
            first.phase = _Phase.AWAITED
            return ()
        self._transactions.popleft()
        self._reset(first)
        return ((first.number, error),)

    def _envelope_error(self, transaction: _Transaction) -> TransportError | None:
        """Return why no message may follow the envelope, if so; a fault of the sender comes first."""
        mail, *rest = transaction.replies
        if mail.code // 100 != 2:
            return self._sender_error(mail)
        for stage, reply in zip(("the recipient", "the message"), rest, strict=False):
            if reply.code // 100 not in {2, 3}:
                return self._error(stage, reply)
        last = transaction.replies[-1]
        return None if last.code == _START_MAIL_INPUT else self._error("the message", last)

    def _reset(self, refused: _Transaction) -> None:
        """Reset the connection for another message, or end it; nothing was handed over."""
        replies = refused.replies
        if len(replies) == len(refused.commands) and replies[-1].code == _START_MAIL_INPUT:
            if replies[1].code // 100 == 2:
                self.is_closed = True  # ending the message would deliver it, empty
                return
            self._send(_END)  # RFC 2920 section 3.1: end a message that has no recipient
            self._ignored_replies += 1
        self._send(b"RSET\r\n")
        self._ignored_replies += 1

    def _send(self, *octets: bytes) -> None:
        self._outgoing.extend(map(memoryview, octets))
        number = sum(map(len, octets))
        self._after_message += number
        self._unsent += number

    def _error(self, stage: str, reply: _Reply) -> TransportError:
        text = reply.text
        return classify_reply(f"{self._place}: {stage} was answered {reply.code} {text}", reply.code, text)

    def _sender_error(self, reply: _Reply) -> TransportError:
        error = self._error("the sender", reply)
        if reply.code == _TOO_LARGE:
            return error
        return SendingHalted(f"{error}. Check the list's 'from' and [replies]") if isinstance(error, Refused) else error
