"""One run of a mailing: claims, hands out and records, turn by turn, until nobody is left or something ends it.

Never more than `[delivery] in_flight` deliveries are claimed at once, and no more than what leaves within
a moment where the next hop is slow: that many a kill leaves uncertain.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from newsletter.database import Database
from newsletter.delivery.models import Delivery, Mailing, MailingState
from newsletter.delivery.queue.high_water_mark import HighWaterMark
from newsletter.delivery.queue.lock import Held
from newsletter.delivery.queue.outcome_spool import OutcomeSpool
from newsletter.delivery.queue.record import Outcome, Turn, finish_mailing, next_due, take_turn
from newsletter.delivery.sender.in_flight import Finished, Task
from newsletter.delivery.sender.outcomes import ANOTHER_RUN, Judge
from newsletter.delivery.sender.progress import SendProgress, Tally
from newsletter.delivery.sender.rate_refresh import Grant
from newsletter.delivery.sender.worker_pool import Crew
from newsletter.delivery.watch import MOST_DOUBTS
from newsletter.errors import DatabaseBusy, DecisionRequired, Deferred, SendingHalted

_GROUP_SECONDS = 0.05
"""How long results are gathered for one transaction."""
_AHEAD_SECONDS = 0.25
"""How much is claimed ahead, once it is known how fast it leaves."""
_PACED_AHEAD_SECONDS = 1.0
"""The same where a rate is granted: a slot that passes while nobody is claimed is lost."""
_BUSY_TRIES = 3
_HOW_ON = {
    MailingState.PAUSED: ": nothing leaves until 'newsletter resume' lets it",
    MailingState.CANCELLED: ": nothing more of it is sent",
}


class Run:
    """One sender's work on one mailing; whoever makes it ends it."""

    def __init__(
        self,
        database: Database,
        mailing: Mailing,
        *,
        worker: str,
        held: Held,
        crew: Crew,
        spool: OutcomeSpool,
        mark: HighWaterMark,
        grant: Grant,
        judge: Judge,
        tally: Tally,
        clock: Callable[[], datetime],
        connections: int,
        in_flight: int,
        is_hurried: Callable[[], bool],
    ) -> None:
        self._database = database
        self._mailing = mailing
        self._worker = worker
        self._held = held
        self._crew = crew
        self._spool = spool
        self._mark = mark
        self._grant = grant
        self._pace = grant.pace
        self._judge = judge
        self._tally = tally
        self._clock = clock
        self._connections = connections
        self._in_flight = in_flight
        self._is_hurried = is_hurried
        self._free = list(range(in_flight))
        self._slots: dict[int, int] = {}
        self._unrecorded: list[Outcome] = []
        self._turn_seconds = 0.0
        """How long the last turn took."""

    def progress(self) -> Iterator[SendProgress]:
        """Work until nobody is left to be tried, or something ends it."""
        finished: Sequence[Finished] = ()
        while True:
            moment = time.monotonic()
            self._judge.heed(self._learn(finished), moment)
            self._heed_account()
            self._heed_doubts()
            wanted = self._wanted(moment)
            turn = self._turn(wanted) if wanted or self._unrecorded else None
            if turn is not None:
                self._hand_out(turn.claimed, moment)
            yield self._progress(moment)
            if self._crew.outstanding:
                finished = self._gathered()
                continue
            finished = ()
            if self._judge.stop is not None:
                raise self._judge.stop
            if wanted and turn is not None and turn.is_exhausted and self._is_done():
                return
            if not wanted or turn is None or turn.is_exhausted:
                time.sleep(_GROUP_SECONDS)

    def end(self) -> None:
        """Let what is being submitted end, and record it; in the spool if the database cannot take it."""
        try:
            self._learn(self._crew.stop(self._is_hurried))
            if self._unrecorded:
                self._turn(0)
            if next_due(self._database, self._mailing) is None:
                finish_mailing(self._database, self._mailing, self._clock())
        finally:
            self._keep()

    def _keep(self) -> None:
        if self._unrecorded:
            self._spool.keep(self._unrecorded)
            self._unrecorded = []

    def _learn(self, finished: Sequence[Finished]) -> Sequence[Outcome]:
        """Return what became of deliveries, which is to be recorded whatever else goes wrong."""
        outcomes = self._judge.outcomes(finished, self._clock())
        self._unrecorded += outcomes
        return outcomes

    def _gathered(self) -> Sequence[Finished]:
        """Wait for half of what may be in flight; for more, as long as is little beside what the disk takes."""
        half = self._crew.collect(self._in_flight // 2, _GROUP_SECONDS)
        return half + self._crew.collect(self._in_flight, min(_GROUP_SECONDS, self._turn_seconds / 2))

    def _turn(self, wanted: int) -> Turn:
        """Record what is not recorded yet and claim the next group, waiting for another writer a few times."""
        if wanted:
            self._held()
        began = time.monotonic()
        for tries_left in reversed(range(_BUSY_TRIES)):
            try:
                turn = take_turn(
                    self._database,
                    self._mailing,
                    self._unrecorded,
                    wanted=wanted,
                    worker=self._worker,
                    now=self._clock(),
                )
            except DatabaseBusy:
                if not tries_left:
                    raise
                continue
            break
        recorded, self._unrecorded = self._unrecorded, []
        self._turn_seconds = time.monotonic() - began
        self._tally.add(recorded, turn.excluded)
        self._free += [self._slots.pop(outcome.delivery_id) for outcome in recorded]
        self._mark.count(self._mailing.id, turn.number)
        if turn.state is not MailingState.OPEN:
            self._judge.stop_for(DecisionRequired(f"mailing {self._mailing.id} is {turn.state}{_HOW_ON[turn.state]}"))
        return turn

    def _heed_account(self) -> None:
        """Go by what the account is granted at present; stop where it may not send any more."""
        try:
            self._grant.heed()
        except SendingHalted as halted:
            self._judge.stop_for(halted)

    def _heed_doubts(self) -> None:
        """Stop where nobody can say of letter after letter whether it was taken, rather than doubt them all."""
        doubts = self._crew.doubts
        if len(doubts) >= MOST_DOUBTS:
            self._judge.stop_for(
                Deferred(
                    f"{doubts[-1]}. That was said of {len(doubts)} letters in a row, so nothing more is tried: "
                    "run it again when the next hop is well"
                )
            )
        if self._judge.stop is not None:
            self._crew.hold()

    def _wanted(self, moment: float) -> int:
        """Return how many may be claimed now: no more than what leaves soon, and all in all what is in flight."""
        if self._judge.stop is not None or self._judge.patience.wait(moment):
            return 0
        wanted = self._target(moment) - self._crew.outstanding
        if self._pace is not None:
            if self._pace.wait(moment) > _PACED_AHEAD_SECONDS:
                return 0
            wanted = min(wanted, max(1, int(self._pace.rate * _PACED_AHEAD_SECONDS)))
        return max(0, wanted)

    def _target(self, moment: float) -> int:
        soon = (
            self._tally.rate(moment) * _AHEAD_SECONDS if self._pace is None else self._pace.rate * _PACED_AHEAD_SECONDS
        )
        return min(self._in_flight, max(2 * self._connections, int(soon)))

    def _hand_out(self, claimed: Sequence[Delivery], moment: float) -> None:
        slots = self._pace.book(len(claimed), moment) if self._pace is not None else [0.0] * len(claimed)
        tasks = [
            Task(delivery=delivery, slot=self._slot(delivery), leaves_at=at)
            for delivery, at in zip(claimed, slots, strict=True)
        ]
        self._crew.hand_out(tasks)

    def _slot(self, delivery: Delivery) -> int:
        self._slots[delivery.id] = slot = self._free.pop()
        return slot

    def _is_done(self) -> bool:
        """Return whether nobody is left for this run; Deferred when some are left for another one."""
        due = next_due(self._database, self._mailing)
        if due is None:
            return True
        if due - self._clock().timestamp() > ANOTHER_RUN / 2:
            number = len(self._judge.put_off)
            raise Deferred(
                f"{self._judge.last_reason}. {number} put off again and again: run it again in an hour or so"
            )
        return False

    def _progress(self, moment: float) -> SendProgress:
        outstanding = self._crew.outstanding
        is_waiting = not outstanding and bool(self._tally.planned)
        return self._tally.progress(
            moment,
            in_flight=min(outstanding, self._connections),
            waiting_for=self._judge.last_reason if is_waiting else "",
        )
