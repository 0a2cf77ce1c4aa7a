"""What is said on one SMTP connection after its greeting, apart from the connection itself: octets in, octets out.

A message counts as handed over only with the last octet of its final CRLF.CRLF. A connection lost before that
octet was given to the system has certainly not delivered it (RFC 5321 section 4.1.1.4); one lost afterwards
leaves doubt. With PIPELINING (RFC 2920) the envelope of the next message follows a message at once, as section
3.1 allows: a message takes one round trip.

Replies are told apart by their order alone. One that nobody asked for, or that cannot be the answer to what was
said, ends the dialogue: from then on any reply could be taken for that to another message.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from newsletter.delivery.transports.base import Envelope, Receipt, Settled
from newsletter.delivery.transports.smtp_replies import judge, reference_of
from newsletter.errors import Deferred, Refused, SendingHalted, TransportError, Uncertain

_MAX_LINE = 8192
_MAX_LINES = 100
_AFTER_CODE = {b" ", b"\r", b""}
_END = b".\r\n"
_GO_AHEAD = 354
_CLOSING = 421
_TOO_LARGE = 552
"""RFC 1870 section 6.1: whoever sends it."""


class _Phase(Enum):
    ENVELOPE = auto()
    AWAITED = auto()
    """The server waits for the message."""
    HANDED_OVER = auto()


class _Reply(NamedTuple):
    """One whole reply of one or more lines (RFC 5321 section 4.2.1)."""

    code: int
    lines: Sequence[bytes]

    @property
    def text(self) -> str:
        """What it says, on one line; hardly ever wanted, for most replies are those expected."""
        return b" ".join(filter(None, (line[4:].rstrip() for line in self.lines))).decode("utf-8", "replace")[:300]


@dataclass(slots=True, kw_only=True)
class _Handover:
    """One message on its way through the dialogue."""

    number: int
    commands: tuple[bytes, ...]
    octets: bytes
    """The message with its dots escaped (RFC 5321 section 4.5.2)."""
    replies: list[_Reply] = field(default_factory=list)
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
        self._outgoing: deque[memoryview] = deque()
        self._unsent = 0
        """How many octets that is."""
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
        return first is not None and first.phase is _Phase.HANDED_OVER and self._unsent <= self._behind

    def begin(self, envelope: Envelope, message: bytes) -> None:
        """Announce a message; SendingHalted when the server has said that it takes none of this size."""
        if self._limit and len(message) > self._limit:
            raise SendingHalted(
                f"{self._place} takes {self._limit:,} bytes at most; this letter has {len(message):,}. "
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
        self._under_way.append(_Handover(number=envelope.delivery_id, commands=commands, octets=octets))
        self._say(*(commands if self._is_pipelining else commands[:1]))

    def hand_over(self) -> None:
        """Let the message follow that the server waits for: it may be taken from now on."""
        first = self._under_way[0]
        first.phase = _Phase.HANDED_OVER
        self._say(first.octets, _END)
        self._behind = 0

    @property
    def has_outgoing(self) -> bool:
        """Whether anything is to be sent."""
        return bool(self._unsent)

    def outgoing(self) -> Sequence[memoryview]:
        """Return what is to be sent next, in order."""
        return self._outgoing

    def sent(self, count: int) -> None:
        """Note that so many octets were given to the system."""
        self._unsent -= count
        outgoing = self._outgoing
        while outgoing and count >= len(outgoing[0]):
            count -= len(outgoing.popleft())
        if count:
            outgoing[0] = outgoing[0][count:]

    def heard(self, octets: bytes) -> list[Settled]:
        """Read what the server says; return what became of the messages it speaks of."""
        settled: list[Settled] = []
        *lines, self._incoming = (self._incoming + octets).split(b"\n")
        for line in lines:
            self._lines.append(line)
            if line[3:4] == b"-" and len(self._lines) < _MAX_LINES:
                continue
            reply, self._lines = self._lines, []
            settled += self._heard(reply)
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
            if self._unsent > self._behind:
                return Deferred(f"{self._place}: the connection broke before the letter's end: {reason}")
            return Uncertain(f"{self._place}: no answer after the letter was handed over: {reason}")
        return None if self.begun > 1 else Deferred(f"{self._place}: the connection was lost: {reason}")

    def _heard(self, lines: Sequence[bytes]) -> Iterable[Settled]:
        """Take one whole reply."""
        last = lines[-1]
        if not (len(last[:3]) == 3 and last[:3].isdigit() and last[3:4] in _AFTER_CODE):
            # what follows could be taken for an answer to something else
            return self.broken(f"not an SMTP reply: '{last[:60].decode('utf-8', 'replace').rstrip()}'")
        reply = _Reply(int(last[:3]), lines)
        if reply.code == _CLOSING:
            self.is_over = True
        if self._ignored:
            self._ignored -= 1
            return ()
        if not self._under_way:
            self.is_over = True  # nobody asked
            return ()
        first = self._under_way[0]
        if reply.code != _CLOSING and self._is_unasked(first, reply):
            return self.broken(f"it answered what was not asked: {reply.code} {reply.text}")
        if first.phase is _Phase.HANDED_OVER:
            self._under_way.popleft()
            return ((first.number, self._verdict(reply)),)
        first.replies.append(reply)
        return self._go_on(first, reply)

    def _is_unasked(self, first: _Handover, reply: _Reply) -> bool:
        """Whether no such reply can be one to what was said last."""
        if first.phase is _Phase.HANDED_OVER:  # which some refuse before they have heard all of it
            return self._unsent > self._behind and reply.code // 100 not in {4, 5}
        if first.phase is _Phase.AWAITED:
            return True
        answered = len(first.replies) + 1
        is_data = answered == len(first.commands)
        if reply.code // 100 == 2 if is_data else reply.code == _GO_AHEAD:
            return True
        if not self._unsent:
            return False
        said = first.commands if self._is_pipelining else first.commands[:answered]
        return self._unsent > sum(map(len, said[answered:]))

    def _verdict(self, reply: _Reply) -> Receipt | TransportError:
        if reply.code // 100 == 2:
            return Receipt(reference=reference_of(reply.text))
        if reply.code // 100 in {4, 5}:
            return self._judged("the letter", reply)
        self.is_over = True
        return Uncertain(
            f"{self._place}: the letter was answered {reply.code} {reply.text}, which says neither yes nor no"
        )

    def _go_on(self, first: _Handover, reply: _Reply) -> Iterable[Settled]:
        """Say the next command, wait for the next reply, or see what all of them together mean."""
        if reply.code == _CLOSING:
            self._under_way.popleft()
            return ((first.number, None if self.begun > 1 else self._fault(first)),)  # it takes no more here
        if len(first.replies) < len(first.commands) and (self._is_pipelining or reply.code // 100 in {2, 3}):
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
        mail, *rest = handover.replies
        if mail.code // 100 != 2:
            return self._judged_sender(mail)
        for stage, reply in zip(("the recipient", "the letter"), rest, strict=False):
            if reply.code // 100 not in {2, 3}:
                return self._judged(stage, reply)
        last = handover.replies[-1]
        return None if last.code == _GO_AHEAD else self._judged("the letter", last)

    def _recover(self, refused: _Handover) -> None:
        """Make the connection ready for another message, or end it; nothing was handed over."""
        replies = refused.replies
        if len(replies) == len(refused.commands) and replies[-1].code == _GO_AHEAD:
            if replies[1].code // 100 == 2:
                self.is_over = True  # ending the message would deliver it, empty
                return
            self._say(_END)  # RFC 2920 section 3.1: end a message that has no recipient
            self._ignored += 1
        self._say(b"RSET\r\n")
        self._ignored += 1

    def _say(self, *octets: bytes) -> None:
        self._outgoing.extend(map(memoryview, octets))
        number = sum(map(len, octets))
        self._behind += number
        self._unsent += number

    def _judged(self, stage: str, reply: _Reply) -> TransportError:
        said = reply.text
        return judge(f"{self._place}: {stage} was answered {reply.code} {said}", reply.code, said)

    def _judged_sender(self, reply: _Reply) -> TransportError:
        error = self._judged("the sender", reply)
        if reply.code == _TOO_LARGE:
            return error
        return SendingHalted(f"{error}. Check the list's 'from' and [replies]") if isinstance(error, Refused) else error
