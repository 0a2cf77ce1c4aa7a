"""Doctor: check everything that a send needs, mail the author what fails, and test the signatures of a real message."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from newsletter import doctor, monitoring
from newsletter.app.issues import choose_issue
from newsletter.app.notices import NoticeReport, send_notices
from newsletter.app.publication import Publication
from newsletter.app.sending import SendEvent, StopSignals, start_test_of
from newsletter.audience import ensure_lists
from newsletter.delivery import mailing_counts, open_transport
from newsletter.doctor import CheckLevel, CheckResult, Resolver
from newsletter.errors import SettingsError, UsageError
from newsletter.settings import SETTINGS_FILE, Settings, find_root, read_settings


def run_checks(
    folder: Path | None, *, dns: Resolver, seconds: float
) -> tuple[Publication | None, Iterator[CheckResult]]:
    """Check the publication in a folder, yielding each result as it is known, within so many seconds.

    Settings that cannot be read are results as well: there is no publication then.
    """
    try:
        settings = _read_settings(folder)
    except SettingsError as error:
        lines = str(error).splitlines()
        return None, iter([doctor.fail("settings", SETTINGS_FILE, line, f"Correct {SETTINGS_FILE}") for line in lines])
    publication = Publication(settings)
    return publication, doctor.run_checks(settings, dns=dns, clock=publication.now, seconds=seconds)


def send_self_test(
    publication: Publication, dns: Resolver, *, seconds: float, stop: StopSignals | None = None
) -> Iterator[CheckResult | SendEvent | str]:
    """Send the newest issue to an address of our own, wait for it, and check the DKIM signatures it arrives with.

    Yields the events of sending, the address once it is waited for, and then the checks. UsageError with the outbox.
    """
    settings = publication.settings
    if settings.delivery.transport == "outbox":
        raise UsageError("--mail sends real email, and [delivery] transport is 'outbox'. Set it to smtp or ses")
    address = doctor.self_test_address(settings, secrets.token_hex(6))
    choice = choose_issue(publication, segment="", allows_drafts=True)
    ensure_lists(publication.database, settings.lists)
    with start_test_of(publication, choice, [str(address)]) as started:
        yield from started.run(stop)
    if not mailing_counts(publication.database, started.mailing.id).submitted:
        yield doctor.fail("mail", "sending", f"the message to {address} was not accepted", "See the reason above")
        return
    yield str(address)
    raw = doctor.wait_for_message(settings, address, seconds=seconds)
    if raw is None:
        yield doctor.fail(
            "mail",
            "arrival",
            f"the message to {address} has not arrived within {seconds:.0f} seconds",
            "Check the MX record and the mailbox; if mail is just slow, try --wait 600",
        )
        return
    domain = settings.list_named(choice.list_name).sender.address.domain.lower()
    yield from doctor.check_signatures(raw, domain, dns, now=publication.now())


def find_alarms(publication: Publication) -> tuple[monitoring.Alarm, ...]:
    """Return what has stopped or fallen silent: mailings, sources of replies and events, notices."""
    return monitoring.find_alarms(publication.database, publication.settings, now=publication.now())


def send_alert(
    publication: Publication, alarms: Iterable[monitoring.Alarm], checks: Iterable[CheckResult]
) -> NoticeReport | None:
    """Mail the author what is new among alarms and failed checks; None if nothing is new."""
    settings = publication.settings
    failed = [
        monitoring.Alarm(
            key=f"{check.part} {check.name}",
            message=f"{check.part} {check.name}: {check.message}",
            remedy=check.remedy,
        )
        for check in checks
        if check.level is CheckLevel.FAIL
    ]
    if not monitoring.plan_alert(publication.database, settings, [*alarms, *failed], now=publication.now()):
        return None
    with closing(open_transport(settings)) as transport:
        return send_notices(publication, transport)


def _read_settings(folder: Path | None) -> Settings:
    if folder is not None and not (folder / SETTINGS_FILE).is_file():
        raise UsageError(f"no {SETTINGS_FILE} in {folder}. 'newsletter init {folder}' makes a publication there")
    return read_settings(folder or find_root(Path.cwd()))
