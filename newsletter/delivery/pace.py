"""When the next message may leave, and when one that was put off is tried again; the clock is handed in."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How long is waited before something is tried again, in seconds."""

    retry: tuple[int, ...] = (5, 30, 120)
    """A delivery that was put off, by how often it has been; then it is left for another run."""
    cool: tuple[float, ...] = (1, 2, 4, 8, 16)
    """Everything, when the next hop takes nothing at all, round after round."""
    cold_rounds: int = 2
    """How many such rounds are borne when it has taken nothing yet: then it is probably not there."""


@dataclass(slots=True, kw_only=True)
class Pace:
    """A steady rate (the generic cell rate algorithm, without bursts), slower after each refusal.

    Times are in seconds of one monotonic clock.
    """

    rate: float
    """Messages a second at most."""
    _current: float = field(init=False)
    _next: float = field(default=0.0, init=False)
    _slowed: float = field(default=-1.0, init=False)
    _recovered: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._current = self.rate

    def book(self, count: int, now: float) -> list[float]:
        """Return the moments at which the next `count` messages may leave."""
        first = max(self._next, now)
        gap = 1 / self._current
        self._next = first + count * gap
        return [first + index * gap for index in range(count)]

    def wait(self, now: float) -> float:
        """Return the seconds until a message may leave."""
        return max(0.0, self._next - now)

    def slow_down(self, now: float) -> None:
        """Halve the rate after the next hop put something off, once a second, to no less than a tenth."""
        if now >= self._slowed + 1:
            self._current = max(self.rate / 10, self._current / 2)
            self._slowed = self._recovered = now

    def recover(self, now: float) -> None:
        """Come back towards the full rate, by a twentieth of it for each second."""
        self._current = min(self.rate, self._current + self.rate / 20 * min(1.0, max(0.0, now - self._recovered)))
        self._recovered = now


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
