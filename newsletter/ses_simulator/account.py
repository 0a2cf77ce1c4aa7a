"""Simulated SES account: its sending rate and quota, its suppression list, configuration sets and identities."""

import threading
import time
from bisect import bisect_right, insort
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from newsletter.ses_simulator.faults import Fault, FaultStage, fault_of

UNLIMITED = -1
"""A quota without a limit, as SES writes it."""
MAILBOX_SIMULATOR_DOMAIN = "simulator.amazonses.com"
"""Addresses of SES's own mailbox simulator: bounce@, complaint@, suppressionlist@, success@."""
_DAY = 24 * 3600


class ApiError(Exception):
    """An error that the API answers instead of doing what it was asked."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMessage:
    """One message that was accepted, whether or not its sender got the response."""

    message_id: str
    recipients: tuple[str, ...]
    source: str
    tags: dict[str, str]
    configuration_set: str | None
    at: datetime
    size: int
    message: bytes
    """Empty unless the simulator keeps messages."""
    missing: str = ""
    """A variable of the template without a value: SES accepts such a message and drops it later."""
    template: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedAddress:
    """An address on the account's suppression list."""

    address: str
    reason: str
    """BOUNCE or COMPLAINT."""
    since: datetime


@dataclass(slots=True, kw_only=True)
class Account:
    """One account in one region; thread-safe. Its limits may be changed while the simulator runs."""

    rate: float = 200.0
    """Recipients a second."""
    quota: float = 50_000.0
    """Recipients in any 24 hours, or UNLIMITED."""
    spent: float = 0.0
    """Recipients of the quota that were spent before the simulator started."""
    is_enabled: bool = True
    """Whether sending is enabled."""
    is_in_production: bool = True
    """Whether it is out of the sandbox."""
    account_error: ApiError | None = None
    """What GetAccount answers, if not the account."""
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    """Decides which sends a share of faults hits."""
    hang_seconds: float = 2.0
    """After so long the fault `hang` closes the connection."""
    slow_seconds: float = 0.5
    """For so long the fault `slow` delays a response."""
    configuration_sets: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """Event destinations by their name, by configuration set."""
    suppressed: dict[str, SuppressedAddress] = field(default_factory=dict)
    """By the address in lower case."""
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What GetEmailIdentity answers, by domain or address."""
    templates: dict[str, dict[str, str]] = field(default_factory=dict)
    """Subject, Text and Html, by name."""
    attempts: int = 0
    """Sends that were requested, accepted or not."""
    injected: dict[str, int] = field(default_factory=dict)
    """How often each fault was injected."""
    errors: dict[str, int] = field(default_factory=dict)
    """How often each error was answered, by its code."""
    max_per_second: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _sent: deque[tuple[float, int]] = field(default_factory=deque)
    """When, and to how many recipients, in the last 24 hours."""
    _sent_in_day: int = 0
    _last_second: list[float] = field(default_factory=list)
    _tokens: float | None = None
    _refilled_at: float = 0.0
    _first_send_at: float | None = None
    _applied_changes: set[Fault] = field(default_factory=set)

    def next_fault(self) -> Fault | None:
        """Count one more send, apply due changes of the limits, and return the fault to inject into it."""
        with self._lock:
            self.attempts += 1
            number = self.attempts
            self._first_send_at = self._first_send_at or time.monotonic()
        self.apply_changes()
        fault = fault_of(self.faults, number, self.seed)
        if fault is not None:
            with self._lock:
                self._count_injected(fault)
        return fault

    def apply_changes(self) -> None:
        """Change rate or quota where a fault says so: after so many sends, or so long after the first one."""
        with self._lock:
            passed = self._seconds_since_first_send(-1.0)
            for change in self.faults:
                if change.kind.stage is not FaultStage.LIMITS or change in self._applied_changes:
                    continue
                if passed >= change.after if change.after is not None else self.attempts >= change.first:
                    self._applied_changes.add(change)
                    setattr(self, change.name, change.value)
                    self._count_injected(change)

    def seconds_to_next_change(self) -> float | None:
        """Return the seconds until time alone changes rate or quota; None when it never does."""
        with self._lock:
            passed = self._seconds_since_first_send(0.0)
            times = [
                change.after
                for change in self.faults
                if change.kind.stage is FaultStage.LIMITS
                and change.after is not None
                and change not in self._applied_changes
            ]
        return max(0.0, min(times) - passed) if times else None

    def charge(self, recipients: tuple[str, ...], received_at: float | None = None) -> None:
        """Charge recipients to the rate and the quota; ApiError when either is exhausted, and nothing is charged.

        `received_at` is on the monotonic clock. Mail to SES's mailbox simulator counts against the rate only.
        """
        counted = sum(not address.endswith(f"@{MAILBOX_SIMULATOR_DOMAIN}") for address in recipients)
        with self._lock:
            now = time.monotonic()
            self._refill(now)
            assert self._tokens is not None
            if self._tokens < len(recipients):
                raise ApiError(429, "TooManyRequestsException", "Maximum sending rate exceeded.")
            if self.quota != UNLIMITED and self._spent(now) + counted > self.quota:
                raise ApiError(429, "TooManyRequestsException", "Daily message quota exceeded.")
            self._tokens -= len(recipients)
            self._sent.append((now, counted))
            self._sent_in_day += counted
            self._update_max_per_second(received_at or now, len(recipients))

    def sent_in_day(self) -> float:
        """Return the recipients of the last 24 hours."""
        with self._lock:
            return self._spent(time.monotonic())

    def count_error(self, code: str) -> None:
        """Count an error that was answered."""
        with self._lock:
            self.errors[code] = self.errors.get(code, 0) + 1

    def suppress(self, address: str, reason: str) -> None:
        """Put an address on the suppression list; its reason is BOUNCE or COMPLAINT."""
        entry = SuppressedAddress(address=address, reason=reason, since=datetime.now(UTC))
        with self._lock:
            self.suppressed[address.lower()] = entry

    def destinations_of(self, configuration_set: str | None, event_type: str) -> list[dict[str, Any]]:
        """Return where such an event is published: SEND, DELIVERY, BOUNCE, COMPLAINT, RENDERING_FAILURE."""
        return [
            destination
            for destination in self.configuration_sets.get(configuration_set or "", {}).values()
            if destination.get("Enabled") and event_type in destination.get("MatchingEventTypes", ())
        ]

    def _seconds_since_first_send(self, default: float) -> float:
        return time.monotonic() - self._first_send_at if self._first_send_at else default

    def _count_injected(self, fault: Fault) -> None:
        self.injected[fault.name] = self.injected.get(fault.name, 0) + 1

    def _update_max_per_second(self, received_at: float, count: int) -> None:
        """Count what was received within one second; requests may be read in another order than they came."""
        for _ in range(count):
            insort(self._last_second, received_at)
        del self._last_second[: bisect_right(self._last_second, self._last_second[-1] - 1)]
        self.max_per_second = max(self.max_per_second, len(self._last_second))

    def _refill(self, now: float) -> None:
        """Refill the token bucket; it holds a second's worth and one more, for senders cannot be exact."""
        capacity = self.rate + 1
        tokens = capacity if self._tokens is None else self._tokens + (now - self._refilled_at) * self.rate
        self._tokens, self._refilled_at = min(capacity, tokens), now

    def _spent(self, now: float) -> float:
        while self._sent and self._sent[0][0] <= now - _DAY:
            self._sent_in_day -= self._sent.popleft()[1]
        return self.spent + self._sent_in_day
