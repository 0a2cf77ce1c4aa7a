"""`newsletter stats`: what became of messages, for people, for programs, and as a page to keep."""

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import statistics
from newsletter.cli import output
from newsletter.cli.context import new_commands, open_publication
from newsletter.cli.views.statistics import show_statistics
from newsletter.errors import UsageError

app = new_commands()


@app.command("stats")
def show_stats(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: every issue sent.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on one line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print one line a mailing, for a spreadsheet.")] = False,
    as_metrics: Annotated[
        bool, typer.Option("--metrics", help="Print metrics for Prometheus, such as for a textfile collector.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with charts, complete in one file.")
    ] = None,
) -> None:
    """Show what became of messages (submitted, delivered, bounced, replied to) and how lists grow.

    It counts people and follows nobody: there is no tracking pixel, and no link identifies its reader. Groups of
    fewer than five readers are shown only together with others, and links with fewer clicks only as few. A dash means
    that nothing reports the number; it does not mean zero. The page that --html writes loads nothing from any server.

    Example: newsletter stats my-first-letter
    """
    if as_json + as_csv + as_metrics > 1:
        raise UsageError("give only one of --json, --csv and --metrics")
    publication = open_publication(context)
    gathered = statistics.gather(publication, issue)
    if html is not None:
        has_charts = statistics.write_report(publication, gathered, html, issue)
        if not has_charts:
            output.warn("without charts, which need vl-convert-python: pip install 'newsletter[charts]'")
        output.info(f"Written: {html}")
    if as_json:
        output.print_json(statistics.to_json(gathered))
    elif as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows(statistics.to_csv_rows(gathered))
    elif as_metrics:
        output.print_result(statistics.to_metrics(publication, gathered).rstrip("\n"))
    elif html is None:
        if not gathered.issues:
            command = output.command_line("send")
            output.info(f"nothing has been sent yet, so there are no statistics. {command} sends the newest issue")
        if gathered.issues or gathered.lists:
            title = publication.settings.publication.title
            show_statistics(gathered, title=title, is_one=issue is not None)
