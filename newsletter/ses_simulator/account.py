"""The pretend account: what it is granted, what it took, whom it suppresses, which sets publish its events."""

import threading
import time
from bisect import bisect_right, insort
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from newsletter.ses_simulator.faults import Fault, FaultStage, fault_of

UNLIMITED = -1
_DAY = 24 * 3600
MAILBOX_SIMULATOR_DOMAIN = "simulator.amazonses.com"


class ApiError(Exception):
    """What SES answers instead of doing what it was asked."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMessage:
    """One message that was taken, whether or not its sender heard of it."""

    message_id: str
    recipients: tuple[str, ...]
    source: str
    tags: dict[str, str]
    configuration_set: str | None
    at: datetime
    size: int
    message: bytes
    """Empty unless the server was told to keep messages."""
    missing: str = ""
    """What a template asks for and was not given: such a message is dropped."""
    template: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedAddress:
    """An address on the account's suppression list."""

    address: str
    reason: str
    since: datetime


@dataclass(slots=True, kw_only=True)
class Account:
    """One account in one region; safe to share between threads. Its numbers may be changed while it is in use."""

    rate: float = 200.0
    """Recipients a second."""
    quota: float = 50_000.0
    """Recipients in any 24 hours; UNLIMITED for no limit."""
    spent: float = 0.0
    """Of the quota, before this server was started."""
    is_enabled: bool = True
    is_in_production: bool = True
    account_refusal: ApiError | None = None
    """What GetAccount is answered."""
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    sets: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """Event destinations by their name, by configuration set."""
    suppressed: dict[str, SuppressedAddress] = field(default_factory=dict)
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What GetEmailIdentity says, by name; domains and addresses."""
    templates: dict[str, dict[str, str]] = field(default_factory=dict)
    """Subject, Text and Html, by name."""
    attempts: int = 0
    """Sends that were asked for, taken or not."""
    injected: dict[str, int] = field(default_factory=dict)
    """How often each mishap happened."""
    errors: dict[str, int] = field(default_factory=dict)
    """How often each fault was answered, by its class."""
    max_per_second: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _day: deque[tuple[float, int]] = field(default_factory=deque)
    _second: list[float] = field(default_factory=list)
    _in_day: int = 0
    _allowance: float | None = None
    _at: float = 0.0
    _began: float | None = None
    _changed: set[Fault] = field(default_factory=set)

    def next_fault(self) -> Fault | None:
        """Count one more send, change what is granted if it is time, and return what is to go wrong with it."""
        with self._lock:
            self.attempts += 1
            number = self.attempts
            self._began = self._began or time.monotonic()
        self.change()
        fault = fault_of(self.faults, number, self.seed)
        if fault is not None:
            with self._lock:
                self.injected[fault.name] = self.injected.get(fault.name, 0) + 1
        return fault

    def change(self) -> None:
        """Change what is granted where it is time: after so many sends, or so long after the first one."""
        with self._lock:
            passed = time.monotonic() - self._began if self._began else -1.0
            for change in self.faults:
                if change.kind.when is not FaultStage.GRANT or change in self._changed:
                    continue
                if passed >= change.after if change.after is not None else self.attempts >= change.first:
                    self._changed.add(change)
                    setattr(self, change.name, change.value)
                    self.injected[change.name] = self.injected.get(change.name, 0) + 1

    def seconds_to_next_change(self) -> float | None:
        """Return the seconds until time alone changes what is granted; None when it never does."""
        with self._lock:
            passed = time.monotonic() - self._began if self._began else 0.0
            times = [
                change.after
                for change in self.faults
                if change.kind.when is FaultStage.GRANT and change.after is not None and change not in self._changed
            ]
        return max(0.0, min(times) - passed) if times else None

    def grant(self, recipients: tuple[str, ...], at: float | None = None) -> None:
        """Book recipients against the rate and the quota; Refusal when either is spent, and nothing is booked.

        `at` is when they came in, by the monotonic clock. Mail to the simulator counts against the rate only.
        """
        counted = sum(not address.endswith(f"@{MAILBOX_SIMULATOR_DOMAIN}") for address in recipients)
        with self._lock:
            now = time.monotonic()
            self._refill(now)
            assert self._allowance is not None
            if self._allowance < len(recipients):
                raise ApiError(429, "TooManyRequestsException", "Maximum sending rate exceeded.")
            if self.quota != UNLIMITED and self._spent(now) + counted > self.quota:
                raise ApiError(429, "TooManyRequestsException", "Daily message quota exceeded.")
            self._allowance -= len(recipients)
            self._day.append((now, counted))
            self._in_day += counted
            self._count_second(at or now, len(recipients))

    def _count_second(self, at: float, number: int) -> None:
        """Note how many have come in within one second; requests may be read in another order than they came."""
        for _ in range(number):
            insort(self._second, at)
        del self._second[: bisect_right(self._second, self._second[-1] - 1)]
        self.max_per_second = max(self.max_per_second, len(self._second))

    def sent_today(self) -> float:
        """Return the recipients of the last 24 hours."""
        with self._lock:
            return self._spent(time.monotonic())

    def count_answer(self, code: str) -> None:
        """Note that a fault was answered."""
        with self._lock:
            self.errors[code] = self.errors.get(code, 0) + 1

    def suppress(self, address: str, reason: str) -> None:
        """Put an address on the suppression list; its reason is BOUNCE or COMPLAINT."""
        with self._lock:
            self.suppressed[address.lower()] = SuppressedAddress(
                address=address, reason=reason, since=datetime.now(UTC)
            )

    def destinations_of(self, configuration_set: str | None, event_type: str) -> list[dict[str, Any]]:
        """Return who hears of this event: SEND, DELIVERY, BOUNCE, COMPLAINT, RENDERING_FAILURE."""
        return [
            destination
            for destination in self.sets.get(configuration_set or "", {}).values()
            if destination.get("Enabled") and event_type in destination.get("MatchingEventTypes", ())
        ]

    def _refill(self, now: float) -> None:
        """Let the bucket fill; it holds a second's worth and one more, for senders cannot be exact."""
        most = self.rate + 1
        filled = most if self._allowance is None else self._allowance + (now - self._at) * self.rate
        self._allowance, self._at = min(most, filled), now

    def _spent(self, now: float) -> float:
        while self._day and self._day[0][0] <= now - _DAY:
            self._in_day -= self._day.popleft()[1]
        return self.spent + self._in_day
