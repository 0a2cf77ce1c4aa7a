"""Sending at a time: reads it, and sends what is due."""

from contextlib import closing
from datetime import datetime

from newsletter.app import Publication
from newsletter.audience import ensure_lists, import_list_source
from newsletter.cli import output
from newsletter.cli.picturing import provide_pictures
from newsletter.cli.progress import shown_time
from newsletter.cli.running import now, run_mailing
from newsletter.delivery import (
    Mailing,
    due_mailings,
    extend_mailing,
    mailing_edition,
    next_send_time,
    open_transport,
    refuse_late,
)
from newsletter.errors import DecisionRequired, NewsletterError, SettingsError, TemporaryError, UsageError


def read_time(text: str | None, moment: datetime) -> datetime | None:
    """Return the time that `--at` names, in this machine's zone where it names none; `now` is `moment`."""
    if text is None:
        return None
    if text.strip().lower() == "now":
        return moment
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except ValueError as error:
        raise UsageError(
            f"--at {text}: this is no time such as 2026-11-23T09:00, 2026-11-23T09:00+01:00 or now"
        ) from error


def send_due(
    publication: Publication,
    *,
    yes: bool,
    is_restored: bool,
    is_json: bool,
    is_quiet: bool = False,
    waits_for_quota: bool = False,
) -> int:
    """Send every scheduled mailing whose time has come, the earliest first; return how many there were.

    One that must not leave stops no other one. With `is_quiet` their results are not printed. Who calls this every
    minute does not wait for a quota: the next call goes on.
    """
    due = due_mailings(publication.database, now())
    refusals: list[NewsletterError] = []
    for mailing in due:
        at = shown_time(mailing.send_at or now())
        output.info(f"'{mailing.slug}' to '{mailing.list_name}' is due since {at}")
        try:
            if not yes:
                refuse_late(mailing, now())
            _send(
                publication,
                mailing,
                is_restored=is_restored,
                is_json=is_json,
                is_quiet=is_quiet,
                waits_for_quota=waits_for_quota,
            )
        except (DecisionRequired, UsageError, SettingsError, TemporaryError) as refusal:
            refusals.append(refusal)
    if refusals:
        for earlier in refusals[:-1]:
            output.error(str(earlier))
        raise refusals[-1]
    return len(due)


def _send(
    publication: Publication,
    mailing: Mailing,
    *,
    is_restored: bool,
    is_json: bool,
    is_quiet: bool,
    waits_for_quota: bool,
) -> None:
    """Add whoever joined since a mailing was made, and send it."""
    bring_in_sources(publication, mailing.list_name)
    provide_pictures(publication.settings, mailing_edition(publication.database, mailing))
    with closing(open_transport(publication.settings)) as transport:
        for notice in transport.notices:
            output.info(notice, style="attention")
        plan = extend_mailing(publication.database, mailing, now())
        run_mailing(
            publication,
            plan.mailing,
            transport,
            is_restored=is_restored,
            is_json=is_json,
            is_quiet=is_quiet,
            waits_for_quota=waits_for_quota,
        )


def bring_in_sources(publication: Publication, list_name: str) -> None:
    """Import a list's source file where that has changed."""
    ensure_lists(publication.database, publication.settings.lists)
    report = import_list_source(publication.database, publication.keyring, publication.settings, list_name, now=now())
    for finding in () if report is None else report.findings:
        output.info(str(finding), style="attention")


def say_next(publication: Publication) -> None:
    """Say when the next scheduled mailing is due."""
    upcoming = next_send_time(publication.database, now())
    if upcoming is None:
        output.info("nothing is scheduled")
    else:
        output.info(f"nothing is due; the next is on {shown_time(upcoming)}")


def say_scheduled(mailing: Mailing, planned: int) -> None:
    """Say when a mailing leaves, and what makes it leave."""
    at = shown_time(mailing.send_at or now())
    output.print_result(f"'{mailing.slug}' is scheduled for {output.pluralise(planned, 'reader')} on {at}")
    output.info(
        f"It leaves with the first '{output.command_line('send --due')}' from then on: let cron or a timer call that "
        f"every minute. {output.command_line(f'send {mailing.slug} --at now')} sends it at once, "
        f"{output.command_line(f'cancel {mailing.id}')} calls it off"
    )
