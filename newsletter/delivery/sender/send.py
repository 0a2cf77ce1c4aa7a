"""The sender: sends a mailing to everybody who is planned; a generator, so that closing it stops it cleanly."""

import gc
import os
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.database import Database
from newsletter.delivery.counts import mailing_counts
from newsletter.delivery.editions import read_edition
from newsletter.delivery.message.build import build_templates
from newsletter.delivery.message.click_links import click_links_of, store_click_links
from newsletter.delivery.message.dkim_keys import open_dkim_signer
from newsletter.delivery.models import Mailing
from newsletter.delivery.queue.high_water_mark import HighWaterMark, high_water_mark_path
from newsletter.delivery.queue.lock import Held, sender_lock
from newsletter.delivery.queue.outcome_spool import OutcomeSpool, spool_path
from newsletter.delivery.queue.record import begin_run
from newsletter.delivery.queue.recovery import recover
from newsletter.delivery.rate.limiter import Delays, Patience
from newsletter.delivery.sender.in_flight import Write
from newsletter.delivery.sender.outcomes import Judge
from newsletter.delivery.sender.progress import SendProgress, Tally
from newsletter.delivery.sender.quota_wait import wait_for_quota
from newsletter.delivery.sender.rate_refresh import Grant
from newsletter.delivery.sender.run import Run
from newsletter.delivery.sender.worker_pool import muster
from newsletter.delivery.steady import steady
from newsletter.delivery.transports import Transport
from newsletter.errors import QuotaExceeded
from newsletter.settings import Settings
from newsletter.tokens import Keyring


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
    is_hurried: Callable[[], bool] = lambda: False,
) -> Generator[SendProgress, None, None]:
    """Send a mailing to everybody who is planned, yielding how far it is after each group.

    Raises TemporaryError when another sender is at work, and when something ends the send early: SendingHalted,
    QuotaExceeded, Deferred, DatabaseBusy, DiskFull; DecisionRequired when the mailing is paused or cancelled
    meanwhile, or when the database is an older copy, unless `is_restored` says that it may be. In any case what was
    submitted is recorded, and the rest stays planned. With `waits_for_quota` a spent quota ends nothing: once it
    frees, the send goes on. Once `is_hurried`, a send that ends waits for no answer any more: those letters are
    uncertain.
    """
    with (
        sender_lock(database, f"sending '{mailing.slug}' to '{mailing.list_name}'") as held,
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
        skeletons = build_templates(edition, mailing, settings, keyring, signer)
        bench = _Bench(
            database=database,
            settings=settings,
            mailing=mailing,
            transport=transport,
            held=held,
            spool=spool,
            mark=mark,
            write=lambda delivery: skeletons[delivery.variant].render(delivery, clock()),
            clock=clock,
            delays=delays or Delays(),
            is_hurried=is_hurried,
        )
        while True:
            try:
                with _nothing_reread(), closing(_attempt(bench)) as running:
                    for progress in running:
                        yield replace(progress, recovered=recovered)
            except QuotaExceeded:
                if not waits_for_quota:
                    raise
            else:
                return
            parked = SendProgress(counts=mailing_counts(database, mailing.id), rate=0, eta=None, in_flight=0)
            for why in wait_for_quota(database, mailing, transport, clock):
                held()
                yield replace(parked, waiting_for=why, recovered=recovered)


@contextmanager
def _nothing_reread() -> Iterator[None]:
    """Keep the garbage collector from reading again and again what exists already, a tenth of all work."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """What every run of one send works with."""

    database: Database
    settings: Settings
    mailing: Mailing
    transport: Transport
    held: Held
    spool: OutcomeSpool
    mark: HighWaterMark
    write: Write
    clock: Callable[[], datetime]
    delays: Delays
    is_hurried: Callable[[], bool]


def _attempt(bench: _Bench) -> Generator[SendProgress, None, None]:
    """Run once: until nobody is left, or the next hop takes no more."""
    worker = f"{bench.transport.name}/{socket.gethostname()}/{os.getpid()}"
    in_flight = bench.settings.delivery.in_flight
    connections = min(bench.transport.connections, in_flight)
    begin_run(bench.database, bench.mailing)
    tally = Tally(mailing_counts(bench.database, bench.mailing.id))
    bench.mark.begin(worker)
    with closing(Grant(bench.database, bench.transport, bench.settings.delivery.rate)) as grant:
        run = Run(
            bench.database,
            bench.mailing,
            worker=worker,
            held=bench.held,
            crew=muster(bench.transport, bench.write, bench.mark, connections),
            spool=bench.spool,
            mark=bench.mark,
            grant=grant,
            judge=Judge(patience=Patience(delays=bench.delays), pace=grant.pace),
            tally=tally,
            clock=steady(bench.clock),
            connections=connections,
            in_flight=in_flight,
            is_hurried=bench.is_hurried,
        )
        try:
            yield from run.progress()
        finally:
            run.end()
