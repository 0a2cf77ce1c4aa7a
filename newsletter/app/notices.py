"""Notices and alerts: transactional mail to one person, sent when due; and mail to the author when something stops.

Alerts are off unless `[operations] alert` names who receives them. Neither notices nor alerts ever end the work
beside which they are sent: `send_due_notices` and `alert` return what went wrong instead.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from newsletter.app.publication import Publication
from newsletter.app.remarks import Remark
from newsletter.delivery import DeliveryStatus, Mailing, Transport, open_transport
from newsletter.delivery.notices import Notice, list_notices, plan_welcome_series, resolve_notice
from newsletter.delivery.notices import send_due_notices as submit_due_notices
from newsletter.errors import DiskFull, NewsletterError, TemporaryError, UsageError
from newsletter.finding import Finding
from newsletter.monitoring import (
    Alarm,
    alarm_for_stopped_mailing,
    alarm_for_unreadable_source,
    clear_failure,
    find_alarms,
    plan_alert,
    record_failure,
    submit_unrecorded_alert,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeReport:
    """What became of the notices that were due."""

    submitted: tuple[Notice, ...] = ()
    problems: tuple[Notice, ...] = ()
    """Failed, or uncertain."""
    deferred: int = 0
    """Left for a later run."""
    findings: tuple[Finding, ...] = ()
    """Errors in the files of the welcome series."""
    stopped_by: NewsletterError | None = None
    """Why the mail server accepts no more; the rest stays due."""
    error: NewsletterError | None = None
    """Why none could be sent, when that does not stop the other work."""


def list_notices_by_status(publication: Publication, status: str | None = None) -> tuple[Notice, ...]:
    """Return the notices, oldest first; UsageError for an unknown status."""
    if status is not None and status not in list(DeliveryStatus):
        raise UsageError(f"unknown status '{status}'. Known: planned, submitted, failed, uncertain")
    return tuple(list_notices(publication.database, DeliveryStatus(status) if status else None))


def send_notices(publication: Publication, transport: Transport | None = None) -> NoticeReport:
    """Send every due notice once; an error that ends the run early is in the report."""
    findings = _plan_series(publication)
    with _opened(publication, transport) as opened:
        sent = submit_due_notices(
            publication.database, publication.keyring, publication.settings, opened, clock=publication.now
        )
    return NoticeReport(
        submitted=sent.submitted,
        problems=sent.problems,
        deferred=sent.deferred,
        findings=findings,
        stopped_by=sent.stopped_by,
    )


def send_due_notices(publication: Publication, transport: Transport | None = None) -> NoticeReport:
    """Send due notices during other work; an error is returned in the report, not raised."""
    findings = _plan_series(publication)
    planned = list_notices(publication.database, DeliveryStatus.PLANNED)
    if not planned and not list_notices(publication.database, DeliveryStatus.CLAIMED):
        return NoticeReport(findings=findings)
    try:
        return send_notices(publication, transport)
    except NewsletterError as error:
        return NoticeReport(findings=findings, error=error)


def resolve_uncertain_notice(publication: Publication, notice_id: int, *, resend: bool) -> Notice:
    """Resolve an uncertain or failed notice: send it again, or leave it."""
    return resolve_notice(publication.database, notice_id, resend=resend, now=publication.now())


def alert(publication: Publication, *alarms: Alarm, transport: Transport | None = None) -> tuple[Remark, ...]:
    """Mail the author what is new among these alarms and all that `watch` sees; return what went wrong."""
    settings, now = publication.settings, publication.now()
    if not settings.operations.alert:
        return ()
    remarks: list[Remark] = []
    try:
        with _opened(publication, transport) as opened:
            try:
                watched = find_alarms(publication.database, settings, now=now)
                if plan_alert(publication.database, settings, (*alarms, *watched), now=now):
                    report = send_notices(publication, opened)
                    remarks += describe_problems(report)
                    if report.stopped_by is not None:
                        raise report.stopped_by
            except DiskFull:
                submit_unrecorded_alert(settings, publication.keyring, opened, alarms, now=now)
    except (NewsletterError, OSError) as error:
        remarks.append(Remark(text=f"an alert could not be mailed: {error}"))
    return tuple(remarks)


def describe_problems(report: NoticeReport) -> tuple[Remark, ...]:
    """Return a warning for each notice that failed or is uncertain."""
    return tuple(
        Remark(text=f"notice {notice.id} to {notice.recipient} is {notice.status}: {notice.reason}")
        for notice in report.problems
    )


def alert_of_stop(
    publication: Publication, mailing: Mailing, error: BaseException | None, transport: Transport
) -> tuple[Remark, ...]:
    """Mail the author why a mailing has stopped, where only they can act; return what went wrong."""
    alarm = alarm_for_stopped_mailing(mailing, error) if error is not None else None
    return alert(publication, *([alarm] if alarm is not None else []), transport=transport)


@contextmanager
def alerting_on_failure(publication: Publication, source: str) -> Iterator[list[Remark]]:
    """Mail the author when reading a source, `replies` or `events`, fails for good or for hours; else what is stuck.

    What goes wrong with the alert is added to the list that the block receives, and to the error as a note.
    """
    remarks: list[Remark] = []
    try:
        yield remarks
    except NewsletterError as error:
        is_passing = isinstance(error, TemporaryError) and not record_failure(
            publication.settings, source, publication.now()
        )
        if not is_passing and not isinstance(error, UsageError):
            for remark in alert(publication, alarm_for_unreadable_source(source, error)):
                error.add_note(remark.text)
        raise
    clear_failure(publication.settings, source)
    remarks += alert(publication)


def _plan_series(publication: Publication) -> tuple[Finding, ...]:
    """Plan the due notices of the welcome series; return the findings on its files."""
    return tuple(plan_welcome_series(publication.database, publication.settings, publication.now()).findings)


@contextmanager
def _opened(publication: Publication, transport: Transport | None) -> Iterator[Transport]:
    if transport is not None:
        yield transport
        return
    with closing(open_transport(publication.settings)) as opened:
        yield opened
