"""Rate limiter: how many messages a second may leave, and how long everything waits when the provider defers it.

The limiter spaces messages evenly, without bursts (generic cell rate algorithm). A deferral halves its rate, which then
recovers additively (AIMD). Several senders through one account keep to one rate by a `SharedRate`: a file on one
machine (`shared_file.py`), a database row for several (`shared_db.py`). The clock is handed in; all times are in
seconds.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol

USED = 0.975
"""Of a granted rate: messages never arrive as evenly as they leave, and the provider counts arrivals."""
MIN_SHARE = 0.1
RECOVERY = 0.05
"""Of the full rate, per second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateState:
    """When the next message of one rate may leave, and how far deferrals have lowered the rate."""

    next: float = 0.0
    """A time on the keeper's clock, as all times here."""
    share: float = 1.0
    """Of the rate: 1 down to a tenth."""
    slowed: float = float("-inf")
    recovered: float = 0.0

    def after_reserving(self, count: int, rate: float, now: float) -> "RateState":
        """Return the state with `count` messages more, at most `rate` of them a second."""
        return replace(self, next=max(self.next, now) + count / (rate * self.share))

    def after_slowing_down(self, now: float) -> "RateState":
        """Return the state at half its rate, at most once a second, and never below a tenth."""
        if self.slowed <= now < self.slowed + 1:
            return self
        return replace(self, share=max(MIN_SHARE, self.share / 2), slowed=now, recovered=now)

    def after_recovering(self, now: float) -> "RateState":
        """Return the state nearer to the full rate, by a twentieth of that per second."""
        gained = RECOVERY * min(1.0, max(0.0, now - self.recovered))
        return replace(self, share=min(1.0, self.share + gained), recovered=now)


class SharedRate(Protocol):
    """A rate that several senders keep together; its times are on the caller's monotonic clock."""

    def reserve(self, count: int, rate: float, now: float) -> tuple[float, float]:
        """Reserve `count` messages not before `now`; return when the first may leave, and the rate's share."""

    def slow_down(self, now: float) -> None:
        """Halve the rate of everybody who shares it."""

    def recover(self, now: float) -> None:
        """Let the rate recover."""


@dataclass(slots=True, kw_only=True)
class RateLimiter:
    """An even rate, slower after each deferral; with `shared`, kept together with other senders."""

    rate: float
    """Messages a second at most, of this sender."""
    granted: float | None = None
    """Messages a second at most, of all senders in `shared`; None: as `rate`."""
    shared: tuple[SharedRate, ...] = ()
    _state: RateState = field(default_factory=RateState, init=False)
    _is_slowed: bool = field(default=False, init=False)

    def reserve(self, count: int, now: float) -> list[float]:
        """Return the times at which the next `count` messages may leave."""
        first, gap = max(self._state.next, now), 1 / (self.rate * self._state.share)
        granted = self.granted or self.rate
        self._is_slowed = self._state.share < 1
        for shared in self.shared:
            first, share = shared.reserve(count, granted, first)
            gap = max(gap, 1 / (granted * share))
            self._is_slowed |= share < 1
        self._state = replace(self._state, next=first + count * gap)
        return [first + index * gap for index in range(count)]

    def wait(self, now: float) -> float:
        """Return the seconds until a message may leave."""
        return max(0.0, self._state.next - now)

    def set_rate(self, rate: float, granted: float | None = None) -> None:
        """Apply another rate from the next reservation on."""
        self.rate, self.granted = rate, granted

    def slow_down(self, now: float) -> None:
        """Halve the rate after a deferral, at most once a second, to no less than a tenth."""
        self._state, self._is_slowed = self._state.after_slowing_down(now), True
        for shared in self.shared:
            shared.slow_down(now)

    def recover(self, now: float) -> None:
        """Come back towards the full rate, by a twentieth of it per second."""
        if not self._is_slowed:
            return
        self._state = self._state.after_recovering(now)
        for shared in self.shared:
            shared.recover(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDelays:
    """How long to wait before something is tried again, in seconds."""

    retry: tuple[int, ...] = (5, 30, 120)
    """Before a deferred delivery, by the number of its attempts; then it is left to the next send."""
    backoff: tuple[float, ...] = (1, 2, 4, 8, 16)
    """Before everything, when the provider accepts nothing at all, round after round."""
    cold_rounds: int = 2
    """So many rounds at most when it has accepted nothing yet: then it is probably not there."""


@dataclass(slots=True)
class Backoff:
    """How long a send waits for a provider that defers everything, and when it gives up."""

    delays: RetryDelays = RetryDelays()
    has_accepted: bool = False
    """Whether anything was accepted in this send."""
    _round: int = 0
    _until: float = 0.0

    def accepted(self) -> None:
        """Note that a message was accepted."""
        self.has_accepted, self._round, self._until = True, 0, 0.0

    def deferred(self, now: float) -> None:
        """Note that a round of messages was deferred, none of them accepted."""
        if now < self._until:
            return
        delays = self.delays.backoff
        self._until = now + delays[min(self._round, len(delays) - 1)]
        self._round += 1

    def wait(self, now: float) -> float:
        """Return the seconds for which nothing should be tried."""
        return max(0.0, self._until - now)

    @property
    def is_over(self) -> bool:
        """Whether it is time to leave the rest to the next send."""
        return self._round > (len(self.delays.backoff) if self.has_accepted else self.delays.cold_rounds)
