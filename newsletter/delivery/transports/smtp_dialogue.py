"""What is said on one SMTP connection after its greeting, apart from the connection itself: octets in, octets out.

A message counts as handed over only with the last octet of its final CRLF.CRLF. A connection lost before that
octet was given to the system has certainly not delivered it (RFC 5321 section 4.1.1.4); one lost afterwards
leaves doubt. With PIPELINING (RFC 2920) the envelope of the next message follows a message at once, as section
3.1 allows: a message takes one round trip.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from newsletter.delivery.transports.smtp_replies import judge, reference_of
from newsletter.delivery.transports.transport import Envelope, Receipt, Settled
from newsletter.errors import Deferred, Halted, Refused, TransportError, Uncertain

_MAX_LINE = 8192
_MAX_LINES = 100
_AFTER_CODE = {b" ", b"\r", b""}


class _Phase(Enum):
    ENVELOPE = auto()
    AWAITED = auto()
    """The server waits for the message."""
    HANDED_OVER = auto()


@dataclass(slots=True, kw_only=True)
class _Handover:
    """One message on its way through the dialogue."""

    number: int
    commands: tuple[bytes, ...]
    octets: bytes
    """The message with its dots escaped (RFC 5321 section 4.5.2)."""
    replies: list[tuple[int, str]] = field(default_factory=list)
    phase: _Phase = _Phase.ENVELOPE


class Dialogue:
    """The client's side of it; whoever owns the connection carries octets to and fro."""

    def __init__(self, features: Mapping[str, str], place: str) -> None:
        self._place = place
        self._is_pipelining = "pipelining" in features
        size = features.get("size", "").strip()
        self._limit = int(size) if size.isdecimal() else 0
        self._has_size = "size" in features
        self._under_way: deque[_Handover] = deque()
        self._outgoing: list[bytes] = []
        self._left = memoryview(b"")
        self._behind = 0
        """Octets to be sent that follow the message handed over."""
        self._incoming = b""
        self._lines: list[bytes] = []
        self._ignored = 0
        """Replies to come that say nothing of any message."""
        self.begun = 0
        """How many messages it was asked to take."""
        self.is_over = False

    @property
    def has_room(self) -> bool:
        """Whether another message may be begun now."""
        if self.is_over or (self._ignored and not self._is_pipelining):
            return False
        if not self._under_way:
            return True
        return self._is_pipelining and len(self._under_way) == 1 and self._under_way[0].phase is _Phase.HANDED_OVER

    @property
    def is_idle(self) -> bool:
        """Whether no message is under way."""
        return not self._under_way

    @property
    def awaited(self) -> int | None:
        """The number of the message that the server waits for, if it does."""
        first = self._under_way[0] if self._under_way else None
        return first.number if first is not None and first.phase is _Phase.AWAITED else None

    @property
    def awaits_verdict(self) -> bool:
        """Whether a message is handed over to its last octet, and not answered."""
        first = self._under_way[0] if self._under_way else None
        return first is not None and first.phase is _Phase.HANDED_OVER and self._unsent() <= self._behind

    def begin(self, envelope: Envelope, message: bytes) -> None:
        """Announce a message; Refused when the server has said that it is too large."""
        if self._limit and len(message) > self._limit:
            raise Refused(f"{self._place} takes {self._limit:,} bytes at most; this letter has {len(message):,}")
        size = f" SIZE={len(message)}" if self._has_size else ""
        commands = (
            f"MAIL FROM:<{envelope.sender}>{size}\r\n".encode("ascii"),
            f"RCPT TO:<{envelope.recipient}>\r\n".encode("ascii"),
            b"DATA\r\n",
        )
        octets = message if envelope.is_dotless else message.replace(b"\r\n.", b"\r\n..")
        self.begun += 1
        self._under_way.append(_Handover(number=envelope.delivery_id, commands=commands, octets=octets))
        self._say(*(commands if self._is_pipelining else commands[:1]))

    def hand_over(self) -> None:
        """Let the message follow that the server waits for: it may be taken from now on."""
        first = self._under_way[0]
        first.phase = _Phase.HANDED_OVER
        self._say(first.octets, b".\r\n")
        self._behind = 0

    def outgoing(self) -> memoryview:
        """Return what is to be sent next."""
        if self._outgoing:
            self._left = memoryview(b"".join((self._left, *self._outgoing)))
            self._outgoing.clear()
        return self._left

    def sent(self, count: int) -> None:
        """Note that so many octets were given to the system."""
        self._left = self._left[count:]

    def heard(self, octets: bytes) -> list[Settled]:
        """Read what the server says; return what became of the messages it speaks of."""
        settled: list[Settled] = []
        *lines, self._incoming = (self._incoming + octets).split(b"\n")
        for line in lines:
            self._lines.append(line)
            if line[3:4] == b"-" and len(self._lines) < _MAX_LINES:
                continue
            settled += self._reply()
            if self.is_over:
                return [*settled, *self.broken("the server closed the connection")]
        if len(self._incoming) > _MAX_LINE:
            settled += self.broken("a reply without an end")
        return settled

    def broken(self, reason: str) -> list[Settled]:
        """End it; return what that means for the messages under way."""
        self.is_over = True
        settled: list[Settled] = [(each.number, self._broken(each, reason)) for each in self._under_way]
        self._under_way.clear()
        return settled

    def _broken(self, handover: _Handover, reason: str) -> TransportError | None:
        if handover.phase is _Phase.HANDED_OVER:
            if self._unsent() > self._behind:
                return Deferred(f"{self._place}: the connection broke before the letter's end: {reason}")
            return Uncertain(f"{self._place}: no answer after the letter was handed over: {reason}")
        return None if self.begun > 1 else Deferred(f"{self._place}: the connection was lost: {reason}")

    def _reply(self) -> Iterable[Settled]:
        """Take one whole reply of one or more lines (RFC 5321 section 4.2.1)."""
        last, texts = self._lines[-1], [line[4:].rstrip() for line in self._lines]
        self._lines.clear()
        if not (len(last[:3]) == 3 and last[:3].isdigit() and last[3:4] in _AFTER_CODE):
            # what follows could be taken for an answer to something else
            return self.broken(f"not an SMTP reply: '{last[:60].decode('utf-8', 'replace').rstrip()}'")
        code, text = int(last[:3]), b" ".join(filter(None, texts)).decode("utf-8", "replace")[:300]
        if code == 421:
            self.is_over = True
        if self._ignored:
            self._ignored -= 1
            return ()
        if not self._under_way:
            self.is_over = True  # nobody asked
            return ()
        first = self._under_way[0]
        if first.phase is _Phase.HANDED_OVER:
            self._under_way.popleft()
            return ((first.number, self._verdict(code, text)),)
        first.replies.append((code, text))
        return self._go_on(first)

    def _verdict(self, code: int, text: str) -> Receipt | TransportError:
        if code // 100 == 2:
            return Receipt(reference=reference_of(text))
        if code // 100 in {4, 5}:
            return self._judged("the letter", code, text)
        self.is_over = True
        return Uncertain(f"{self._place}: the letter was answered {code} {text}, which says neither yes nor no")

    def _go_on(self, first: _Handover) -> Iterable[Settled]:
        """Say the next command, wait for the next reply, or see what all of them together mean."""
        code, _ = first.replies[-1]
        if code == 421:
            self._under_way.popleft()
            return ((first.number, None if self.begun > 1 else self._fault(first)),)  # it takes no more here
        is_refused = code // 100 not in {2, 3}
        if len(first.replies) < len(first.commands) and (self._is_pipelining or not is_refused):
            if not self._is_pipelining:
                self._say(first.commands[len(first.replies)])
            return ()
        fault = self._fault(first)
        if fault is None:
            first.phase = _Phase.AWAITED
            return ()
        self._under_way.popleft()
        self._recover(first)
        return ((first.number, fault),)

    def _fault(self, handover: _Handover) -> TransportError | None:
        """Return why no message may follow its envelope, if none may; the sender's fault comes first."""
        (mail_code, mail_text), *rest = handover.replies
        if mail_code // 100 != 2:
            return self._judged_sender(mail_code, mail_text)
        for stage, (code, text) in zip(("the recipient", "the letter"), rest, strict=False):
            if code // 100 not in {2, 3}:
                return self._judged(stage, code, text)
        code, text = handover.replies[-1]
        return None if code == 354 else self._judged("the letter", code, text)

    def _recover(self, refused: _Handover) -> None:
        """Make the connection ready for another message, or end it; nothing was handed over."""
        replies = refused.replies
        if len(replies) == len(refused.commands) and replies[-1][0] == 354:
            if replies[1][0] // 100 == 2:
                self.is_over = True  # ending the message would deliver it, empty
                return
            self._say(b".\r\n")  # RFC 2920 section 3.1: end a message that has no recipient
            self._ignored += 1
        self._say(b"RSET\r\n")
        self._ignored += 1

    def _say(self, *octets: bytes) -> None:
        self._outgoing += octets
        self._behind += sum(map(len, octets))

    def _unsent(self) -> int:
        return len(self._left) + sum(map(len, self._outgoing))

    def _judged(self, stage: str, code: int, text: str) -> TransportError:
        return judge(f"{self._place}: {stage} was answered {code} {text}", code, text)

    def _judged_sender(self, code: int, text: str) -> TransportError:
        error = self._judged("the sender", code, text)
        if code == 552:  # RFC 1870 section 6.1: too large, whoever sends it
            return error
        return Halted(f"{error}. Check the list's 'from' and [replies]") if isinstance(error, Refused) else error
