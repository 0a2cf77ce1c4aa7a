"""When the next message may leave, and when one that was put off is tried again; the clock is handed in."""

from dataclasses import dataclass, field, replace
from typing import Protocol

USED = 0.975
"""Of a granted rate: messages never arrive as evenly as they leave, and the next hop counts arrivals."""
SLOWEST = 0.1
RECOVERY = 0.05
"""Of the full rate, for each second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How long is waited before something is tried again, in seconds."""

    retry: tuple[int, ...] = (5, 30, 120)
    """A delivery that was put off, by how often it has been; then it is left for another run."""
    cool: tuple[float, ...] = (1, 2, 4, 8, 16)
    """Everything, when the next hop takes nothing at all, round after round."""
    cold_rounds: int = 2
    """How many such rounds are borne when it has taken nothing yet: then it is probably not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """Where one rate stands: when the next message may leave, and how far refusals have lowered it."""

    next: float = 0.0
    """A moment of the clock that its keeper goes by, as all moments here."""
    share: float = 1.0
    """Of the rate: 1 down to a tenth."""
    slowed: float = float("-inf")
    recovered: float = 0.0

    def booked(self, count: int, rate: float, now: float) -> "Beat":
        """Return it with `count` messages more, at most `rate` of them a second (generic cell rate algorithm)."""
        return replace(self, next=max(self.next, now) + count / (rate * self.share))

    def slowed_down(self, now: float) -> "Beat":
        """Return it at half its rate, but no oftener than once a second, and never below a tenth."""
        if self.slowed <= now < self.slowed + 1:
            return self
        return replace(self, share=max(SLOWEST, self.share / 2), slowed=now, recovered=now)

    def come_back(self, now: float) -> "Beat":
        """Return it nearer to the full rate, by a twentieth of that for each second."""
        gained = RECOVERY * min(1.0, max(0.0, now - self.recovered))
        return replace(self, share=min(1.0, self.share + gained), recovered=now)


class Book(Protocol):
    """Where the messages of one account are booked, whoever sends them; its moments are of our clock."""

    def take(self, count: int, rate: float, now: float) -> tuple[float, float]:
        """Book `count` messages not before `now`; return when the first may leave, and the rate's share."""

    def slow_down(self, now: float) -> None:
        """Halve the rate of everybody who books here."""

    def recover(self, now: float) -> None:
        """Let it come back."""


@dataclass(slots=True, kw_only=True)
class Pace:
    """A steady rate without bursts, slower after each refusal; with books, shared by all who book there.

    Times are in seconds of one monotonic clock.
    """

    rate: float
    """Messages a second at most, of this sender."""
    granted: float | None = None
    """The same for everybody who books in `books`; None: as `rate`."""
    books: tuple[Book, ...] = ()
    _beat: Beat = field(default_factory=Beat, init=False)
    _is_slowed: bool = field(default=False, init=False)

    def book(self, count: int, now: float) -> list[float]:
        """Return the moments at which the next `count` messages may leave."""
        first, gap = max(self._beat.next, now), 1 / (self.rate * self._beat.share)
        granted = self.granted or self.rate
        self._is_slowed = self._beat.share < 1
        for book in self.books:
            first, share = book.take(count, granted, first)
            gap = max(gap, 1 / (granted * share))
            self._is_slowed |= share < 1
        self._beat = replace(self._beat, next=first + count * gap)
        return [first + index * gap for index in range(count)]

    def wait(self, now: float) -> float:
        """Return the seconds until a message may leave."""
        return max(0.0, self._beat.next - now)

    def grant(self, rate: float, granted: float | None = None) -> None:
        """Go by another rate from the next booking on."""
        self.rate, self.granted = rate, granted

    def slow_down(self, now: float) -> None:
        """Halve the rate after the next hop put something off, once a second, to no less than a tenth."""
        self._beat, self._is_slowed = self._beat.slowed_down(now), True
        for book in self.books:
            book.slow_down(now)

    def recover(self, now: float) -> None:
        """Come back towards the full rate, by a twentieth of it for each second."""
        if not self._is_slowed:
            return
        self._beat = self._beat.come_back(now)
        for book in self.books:
            book.recover(now)


@dataclass(slots=True)
class Patience:
    """How long a run bears a next hop that puts off everything."""

    delays: Delays = Delays()
    has_taken: bool = False
    """Whether anything was taken in this run."""
    _round: int = 0
    _until: float = 0.0

    def taken(self) -> None:
        """Note that a message was taken."""
        self.has_taken, self._round, self._until = True, 0, 0.0

    def put_off(self, now: float) -> None:
        """Note that a round of messages was put off, none of them taken."""
        if now < self._until:
            return
        cool = self.delays.cool
        self._until = now + cool[min(self._round, len(cool) - 1)]
        self._round += 1

    def wait(self, now: float) -> float:
        """Return the seconds for which nothing should be tried."""
        return max(0.0, self._until - now)

    @property
    def is_over(self) -> bool:
        """Whether it is time to leave the rest for another run."""
        return self._round > (len(self.delays.cool) if self.has_taken else self.delays.cold_rounds)
