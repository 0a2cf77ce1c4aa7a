"""Send runs: a started mailing is sent, and scheduled mailings that are due, as a stream of events.

The events of a mailing end with its `SendResult`. An error that ends it early is raised after that.
"""

import queue
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from newsletter.app.notices import NoticeReport, alert_of_stop
from newsletter.app.publication import Publication
from newsletter.app.remarks import Remark
from newsletter.app.sending.plan import SendRequest
from newsletter.app.subscribers import import_changed_source
from newsletter.archive import upload_pictures
from newsletter.compose import Edition, save_sent_pictures
from newsletter.delivery import (
    Counts,
    DeliveryProblem,
    DeliveryStatus,
    Mailing,
    MailingStage,
    MailingState,
    SendProgress,
    Transport,
    find_mailing,
    list_delivery_problems,
    mailing_counts,
    mailing_edition,
    open_transport,
    send,
)
from newsletter.delivery.queue import Plan, due_mailings, extend_mailing, next_send_time, refuse_late
from newsletter.errors import (
    DecisionRequired,
    NewsletterError,
    SettingsError,
    TemporaryError,
    TransportError,
    UsageError,
)
from newsletter.feedback import Trip, find_open_trip, pull_in_background
from newsletter.finding import Finding

NAMED_AT_MOST = 20
"""How many failed and how many uncertain deliveries a result names one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMailing:
    """A scheduled mailing whose time has come is about to be sent."""

    mailing: Mailing


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedMailing:
    """A scheduled mailing that is due could not be sent; the others were."""

    mailing: Mailing
    error: NewsletterError


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """Nothing leaves now: the mailing is scheduled for later, when `send_due` sends it."""

    mailing: Mailing
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """The caller asked to stop: the messages in flight are waited for."""

    in_flight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """The state of a mailing when a run of it has ended."""

    mailing: Mailing
    stage: MailingStage
    at: datetime
    before: Counts
    """What the counts were before this run."""
    counts: Counts
    failed: tuple[DeliveryProblem, ...] = ()
    """The first of the failed deliveries, with the reason."""
    uncertain: tuple[DeliveryProblem, ...] = ()
    trip: Trip | None = None
    """Why the mailing paused itself, if it did."""
    is_interrupted: bool = False
    """Whether its caller stopped it while somebody was still planned."""


SendEvent = (
    Remark | Finding | NoticeReport | DueMailing | RefusedMailing | Scheduled | SendProgress | Stopping | SendResult
)
"""What the generators of this module yield."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSignals:
    """How a caller stops a run without closing it: both are asked again and again."""

    should_stop: Callable[[], bool] = _never
    """Claim no more, and wait for the messages in flight."""
    is_hurried: Callable[[], bool] = _never
    """Do not wait for those either: they are uncertain."""


class StartedMailing:
    """A mailing that is recorded and may be sent; its transport is open until `close`."""

    def __init__(self, publication: Publication, request: SendRequest, mailing: Mailing, transport: Transport) -> None:
        self._publication, self._request, self._transport = publication, request, transport
        self.mailing = mailing
        self.plan: Plan | None = None
        """None for a test."""
        self.remarks: tuple[Remark, ...] = ()
        self.notices: NoticeReport | None = None
        """What became of the notices that were due."""

    @property
    def transport_name(self) -> str:
        """The transport that it is sent through now."""
        return self._transport.name

    def run(self, stop: StopSignals | None = None) -> Iterator[SendEvent]:
        """Send what is planned; closing the generator stops it in order, and what is in flight is waited for.

        DecisionRequired when the mailing is cancelled, or when its `send_before` has passed.
        """
        if self.mailing.state is MailingState.CANCELLED:
            raise DecisionRequired(
                f"mailing {self.mailing.id} of '{self.mailing.slug}' is cancelled, so nothing was sent. "
                "'newsletter send --again' makes a new one"
            )
        now = self._publication.now()
        if self.plan is not None:
            if self.mailing.stage(now) is MailingStage.SCHEDULED:
                yield Scheduled(mailing=self.mailing, counts=self.plan.counts)
                return
            if self.plan.counts.planned and not self._request.is_approved:
                refuse_late(self.mailing, now)
        yield from _run(self._publication, self.mailing, self._transport, self._request, stop or StopSignals())

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def send_due(publication: Publication, request: SendRequest, stop: StopSignals | None = None) -> Iterator[SendEvent]:
    """Send every scheduled mailing whose time has come, the earliest first.

    One that cannot be sent stops no other; the last such error is raised at the end, the earlier ones are yielded.
    """
    stop = stop or StopSignals()
    refused: list[RefusedMailing] = []
    for mailing in due_mailings(publication.database, publication.now()):
        yield DueMailing(mailing=mailing)
        try:
            if not request.is_approved:
                refuse_late(mailing, publication.now())
            for event in _send_one_due(publication, mailing, request, stop):
                yield event
                if isinstance(event, SendResult) and event.is_interrupted:
                    return
        except (DecisionRequired, UsageError, SettingsError, TemporaryError) as error:
            refused.append(RefusedMailing(mailing=mailing, error=error))
    if refused:
        yield from refused[:-1]
        raise refused[-1].error


