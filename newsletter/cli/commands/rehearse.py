"""`newsletter rehearse`: a whole send against the SES simulator on this machine, faults included."""

import math
from contextlib import closing
from typing import Annotated

import typer

from newsletter.app import Publication, issues
from newsletter.app import rehearsal as use_cases
from newsletter.cli import output
from newsletter.cli.context import new_commands, open_publication
from newsletter.cli.progress import ProgressLine
from newsletter.cli.signals import stop_signals
from newsletter.cli.views.rehearsal import report_json, show_report
from newsletter.errors import UsageError
from newsletter.ses_simulator import UNLIMITED, Account, parse_faults

app = new_commands()


@app.command("rehearse")
def rehearse(
    context: typer.Context,
    issue: Annotated[
        str | None,
        typer.Argument(metavar="ISSUE", help="The issue's slug, a draft too; default: the newest ready issue."),
    ] = None,
    list_name: Annotated[str | None, typer.Option("--list", help="The list; default: the issue's own.")] = None,
    faults: Annotated[
        str,
        typer.Option(help="What goes wrong: 'close:5%', '429@100-300', 'quota=500@40', 'hang', 'bounce:2%'..."),
    ] = "",
    rate: Annotated[float, typer.Option(min=0.1, help="Messages a second that the account may send.")] = 200.0,
    quota: Annotated[int | None, typer.Option(min=0, help="Messages in 24 hours; default: no limit.")] = None,
    seed: Annotated[int, typer.Option(help="Selects which messages a percentage of faults hits.")] = 1,
    is_serving: Annotated[
        bool, typer.Option("--serve", help="Send nothing; run the SES simulator for other programs.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="With --serve: the port; default: any free one.")] = 0,
    queue: Annotated[
        str | None,
        typer.Option(metavar="URL", help="With --serve: the SQS queue for its events; default: one of its own."),
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on one line.")] = False,
) -> None:
    """Rehearse a whole send against a simulated Amazon SES, and report what happened.

    The real sender works on a copy of the database, so nobody counts as mailed and nothing leaves this machine. The
    messages that the simulator accepted, and the events that it published, are kept in var/rehearsal/.

    Example: newsletter rehearse my-first-letter --faults close:5%
    """
    publication = open_publication(context)
    account = Account(rate=rate, quota=UNLIMITED if quota is None else quota, faults=parse_faults(faults), seed=seed)
    if is_serving:
        _serve(publication, account, port, queue)
        return
    choice = issues.choose_issue(publication, issue, list_name, allows_drafts=True)
    for fault in choice.skipped:
        output.error(str(fault))
    with use_cases.open_rehearsal(
        publication, choice.composed.edition, account, segment=choice.expression, now=publication.now()
    ) as rehearsal:
        with (
            stop_signals(tolerated=2) as stop,
            closing(rehearsal.run(publication.now, stop.is_repeated)) as running,
            ProgressLine() as line,
        ):
            for progress in running:
                line.show(progress)
                if stop.is_set():
                    break
        report = rehearsal.report(publication.now())
    if is_json:
        output.print_json(report_json(report, publication.now()))
    else:
        show_report(report)


def _serve(publication: Publication, account: Account, port: int, queue: str | None) -> None:
    serving = use_cases.serve_ses_simulator(publication, account, port=port, queue_url=queue, on_error=output.error)
    try:
        with stop_signals() as stop, serving as simulator:
            output.print_result(simulator.url)
            output.info(
                f"The SES simulator runs until Ctrl-C. For AWS's tools: AWS_ENDPOINT_URL_SESV2={simulator.url}; here: "
                f"[delivery.ses] endpoint. It writes to {use_cases.REHEARSAL_FOLDER}/"
            )
            output.info(f"Its events also go to the queue {simulator.queue_url}: 'resolve --events' reads it")
            stop.wait(math.inf)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}. Choose another one") from error
