"""`newsletter rehearse`: a whole send, faults included, to a pretend SES on this machine."""

import math
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from newsletter.app import Publication
from newsletter.audience import ensure_lists, import_list_source
from newsletter.cli import output
from newsletter.cli.choosing import Choice, choose
from newsletter.cli.context import open_publication
from newsletter.cli.progress import duration, progress_line
from newsletter.cli.running import now
from newsletter.cli.signals import stop_signals
from newsletter.cli.views.mailing import counts_json
from newsletter.delivery import UNLIMITED, Account, Rehearsed, copy_ledger, open_rehearsal, read_mishaps, serve_ses
from newsletter.errors import UsageError

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)

_FOLDER = Path("var") / "rehearsal"


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
    account = Account(rate=rate, quota=UNLIMITED if quota is None else quota, mishaps=read_mishaps(faults), seed=seed)
    if is_serving:
        _serve(publication, account, port, queue)
        return
    choice = choose(publication.settings, issue, list_name, drafts=True)
    report = _rehearse(publication, choice, account)
    if is_json:
        output.print_json(_json(report))
    else:
        _say(report)


def _rehearse(publication: Publication, choice: Choice, account: Account) -> Rehearsed:
    settings, keyring = publication.settings, publication.unchecked_keyring
    with (
        tempfile.TemporaryDirectory(prefix="rehearsal-") as stage,
        copy_ledger(settings, Path(stage)) as database,
    ):
        ensure_lists(database, settings.lists)
        import_list_source(database, keyring, settings, choice.list_name, now=now())
        with open_rehearsal(
            database,
            keyring,
            settings,
            choice.composed.edition,
            account,
            segment=choice.expression,
            stage=Path(stage),
            folder=settings.root / _FOLDER,
            now=now(),
        ) as play:
            with (
                stop_signals(heeded=2) as stop,
                closing(play.run(now, stop.is_pressed)) as running,
                progress_line() as line,
            ):
                for progress in running:
                    line.show(progress)
                    if stop.is_set():
                        break
            return play.report(now())


def _serve(publication: Publication, account: Account, port: int, queue: str | None) -> None:
    folder = publication.settings.root / _FOLDER
    serving = serve_ses(publication.settings, account, folder=folder, port=port, queue_url=queue, complain=output.error)
    try:
        with stop_signals() as stop, serving as there:
            output.print_result(there.url)
            output.info(
                f"A pretend SES is up until Ctrl-C. For AWS's tools: AWS_ENDPOINT_URL_SESV2={there.url}; here: "
                f"[delivery.ses] endpoint. It writes into {_FOLDER}/"
            )
            output.info(f"Its events are in the queue {there.queue_url} too: 'resolve --events' reads it")
            stop.wait(math.inf)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}. Choose another one") from error


def _json(report: Rehearsed) -> dict[str, Any]:
    return {
        **counts_json(report.mailing, report.counts, moment=now()),
        "taken": report.taken,
        "twice": report.twice,
        "lost": _lost(report),
        "uncertain_before_events": report.uncertain,
        "settled_by_events": report.settled,
        "uncertain_but_taken": report.unknown_taken,
        "seconds": round(report.seconds, 3),
        "most_in_a_second": report.most_in_a_second,
        "stops": list(report.stops),
        "faults": report.mishaps,
        "refusals": report.refusals,
        "events": report.events,
    }


def _say(report: Rehearsed) -> None:
    counts, mailing = report.counts, report.mailing
    people = output.pluralise(counts.recipients, "person", "people")
    output.print_result(f"rehearsed '{mailing.slug}' to {mailing.list_name}: {people}, none of them mailed")
    rows = [
        ("taken by the pretend SES", f"{report.taken:,}"),
        ("twice to one person", f"{report.twice:,}"),
        ("submitted", f"{counts.submitted:,}"),
        ("failed", f"{counts.failed:,}"),
        ("still planned", f"{counts.planned:,}"),
        ("uncertain when it ended", f"{report.uncertain:,}"),
        ("... settled by events", f"{report.settled:,}"),
        ("... left to you", f"{counts.uncertain:,}"),
        ("...... of these, taken", f"{report.unknown_taken:,}"),
        ("time", duration(report.seconds)),
        ("most in one second", f"{report.most_in_a_second:,}"),
    ]
    output.print_table(("", "messages"), rows, numbers=(1,))
    for title, numbers in (("fault", report.mishaps), ("refusal", report.refusals), ("event", report.events)):
        if numbers:
            output.print_table((title, "times"), [(name, f"{n:,}") for name, n in numbers.items()], numbers=(1,))
    for stop in report.stops:
        output.info(f"it stopped: {stop}", style="attention")
    if report.uncertain and not report.publishes_events:
        output.info(
            "Without [delivery.ses] configuration_set SES publishes no events, and only you can settle what is "
            "uncertain",
            style="attention",
        )
    output.info(f"What was taken, and the events, are in {_FOLDER}/")


def _lost(report: Rehearsed) -> int:
    """Return how many were neither taken nor are known to be open: failed, planned or uncertain."""
    counts = report.counts
    known = counts.planned + counts.failed + counts.uncertain - report.unknown_taken
    return max(0, counts.recipients - known - report.taken)
