"""The sender: claims, hands out, records, until nobody is left; a generator, so that closing it stops it cleanly.

Never more than `[delivery] in_flight` deliveries are claimed at once, and no more than what leaves within
a moment where the next hop is slow: that many a kill leaves uncertain.
"""

import os
import socket
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime

from newsletter.database import Database
from newsletter.delivery.alone import sole_sender
from newsletter.delivery.counting import mailing_counts
from newsletter.delivery.crew import Crew, muster
from newsletter.delivery.editions import read_edition
from newsletter.delivery.granting import Grant
from newsletter.delivery.ledger import Outcome, Turn, begin_run, finish_mailing, next_due, take_turn
from newsletter.delivery.mailing import Delivery, Mailing, MailingState
from newsletter.delivery.mark import Mark, mark_path
from newsletter.delivery.message import make_skeletons
from newsletter.delivery.pace import Delays, Patience
from newsletter.delivery.parking import wait_for_quota
from newsletter.delivery.recovery import recover
from newsletter.delivery.sealing import open_signer
from newsletter.delivery.spool import Spool
from newsletter.delivery.steady import steady
from newsletter.delivery.tally import Progress, Tally
from newsletter.delivery.transports import Transport
from newsletter.delivery.tray import Finished, Task
from newsletter.delivery.verdicts import ANOTHER_RUN, Judge
from newsletter.delivery.watch import MOST_DOUBTS
from newsletter.errors import AskPerson, Deferred, Halted, NewsletterError, QuotaSpent, StorageBusy
from newsletter.settings import Settings
from newsletter.tokens import Keyring

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


def send(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    mailing: Mailing,
    transport: Transport,
    *,
    clock: Callable[[], datetime],
    delays: Delays | None = None,
    is_restored: bool = False,
    waits_for_quota: bool = False,
) -> Generator[Progress, None, None]:
    """Send a mailing to everybody who is planned, yielding how far it is after each group.

    Raises TryLater when another sender is at work, and when something ends the send early: Halted, QuotaSpent,
    Deferred, StorageBusy, StorageFull; AskPerson when the mailing is paused or cancelled meanwhile, or when the
    database is an older copy, unless `is_restored` says that it may be. In any case what was submitted is
    recorded, and the rest stays planned. With `waits_for_quota` a spent quota ends nothing: once it frees, the
    send goes on.
    """
    with sole_sender(database, f"sending '{mailing.slug}' to '{mailing.list_name}'"):
        spool = Spool(settings.var / "outcomes.spool", settings.delivery.in_flight)
        mark = Mark(mark_path(settings), settings.delivery.in_flight)
        try:
            if not is_restored:
                mark.compare(database)
            recovered = recover(database, spool, transport, None if is_restored else mark, clock())
            with database.read() as connection:
                edition = read_edition(connection, mailing.edition_digest)
            signer = open_signer(settings, mailing.list_name)
            skeletons = make_skeletons(edition, mailing, settings, keyring, signer)
            size = min(transport.connections, settings.delivery.in_flight)

            def attempt() -> Generator[Progress, None, None]:
                begin_run(database, mailing)
                crew = muster(
                    transport, lambda delivery: skeletons[delivery.variant].letter(delivery, clock()), mark, size
                )
                run = _Run(
                    database, settings, mailing, transport, crew, spool, mark, steady(clock), delays or Delays()
                )
                try:
                    yield from run.progress()
                finally:
                    run.end()

            while True:
                try:
                    with closing(attempt()) as running:
                        for progress in running:
                            yield replace(progress, recovered=recovered)
                except QuotaSpent:
                    if not waits_for_quota:
                        raise
                else:
                    return
                parked = Progress(counts=mailing_counts(database, mailing.id), rate=0, eta=None, in_flight=0)
                for why in wait_for_quota(database, mailing, transport, clock):
                    yield replace(parked, waiting_for=why, recovered=recovered)
        finally:
            mark.close()
            spool.close()


class _Run:
    """One sender's work on one mailing."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        mailing: Mailing,
        transport: Transport,
        crew: Crew,
        spool: Spool,
        mark: Mark,
        clock: Callable[[], datetime],
        delays: Delays,
    ) -> None:
        self._database = database
        self._mailing = mailing
        self._crew = crew
        self._spool = spool
        self._mark = mark
        self._clock = clock
        self._worker = f"{transport.name}/{socket.gethostname()}/{os.getpid()}"
        mark.begin(self._worker)
        self._free = list(range(settings.delivery.in_flight))
        self._slots: dict[int, int] = {}
        self._connections = min(transport.connections, settings.delivery.in_flight)
        self._in_flight = settings.delivery.in_flight
        self._grant = Grant(database, transport, settings.delivery.rate)
        self._pace = self._grant.pace
        self._judge = Judge(patience=Patience(delays=delays), pace=self._pace)
        self._unrecorded: list[Outcome] = []
        self._turn_seconds = 0.0
        """How long the last turn took."""
        self._tally = Tally(mailing_counts(database, mailing.id))

    def progress(self) -> Iterator[Progress]:
        """Work until nobody is left to be tried, or something ends it."""
        finished: Sequence[Finished] = ()
        while True:
            moment = time.monotonic()
            self._unrecorded += self._judge.outcomes(finished, self._clock(), moment)
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
        self._grant.close()
        try:
            self._unrecorded += self._judge.outcomes(self._crew.stop(), self._clock(), time.monotonic())
            if self._unrecorded:
                self._turn(0)
            if next_due(self._database, self._mailing) is None:
                finish_mailing(self._database, self._mailing, self._clock())
        except KeyboardInterrupt:  # nobody wants to wait any more
            self._unrecorded += self._judge.outcomes(self._crew.abandon(), self._clock(), time.monotonic())
            with suppress(NewsletterError):
                self._turn(0)
            raise
        finally:
            if self._unrecorded:
                self._spool.keep(self._unrecorded)

    def _gathered(self) -> Sequence[Finished]:
        """Wait for half of what may be in flight; for more, as long as is little beside what the disk takes."""
        half = self._crew.collect(self._in_flight // 2, _GROUP_SECONDS)
        return half + self._crew.collect(self._in_flight, min(_GROUP_SECONDS, self._turn_seconds / 2))

    def _turn(self, wanted: int) -> Turn:
        """Record what is not recorded yet and claim the next group, waiting for another writer a few times."""
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
            except StorageBusy:
                if not tries_left:
                    raise
                continue
            break
        self._turn_seconds = time.monotonic() - began
        self._tally.add(self._unrecorded, turn.excluded)
        self._free += [self._slots.pop(outcome.delivery_id) for outcome in self._unrecorded]
        self._unrecorded = []
        self._mark.count(self._mailing.id, turn.number)
        if turn.state is not MailingState.OPEN:
            self._judge.stop_for(AskPerson(f"mailing {self._mailing.id} is {turn.state}{_HOW_ON[turn.state]}"))
        return turn

    def _heed_account(self) -> None:
        """Go by what the account is granted at present; stop where it may not send any more."""
        try:
            self._grant.heed()
        except Halted as halted:
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
            self._tally.rate(moment) * _AHEAD_SECONDS
            if self._pace is None
            else self._pace.rate * _PACED_AHEAD_SECONDS
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

    def _progress(self, moment: float) -> Progress:
        outstanding = self._crew.outstanding
        is_waiting = not outstanding and bool(self._tally.planned)
        return self._tally.progress(
            moment,
            in_flight=min(outstanding, self._connections),
            waiting_for=self._judge.last_reason if is_waiting else "",
        )
