"""`newsletter doctor`: looks at everything that a send needs, and says what to do about it."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from newsletter.app import Publication
from newsletter.cli import output
from newsletter.cli.commands.notices import post
from newsletter.cli.selftest import mail_ourselves
from newsletter.delivery import open_transport
from newsletter.doctor import CheckLevel, CheckResult, fail, parse_resolver, run_checks
from newsletter.errors import SettingsError, UsageError
from newsletter.monitoring import Alarm, find_alarms, plan_alert
from newsletter.settings import SETTINGS_FILE, Settings, find_root, read_settings

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)

_STYLES = {CheckLevel.OK: "quiet", CheckLevel.WARN: "attention", CheckLevel.FAIL: "attention"}


@app.command("doctor")
def see_doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line, as it is found.")] = False,
    resolver: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Ask this name server instead of the system's.")
    ] = None,
    alert: Annotated[
        bool, typer.Option("--alert", help="Mail what fails, or has stopped, to [operations] alert; for cron.")
    ] = False,
    mail: Annotated[
        bool, typer.Option("--mail", help="Also mail a letter to ourselves, and look at its signatures.")
    ] = False,
    wait: Annotated[float, typer.Option(min=1, help="Seconds to wait for that letter.")] = 120.0,
    seconds: Annotated[float, typer.Option(min=1, max=300, help="The most that all of it may take.")] = 20.0,
) -> None:
    """Look at everything that a send needs: ok, warn or fail, each with its remedy.

    Settings, secrets, database, disk, templates and clock; where mail really leaves, DNS and the account or relay;
    and where answers arrive. Sends nothing, changes nothing, and ends in time whatever does not answer. Exit
    code 1 when anything fails.

    With --mail the newest issue goes to an address of your own, once, through the real transport; when it has come
    back, it says whether a DKIM signature that counts covers both List-Unsubscribe headers.

    With --alert it also looks for what has stopped or fallen silent: a mailing, a way in, notices. What is new
    among all that is mailed to you, once a day for each, through the transport of newsletter.toml; let cron do so.

    Example: newsletter doctor --json
    """
    dns = parse_resolver(resolver)
    settings = _settings(context.obj, is_json=as_json)
    found = []
    for check in run_checks(settings, dns=dns, clock=lambda: datetime.now(UTC), seconds=seconds):
        found.append(check)
        _show(check, is_json=as_json)
    if mail:
        for check in mail_ourselves(Publication(settings), dns, seconds=wait):
            found.append(check)
            _show(check, is_json=as_json)
    failed = sum(check.level is CheckLevel.FAIL for check in found)
    warned = sum(check.level is CheckLevel.WARN for check in found)
    if not as_json:
        output.info(f"{len(found) - failed - warned} ok, {warned} to know, {failed} to mend")
    if alert:
        failed += _alert(Publication(settings), found, is_json=as_json)
    if failed:
        raise typer.Exit(1)


def _alert(publication: Publication, found: list[CheckResult], *, is_json: bool) -> int:
    """Mail what is new of what fails and what has stopped; return how much has stopped."""
    database, settings, now = publication.database, publication.settings, datetime.now(UTC)
    alarms = find_alarms(database, settings, now=now)
    for alarm in alarms:
        _show(fail("find_alarms", alarm.key, alarm.message, alarm.remedy), is_json=is_json)
    failed = [
        Alarm(
            key=f"{check.part} {check.name}",
            message=f"{check.part} {check.name}: {check.message}",
            remedy=check.remedy,
        )
        for check in found
        if check.level is CheckLevel.FAIL
    ]
    planned = plan_alert(database, settings, [*alarms, *failed], now=now)
    if planned:
        with closing(open_transport(settings)) as transport:
            posted = post(publication, transport)
        if posted.stopped_by is not None:
            raise posted.stopped_by
    return len(alarms)


def _settings(wanted: Path | None, *, is_json: bool) -> Settings:
    """Return the settings; a file that cannot be read is a finding like any other."""
    if wanted is not None and not (wanted / SETTINGS_FILE).is_file():
        raise UsageError(f"no {SETTINGS_FILE} in {wanted}. 'newsletter init {wanted}' makes a publication there")
    root = wanted or find_root(Path.cwd())
    try:
        return read_settings(root)
    except SettingsError as error:
        for line in str(error).splitlines():
            _show(fail("settings", SETTINGS_FILE, line, f"Mend {SETTINGS_FILE}"), is_json=is_json)
        raise typer.Exit(1) from error


def _show(check: CheckResult, *, is_json: bool) -> None:
    if is_json:
        output.print_json(
            {
                "part": check.part,
                "check": check.name,
                "level": str(check.level),
                "message": check.message,
                "remedy": check.remedy,
            }
        )
        return
    style = _STYLES[check.level]
    name = check.name if check.name.startswith(check.part) else f"{check.part} {check.name}"
    output.print_result(
        Text.assemble(
            (f"{check.level:<4}  ", style),
            (f"{name}: ", "subject" if check.level is CheckLevel.FAIL else ""),
            check.message,
        )
    )
    if check.remedy:
        output.print_result(Text.assemble("      ", (check.remedy, style)))
