"""Runs a mailing under the author's eyes: shows it, stops it in order, names what went wrong."""

from contextlib import closing
from datetime import UTC, datetime

from newsletter.app import Publication
from newsletter.cli import output
from newsletter.cli.progress import progress_line
from newsletter.cli.signals import stop_signals
from newsletter.cli.views.feedback import say_trip
from newsletter.cli.views.mailing import counts_json, say_result
from newsletter.delivery import (
    Counts,
    DeliveryStatus,
    Mailing,
    SendProgress,
    Transport,
    find_mailing,
    list_delivery_problems,
    mailing_counts,
    send,
)
from newsletter.errors import DecisionRequired, NewsletterError, TemporaryError, TransportError
from newsletter.feedback import find_open_trip, pull_in_background

_NAMED = 20
"""How many failed or uncertain deliveries are named one by one."""


def run_mailing(
    publication: Publication,
    mailing: Mailing,
    transport: Transport,
    *,
    is_json: bool,
    is_restored: bool = False,
    is_quiet: bool = False,
    waits_for_quota: bool = False,
) -> None:
    """Send what is planned, show it, and say where everybody is, however it ends; no result with `is_quiet`.

    With `waits_for_quota` it does not end when the next hop takes no more today, but goes on when it does.
    """
    database, settings = publication.database, publication.settings
    before = mailing_counts(database, mailing.id)
    stopped: NewsletterError | KeyboardInterrupt | None = None
    if before.planned:
        try:
            with (
                stop_signals(heeded=2) as stop,
                pull_in_background(database, publication.keyring, settings, clock=now, complain=_complain),
                progress_line() as line,
                closing(
                    send(
                        database,
                        publication.keyring,
                        settings,
                        mailing,
                        transport,
                        clock=now,
                        is_restored=is_restored,
                        waits_for_quota=waits_for_quota,
                        is_hurried=stop.is_pressed,
                    )
                ) as sending,
            ):
                for progress in sending:
                    line.show(progress)
                    if stop.is_set():
                        _say_stopping(progress)
                        stopped = KeyboardInterrupt()
                        break
        except (TransportError, TemporaryError, DecisionRequired, KeyboardInterrupt) as error:
            stopped = error
    counts = mailing_counts(database, mailing.id)
    mailing = find_mailing(database, str(mailing.id))
    if is_json and not is_quiet:
        output.print_json(counts_json(mailing, counts, moment=now()))
    elif not is_json:
        say_result(mailing, before, counts, settings)
    name_troubles(publication, mailing, counts)
    if isinstance(stopped, DecisionRequired) and (trip := find_open_trip(database, mailing.id)) is not None:
        say_trip(trip)
    if settings.operations.alert and (counts.uncertain or isinstance(stopped, NewsletterError)):
        from newsletter.cli.alerting import tell_of_stop  # which most sends have no need to wait for

        tell_of_stop(publication, mailing, stopped, transport)
    if stopped is not None and (counts.planned or not isinstance(stopped, KeyboardInterrupt)):
        raise stopped


def _complain(words: str) -> None:
    output.info(words, style="attention")


def _say_stopping(progress: SendProgress) -> None:
    if progress.in_flight:
        output.info(
            f"stopping; waiting for the next hop's word on up to {output.pluralise(progress.in_flight, 'letter')}. "
            "Ctrl-C again leaves them uncertain"
        )


def name_troubles(publication: Publication, mailing: Mailing, counts: Counts) -> None:
    """Name what failed and what is uncertain, as talk."""
    for status, number in ((DeliveryStatus.FAILED, counts.failed), (DeliveryStatus.UNCERTAIN, counts.uncertain)):
        for trouble in list_delivery_problems(publication.database, mailing, status, limit=_NAMED):
            output.info(f"{status}: {trouble.address or '(erased)'}: {trouble.reason}", style="attention")
        if number > _NAMED:
            output.info(f"... and {number - _NAMED:,} more {status}", style="attention")
    if counts.uncertain:
        output.info(f"Settle what is uncertain: {output.command_line(f'resolve {mailing.id}')}")


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
