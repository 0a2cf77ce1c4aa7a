"""Send a mailing: claim a batch, hand it over, collect and record the results, until nobody is left.

`send` is a generator, so that closing it stops it cleanly. At most `[delivery] in_flight` deliveries are claimed at
once, and no more than what leaves within a moment where the provider is slow: that many a kill leaves uncertain.
"""

import os
import socket
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from newsletter.database import Database
from newsletter.delivery.counts import mailing_counts
from newsletter.delivery.editions import read_edition
from newsletter.delivery.message.build import build_templates
from newsletter.delivery.message.click_links import click_links_of, store_click_links
from newsletter.delivery.message.dkim_keys import open_dkim_signer
from newsletter.delivery.models import Delivery, Mailing, MailingState
from newsletter.delivery.queue.claim import (
    ClaimedBatch,
    DeliveryOutcome,
    finish_mailing,
    make_deferred_due,
    next_due,
    record_and_claim,
)
from newsletter.delivery.queue.high_water_mark import HighWaterMark, high_water_mark_path
from newsletter.delivery.queue.lock import CheckLock, sender_lock
from newsletter.delivery.queue.outcome_spool import OutcomeSpool, spool_path
from newsletter.delivery.queue.recovery import recover
from newsletter.delivery.rate.limiter import Backoff, RetryDelays
from newsletter.delivery.sender.in_flight import MAX_UNCERTAIN, Finished, Task
from newsletter.delivery.sender.outcomes import NEXT_SEND_SECONDS, OutcomePolicy
from newsletter.delivery.sender.progress import ProgressCounter, SendProgress
from newsletter.delivery.sender.quota_wait import wait_for_quota
from newsletter.delivery.sender.rate_refresh import GrantedRate
from newsletter.delivery.sender.submission import Submission
from newsletter.delivery.transports.base import Envelope, Transport
from newsletter.errors import DatabaseBusy, DecisionRequired, Deferred, QuotaExceeded, SendingHalted
from newsletter.gc_pause import gc_frozen
from newsletter.settings import Settings
from newsletter.tokens import Keyring

_GROUP_SECONDS = 0.05
"""How long results are collected for one transaction."""
_AHEAD_SECONDS = 0.25
"""How much is claimed ahead, once the speed is known."""
_LIMITED_AHEAD_SECONDS = 1.0
"""The same under a rate limit: a slot that passes while nothing is claimed is lost."""
_BUSY_ATTEMPTS = 3
_HOW_TO_CONTINUE = {
    MailingState.PAUSED: ": nothing more is sent until 'newsletter resume'",
    MailingState.CANCELLED: ": nothing more of it is sent",
}


def send(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    mailing: Mailing,
    transport: Transport,
    *,
    clock: Callable[[], datetime],
    delays: RetryDelays | None = None,
    is_restored: bool = False,
    waits_for_quota: bool = False,
    is_hurried: Callable[[], bool] = lambda: False,
) -> Generator[SendProgress, None, None]:
    """Send a mailing to everybody who is planned, yielding the progress after each batch.

    Raises TemporaryError when another sender is running, and when something ends the send early: SendingHalted,
    QuotaExceeded, Deferred, DatabaseBusy, DiskFull; DecisionRequired when the mailing is paused or cancelled
    meanwhile, or when the database is an older copy, unless `is_restored` says that it may be. In any case what was
    submitted is recorded, and the rest stays planned. With `waits_for_quota` a spent quota ends nothing: once it
    frees, the send goes on. Once `is_hurried` returns True, a send that ends waits for no answer any more: those
    messages are uncertain.
    """
    with (
        sender_lock(database, f"sending '{mailing.slug}' to '{mailing.list_name}'") as check_lock,
        closing(OutcomeSpool(spool_path(settings), settings.delivery.in_flight)) as spool,
        closing(HighWaterMark(high_water_mark_path(settings), settings.delivery.in_flight)) as mark,
    ):
        if not is_restored:
            mark.compare(database)
        recovered = recover(database, spool, transport, None if is_restored else mark, clock())
        with database.read() as connection:
            edition = read_edition(connection, mailing.edition_digest)
        signer = open_dkim_signer(settings, mailing.list_name)
        store_click_links(database, click_links_of(edition, mailing, settings))
        templates = build_templates(edition, mailing, settings, keyring, signer)
        context = _SendContext(
            database=database,
            settings=settings,
            mailing=mailing,
            transport=transport,
            check_lock=check_lock,
            spool=spool,
            mark=mark,
            build=lambda delivery: templates[delivery.variant].render(delivery, clock()),
            clock=clock,
            delays=delays or RetryDelays(),
            is_hurried=is_hurried,
        )
        while True:
            try:
                with gc_frozen(), closing(_run_once(context)) as progressing:
                    for progress in progressing:
                        yield replace(progress, recovered=recovered)
            except QuotaExceeded:
                if not waits_for_quota:
                    raise
            else:
                return
            waiting = SendProgress(counts=mailing_counts(database, mailing.id), rate=0, eta=None, in_flight=0)
            for reason in wait_for_quota(database, mailing, transport, clock):
                check_lock()
                yield replace(waiting, waiting_for=reason, recovered=recovered)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SendContext:
    """What every run of one send works with."""

    database: Database
    settings: Settings
    mailing: Mailing
    transport: Transport
    check_lock: CheckLock
    spool: OutcomeSpool
    mark: HighWaterMark
    build: Callable[[Delivery], tuple[Envelope, bytes]]
    clock: Callable[[], datetime]
    delays: RetryDelays
    is_hurried: Callable[[], bool]


