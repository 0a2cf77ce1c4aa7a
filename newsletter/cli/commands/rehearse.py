"""`newsletter rehearse`: a whole send, faults included, to a pretend SES on this machine."""

import math
from contextlib import closing
from typing import Annotated, Any

import typer

from newsletter.app import REHEARSAL_FOLDER, Publication, RehearsalReport, open_rehearsal, serve_ses_simulator
from newsletter.cli import output
from newsletter.cli.choosing import Choice, choose
from newsletter.cli.context import open_publication
from newsletter.cli.progress import duration, progress_line
from newsletter.cli.running import now
from newsletter.cli.signals import stop_signals
from newsletter.cli.views.mailing import counts_json
from newsletter.errors import UsageError
from newsletter.ses_simulator import UNLIMITED, Account, parse_faults

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)


@app.command("rehearse")
def rehearse(
    context: typer.Context,
    issue: Annotated[
        str | None,
        typer.Argument(metavar="ISSUE", help="The issue's slug, a draft too; default: the newest ready."),
    ] = None,
    list_name: Annotated[str | None, typer.Option("--list", help="The list; default: the issue's own.")] = None,
    faults: Annotated[
        str,
        typer.Option(help="What goes wrong: 'close:5%', '429@100-300', 'quota=500@40', 'hang', 'bounce:2%'..."),
    ] = "",
    rate: Annotated[float, typer.Option(min=0.1, help="Messages a second that the account is granted.")] = 200.0,
    quota: Annotated[int | None, typer.Option(min=0, help="Messages in 24 hours; default: no limit.")] = None,
    seed: Annotated[int, typer.Option(help="Which sends a share of faults hits.")] = 1,
    is_serving: Annotated[
        bool, typer.Option("--serve", help="Send nothing; keep the pretend SES up for other programs.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="With --serve: where; default: any free one.")] = 0,
    queue: Annotated[
        str | None,
        typer.Option(metavar="URL", help="With --serve: the SQS queue for its events; default: one of its own."),
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="One object on one line.")] = False,
) -> None:
    """Rehearse a whole send against a pretend Amazon SES, and say what happened.

    The real sender works on a copy of the ledger, so nobody counts as mailed; nothing leaves this machine. What
    the pretend SES took, and the events that it published, are kept in var/rehearsal/.

    Example: newsletter rehearse my-first-letter --faults close:5%
    """
    publication = open_publication(context)
    account = Account(rate=rate, quota=UNLIMITED if quota is None else quota, faults=parse_faults(faults), seed=seed)
    if is_serving:
        _serve(publication, account, port, queue)
        return
    choice = choose(publication.settings, issue, list_name, drafts=True)
    report = _rehearse(publication, choice, account)
    if is_json:
        output.print_json(_json(report))
    else:
        _say(report)


def _rehearse(publication: Publication, choice: Choice, account: Account) -> RehearsalReport:
    with open_rehearsal(
        publication, choice.composed.edition, account, segment=choice.expression, now=now()
    ) as rehearsal:
        with (
            stop_signals(heeded=2) as stop,
            closing(rehearsal.run(now, stop.is_pressed)) as running,
            progress_line() as line,
        ):
            for progress in running:
                line.show(progress)
                if stop.is_set():
                    break
        return rehearsal.report(now())


def _serve(publication: Publication, account: Account, port: int, queue: str | None) -> None:
    serving = serve_ses_simulator(publication, account, port=port, queue_url=queue, on_error=output.error)
    try:
        with stop_signals() as stop, serving as simulator:
            output.print_result(simulator.url)
            output.info(
                f"The SES simulator runs until Ctrl-C. For AWS's tools: AWS_ENDPOINT_URL_SESV2={simulator.url}; here: "
                f"[delivery.ses] endpoint. It writes to {REHEARSAL_FOLDER}/"
            )
            output.info(f"Its events also go to the queue {simulator.queue_url}: 'resolve --events' reads it")
            stop.wait(math.inf)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}. Choose another one") from error


def _json(report: RehearsalReport) -> dict[str, Any]:
    return {
        **counts_json(report.mailing, report.counts, moment=now()),
        "taken": report.accepted,
        "twice": report.accepted_twice,
        "lost": _lost(report),
        "uncertain_before_events": report.uncertain_before_events,
        "settled_by_events": report.settled_by_events,
        "uncertain_but_taken": report.uncertain_but_accepted,
        "seconds": round(report.seconds, 3),
        "most_in_a_second": report.max_per_second,
        "stops": list(report.stops),
        "faults": report.faults,
        "refusals": report.errors,
        "events": report.events,
    }


def _say(report: RehearsalReport) -> None:
    counts, mailing = report.counts, report.mailing
    people = output.pluralise(counts.recipients, "person", "people")
    output.print_result(f"rehearsed '{mailing.slug}' to {mailing.list_name}: {people}, none of them mailed")
    rows = [
        ("taken by the pretend SES", f"{report.accepted:,}"),
        ("twice to one person", f"{report.accepted_twice:,}"),
        ("submitted", f"{counts.submitted:,}"),
        ("failed", f"{counts.failed:,}"),
        ("still planned", f"{counts.planned:,}"),
        ("uncertain when it ended", f"{report.uncertain_before_events:,}"),
        ("... settled by events", f"{report.settled_by_events:,}"),
        ("... left to you", f"{counts.uncertain:,}"),
        ("...... of these, taken", f"{report.uncertain_but_accepted:,}"),
        ("time", duration(report.seconds)),
        ("most in one second", f"{report.max_per_second:,}"),
    ]
    output.print_table(("", "messages"), rows, numbers=(1,))
    for title, numbers in (("fault", report.faults), ("refusal", report.errors), ("event", report.events)):
        if numbers:
            output.print_table((title, "times"), [(name, f"{n:,}") for name, n in numbers.items()], numbers=(1,))
    for stop in report.stops:
        output.info(f"it stopped: {stop}", style="attention")
    if report.uncertain_before_events and not report.publishes_events:
        output.info(
            "Without [delivery.ses] configuration_set SES publishes no events, and only you can settle what is "
            "uncertain",
            style="attention",
        )
    output.info(f"What was taken, and the events, are in {REHEARSAL_FOLDER}/")


def _lost(report: RehearsalReport) -> int:
    """Return how many were neither taken nor are known to be open: failed, planned or uncertain."""
    counts = report.counts
    known = counts.planned + counts.failed + counts.uncertain - report.uncertain_but_accepted
    return max(0, counts.recipients - known - report.accepted)