def finish(events: Iterator[SendEvent]) -> SendResult | None:
    """Run a send to its end and return its last result; None when nothing was sent, because it is scheduled."""
    result = None
    for event in events:
        if isinstance(event, SendResult):
            result = event
    return result


def next_due(publication: Publication) -> datetime | None:
    """Return when the next scheduled mailing is due; None when nothing is scheduled."""
    return next_send_time(publication.database, publication.now())


def provide_pictures(publication: Publication, edition: Edition, *, is_test: bool = False) -> tuple[Remark, ...]:
    """Keep the pictures that an edition links as long as it may be read, and upload those the store lacks."""
    settings = publication.settings
    if not is_test:
        save_sent_pictures(settings, edition)
    uploaded = upload_pictures(settings, edition)
    if not uploaded:
        return ()
    store = settings.pictures.store if settings.pictures.bucket else settings.archive.store
    text = f"{uploaded:,} {'picture' if uploaded == 1 else 'pictures'} uploaded to {store}"
    return (Remark(text=text, is_warning=False),)


def _send_one_due(
    publication: Publication, mailing: Mailing, request: SendRequest, stop: StopSignals
) -> Iterator[SendEvent]:
    """Add subscribers who joined since a mailing was scheduled, and send it."""
    yield from import_changed_source(publication, mailing.list_name)
    yield from provide_pictures(publication, mailing_edition(publication.database, mailing))
    with closing(open_transport(publication.settings)) as transport:
        yield from (Remark(text=text) for text in transport.notices)
        plan = extend_mailing(publication.database, mailing, publication.now())
        yield from _run(publication, plan.mailing, transport, request, stop)


def _run(
    publication: Publication, mailing: Mailing, transport: Transport, request: SendRequest, stop: StopSignals
) -> Iterator[SendEvent]:
    """Send what is planned, yield its result, and raise what ended it early."""
    database, settings = publication.database, publication.settings
    before = mailing_counts(database, mailing.id)
    error: NewsletterError | None = None
    is_stopped = False
    warnings: queue.SimpleQueue[str] = queue.SimpleQueue()  # which another thread fills
    if before.planned:
        try:
            with (
                pull_in_background(database, publication.keyring, settings, clock=publication.now, warn=warnings.put),
                closing(
                    send(
                        database,
                        publication.keyring,
                        settings,
                        mailing,
                        transport,
                        clock=publication.now,
                        is_restored=request.is_restored,
                        waits_for_quota=request.waits_for_quota,
                        is_hurried=stop.is_hurried,
                    )
                ) as sending,
            ):
                for progress in sending:
                    yield progress
                    while not warnings.empty():
                        yield Remark(text=warnings.get())
                    if stop.should_stop():
                        is_stopped = True
                        if progress.in_flight:
                            yield Stopping(in_flight=progress.in_flight)
                        break
        except (TransportError, TemporaryError, DecisionRequired) as caught:
            error = caught
        except KeyboardInterrupt:
            is_stopped = True
    result = _result_of(publication, mailing, before, error, is_stopped=is_stopped)
    yield result
    if settings.operations.alert and (result.counts.uncertain or error is not None):
        yield from alert_of_stop(publication, result.mailing, error, transport)
    if error is not None:
        raise error


def _result_of(
    publication: Publication, mailing: Mailing, before: Counts, error: NewsletterError | None, *, is_stopped: bool
) -> SendResult:
    database = publication.database
    counts = mailing_counts(database, mailing.id)
    current = find_mailing(database, str(mailing.id))
    now = publication.now()
    return SendResult(
        mailing=current,
        stage=current.stage(now),
        at=now,
        before=before,
        counts=counts,
        failed=tuple(list_delivery_problems(database, current, DeliveryStatus.FAILED, limit=NAMED_AT_MOST)),
        uncertain=tuple(list_delivery_problems(database, current, DeliveryStatus.UNCERTAIN, limit=NAMED_AT_MOST)),
        trip=find_open_trip(database, mailing.id) if isinstance(error, DecisionRequired) else None,
        is_interrupted=is_stopped and counts.planned > 0,
    )