def _run_once(context: _SendContext) -> Generator[SendProgress, None, None]:
    """Send until nobody is left, or the provider accepts no more."""
    make_deferred_due(context.database, context.mailing)
    with closing(GrantedRate(context.database, context.transport, context.settings.delivery.rate)) as granted_rate:
        run = _Run(context, granted_rate)
        try:
            yield from run.progress()
        finally:
            run.end()


class _Run:
    """One sender's work on one mailing; its creator must end it."""

    def __init__(self, context: _SendContext, granted_rate: GrantedRate) -> None:
        self._context = context
        self._database = context.database
        self._mailing = context.mailing
        self._mark = context.mark
        self._granted_rate = granted_rate
        self._limiter = granted_rate.limiter
        self._worker = f"{context.transport.name}/{socket.gethostname()}/{os.getpid()}"
        self._in_flight = context.settings.delivery.in_flight
        self._connections = min(context.transport.connections, self._in_flight)
        self._counter = ProgressCounter(mailing_counts(context.database, context.mailing.id))
        self._policy = OutcomePolicy(backoff=Backoff(delays=context.delays), limiter=self._limiter)
        self._clock = steady_clock(context.clock)
        self._mark.begin(self._worker)
        self._submission = Submission(context.transport, self._mark.note, self._connections)
        self._free_slots = list(range(self._in_flight))
        self._slots: dict[int, int] = {}
        """The high-water mark's slot of each delivery that is claimed."""
        self._unrecorded: list[DeliveryOutcome] = []
        self._transaction_seconds = 0.0
        """How long the last transaction took."""

    def progress(self) -> Iterator[SendProgress]:
        """Work until nobody is left to be tried, or something stops it."""
        finished: Sequence[Finished] = ()
        while True:
            moment = time.monotonic()
            self._policy.update(self._apply_results(finished), moment)
            self._apply_granted_rate()
            self._stop_after_uncertain()
            wanted = self._wanted(moment)
            batch = self._record_and_claim(wanted) if wanted or self._unrecorded else None
            if batch is not None:
                self._hand_over(batch.claimed, moment)
            yield self._current_progress(moment)
            if self._submission.outstanding:
                finished = self._collect()
                continue
            finished = ()
            if self._policy.stop_error is not None:
                raise self._policy.stop_error
            if wanted and batch is not None and batch.is_exhausted and self._is_done():
                return
            if not wanted or batch is None or batch.is_exhausted:
                time.sleep(_GROUP_SECONDS)

    def end(self) -> None:
        """Wait for what is being submitted, and record it; in the spool if the database cannot take it."""
        try:
            self._apply_results(self._submission.end(self._context.is_hurried))
            if self._unrecorded:
                self._record_and_claim(0)
            if next_due(self._database, self._mailing) is None:
                finish_mailing(self._database, self._mailing, self._clock())
        finally:
            if self._unrecorded:
                self._context.spool.keep(self._unrecorded)
                self._unrecorded = []

    def _apply_results(self, finished: Sequence[Finished]) -> Sequence[DeliveryOutcome]:
        """Return the outcomes of results, which are recorded whatever else goes wrong."""
        outcomes = self._policy.outcomes(finished, self._clock())
        self._unrecorded += outcomes
        return outcomes

    def _collect(self) -> Sequence[Finished]:
        """Wait for half of what may be in flight; for more, while that is short beside a transaction."""
        half = self._submission.collect(self._in_flight // 2, _GROUP_SECONDS)
        seconds = min(_GROUP_SECONDS, self._transaction_seconds / 2)
        return half + self._submission.collect(self._in_flight, seconds)

    def _record_and_claim(self, wanted: int) -> ClaimedBatch:
        """Record what is not recorded yet and claim the next batch, retrying while the database is busy."""
        if wanted:
            self._context.check_lock()
        started = time.monotonic()
        for attempts_left in reversed(range(_BUSY_ATTEMPTS)):
            try:
                batch = record_and_claim(
                    self._database,
                    self._mailing,
                    self._unrecorded,
                    wanted=wanted,
                    worker=self._worker,
                    now=self._clock(),
                )
            except DatabaseBusy:
                if not attempts_left:
                    raise
                continue
            break
        recorded, self._unrecorded = self._unrecorded, []
        self._transaction_seconds = time.monotonic() - started
        self._counter.add(recorded, batch.excluded)
        self._free_slots += [self._slots.pop(outcome.delivery_id) for outcome in recorded]
        self._mark.count(self._mailing.id, batch.number)
        if batch.state is not MailingState.OPEN:
            hint = _HOW_TO_CONTINUE[batch.state]
            self._policy.stop(DecisionRequired(f"mailing {self._mailing.id} is {batch.state}{hint}"))
        return batch

    def _apply_granted_rate(self) -> None:
        """Apply the account's quota as it is at present; stop when the account may not send any more."""
        try:
            self._granted_rate.update()
        except SendingHalted as halted:
            self._policy.stop(halted)

    def _stop_after_uncertain(self) -> None:
        """Stop after too many uncertain results in a row, rather than make every delivery uncertain."""
        uncertain = self._submission.uncertain_in_a_row
        if len(uncertain) >= MAX_UNCERTAIN:
            self._policy.stop(
                Deferred(
                    f"{uncertain[-1]}. That was the result of {len(uncertain)} messages in a row, so nothing more is "
                    "tried: run it again when the mail server works"
                )
            )
        if self._policy.stop_error is not None:
            self._submission.stop()

    def _wanted(self, moment: float) -> int:
        """Return how many may be claimed now: no more than what leaves soon, and than may be in flight."""
        if self._policy.stop_error is not None or self._policy.backoff.wait(moment):
            return 0
        wanted = self._target(moment) - self._submission.outstanding
        if self._limiter is not None:
            if self._limiter.wait(moment) > _LIMITED_AHEAD_SECONDS:
                return 0
            wanted = min(wanted, max(1, int(self._limiter.rate * _LIMITED_AHEAD_SECONDS)))
        return max(0, wanted)

    def _target(self, moment: float) -> int:
        """Return how many should be claimed in all."""
        if self._limiter is None:
            soon = self._counter.rate(moment) * _AHEAD_SECONDS
        else:
            soon = self._limiter.rate * _LIMITED_AHEAD_SECONDS
        return min(self._in_flight, max(2 * self._connections, int(soon)))

    def _hand_over(self, claimed: Sequence[Delivery], moment: float) -> None:
        """Give claimed deliveries to the event loop, each with the time at which it may leave."""
        times = [0.0] * len(claimed) if self._limiter is None else self._limiter.reserve(len(claimed), moment)
        self._submission.hand_over(
            [
                Task(
                    delivery_id=delivery.id,
                    build=partial(self._context.build, delivery),
                    attempts=delivery.attempts,
                    slot=self._take_slot(delivery),
                    due_at=due_at,
                )
                for delivery, due_at in zip(claimed, times, strict=True)
            ]
        )

    def _take_slot(self, delivery: Delivery) -> int:
        self._slots[delivery.id] = slot = self._free_slots.pop()
        return slot

    def _is_done(self) -> bool:
        """Return whether nobody is left for this send; Deferred when some are left to the next one."""
        due = next_due(self._database, self._mailing)
        if due is None:
            return True
        if due - self._clock().timestamp() > NEXT_SEND_SECONDS / 2:
            number = len(self._policy.left_over)
            raise Deferred(
                f"{self._policy.last_reason}. {number} were deferred again and again: run it again in an hour or so"
            )
        return False

    def _current_progress(self, moment: float) -> SendProgress:
        outstanding = self._submission.outstanding
        is_waiting = not outstanding and bool(self._counter.planned)
        return self._counter.progress(
            moment,
            in_flight=min(outstanding, self._connections),
            waiting_for=self._policy.last_reason if is_waiting else "",
        )


def steady_clock(clock: Callable[[], datetime]) -> Callable[[], datetime]:
    """Return a clock that starts at `clock`'s time and runs on the monotonic one, so that it never jumps."""
    started_at, since = clock(), time.monotonic()
    return lambda: started_at + timedelta(seconds=time.monotonic() - since)
