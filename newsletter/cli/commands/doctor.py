"""`newsletter doctor`: check everything that a send needs."""

from collections.abc import Iterable
from typing import Annotated

import typer

from newsletter.app import Publication, doctor, sending
from newsletter.cli import output
from newsletter.cli.context import new_commands
from newsletter.cli.signals import stop_signals
from newsletter.cli.views.doctor import show_alarm, show_check
from newsletter.cli.views.mailing import SendView
from newsletter.cli.views.notices import show_problems
from newsletter.doctor import CheckLevel, CheckResult, Resolver, parse_resolver

app = new_commands()


@app.command("doctor")
def run_doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each check, as it ends.")] = False,
    resolver: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Ask this DNS server instead of the system's.")
    ] = None,
    alert: Annotated[
        bool, typer.Option("--alert", help="Mail what fails or has stopped to [operations] alert; for cron.")
    ] = False,
    mail: Annotated[
        bool, typer.Option("--mail", help="Also send a message to your own address, and check its signatures.")
    ] = False,
    wait: Annotated[float, typer.Option(min=1, help="Seconds to wait for that message.")] = 120.0,
    seconds: Annotated[float, typer.Option(min=1, max=300, help="Seconds that all checks together may take.")] = 20.0,
) -> None:
    """Check everything that a send needs: ok, warn or fail, each with its remedy.

    It checks settings, secrets, database, disk, templates and clock; the transport, its DNS records and the account
    or mail server behind it; and where replies arrive. It sends nothing and changes nothing, and it ends in time even
    if a server does not answer. Exit code 1 when a check fails.

    With --mail, it sends the newest issue to an address of your own, once, through the real transport. When the
    message arrives, it checks that a valid DKIM signature covers both List-Unsubscribe headers.

    With --alert, it also looks for what has stopped or fallen silent: mailings, sources of replies and events,
    notices. What is new is mailed to you, at most once a day each, through the transport of newsletter.toml. Use
    cron.

    Example: newsletter doctor --json
    """
    dns = parse_resolver(resolver)
    publication, checks = doctor.run_checks(context.obj, dns=dns, seconds=seconds)
    results = _show_all(checks, is_json=as_json)
    if publication is None:
        raise typer.Exit(1)
    if mail:
        results += _test_signatures(publication, dns, seconds=wait, is_json=as_json)
    failed = sum(check.level is CheckLevel.FAIL for check in results)
    warned = sum(check.level is CheckLevel.WARN for check in results)
    if not as_json:
        warnings, errors = output.pluralise(warned, "warning"), output.pluralise(failed, "failure")
        output.info(f"{len(results) - failed - warned} ok, {warnings}, {errors}")
    if alert:
        failed += _alert(publication, results, is_json=as_json)
    if failed:
        raise typer.Exit(1)


def _show_all(checks: Iterable[CheckResult], *, is_json: bool) -> list[CheckResult]:
    shown = []
    for check in checks:
        shown.append(check)
        show_check(check, is_json=is_json)
    return shown


def _test_signatures(publication: Publication, dns: Resolver, *, seconds: float, is_json: bool) -> list[CheckResult]:
    """Send a message to ourselves, show what happens, and return the checks of what arrived."""
    results = []
    with stop_signals(tolerated=2) as stop, SendView(publication.settings) as view:
        signals = sending.StopSignals(should_stop=stop.is_set, is_hurried=stop.is_repeated)
        for event in doctor.send_self_test(publication, dns, seconds=seconds, stop=signals):
            if isinstance(event, CheckResult):
                results.append(event)
                show_check(event, is_json=is_json)
            elif isinstance(event, str):
                output.info(f"a message to {event} was sent; waiting for it for at most {seconds:.0f} s")
            else:
                view.show(event)
    return results


def _alert(publication: Publication, results: list[CheckResult], *, is_json: bool) -> int:
    """Mail what is new of what fails and what has stopped; return how much has stopped."""
    alarms = doctor.find_alarms(publication)
    for alarm in alarms:
        show_alarm(alarm, is_json=is_json)
    report = doctor.send_alert(publication, alarms, results)
    if report is not None:
        show_problems(report)
        if report.stopped_by is not None:
            raise report.stopped_by
    return len(alarms)
