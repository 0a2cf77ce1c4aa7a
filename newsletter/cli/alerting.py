"""Alerting: mails the author what has stopped, beside other work, which it never breaks.

`[operations] alert` names who hears of it; without that nothing is looked at. The moderators, whom `newsletter
doctor --alert` falls back to, asked for other mail.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from newsletter.app import Publication
from newsletter.cli import output
from newsletter.cli.commands.notices import post
from newsletter.delivery import Mailing, Transport, open_transport
from newsletter.errors import DiskFull, NewsletterError, TemporaryError, UsageError
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


def tell(publication: Publication, *alarms: Alarm, transport: Transport | None = None) -> None:
    """Mail what is new among the alarms and all that stands still; what goes wrong is said and ends nothing."""
    settings, now = publication.settings, datetime.now(UTC)
    if not settings.operations.alert:
        return
    try:
        with _opened(publication, transport) as hop:
            try:
                found = (*alarms, *find_alarms(publication.database, settings, now=now))
                if plan_alert(publication.database, settings, found, now=now):
                    posted = post(publication, hop)
                    if posted.stopped_by is not None:
                        raise posted.stopped_by
            except DiskFull:
                submit_unrecorded_alert(settings, publication.keyring, hop, alarms, now=now)
    except (NewsletterError, OSError) as error:
        output.info(f"an alert could not be mailed: {error}", "attention")


def tell_of_stop(publication: Publication, mailing: Mailing, error: BaseException | None, transport: Transport) -> None:
    """Mail why a mailing has stopped, where that is for the author to know."""
    alarm = alarm_for_stopped_mailing(mailing, error) if error is not None else None
    tell(publication, *([alarm] if alarm is not None else []), transport=transport)


@contextmanager
def telling(publication: Publication, way: str) -> Iterator[None]:
    """Mail that a way in is shut, once the block fails at it for good or for hours; and else what stands still."""
    try:
        yield
    except NewsletterError as error:
        passes = isinstance(error, TemporaryError) and not record_failure(publication.settings, way, datetime.now(UTC))
        if not passes and not isinstance(error, UsageError):
            tell(publication, alarm_for_unreadable_source(way, error))
        raise
    clear_failure(publication.settings, way)
    tell(publication)


@contextmanager
def _opened(publication: Publication, transport: Transport | None) -> Iterator[Transport]:
    if transport is not None:
        yield transport
        return
    with closing(open_transport(publication.settings)) as opened:
        yield opened
