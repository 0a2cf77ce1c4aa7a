"""`newsletter stats`: what became of letters, to people, to machines and as a page to keep."""

import csv
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import Publication
from newsletter.atomic_file import write_atomically
from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.cli.views.statistics import say_statistics
from newsletter.content import read_issues
from newsletter.errors import UsageError
from newsletter.monitoring import find_alarms, render_metrics
from newsletter.stats import (
    Statistics,
    csv_rows,
    gather_statistics,
    open_chart_renderer,
    render_report,
    statistics_json,
)

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)


@app.command("stats")
def show_statistics(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: every issue sent.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object on one line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One line a mailing, for a spreadsheet.")] = False,
    as_metrics: Annotated[
        bool, typer.Option("--metrics", help="For Prometheus, such as a textfile collector.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with charts, complete in one file.")
    ] = None,
) -> None:
    """Say what became of letters: submitted, delivered, bounced, answered; and how lists grow.

    Counts people, follows nobody: there is no pixel, and no link is marked with its reader. Groups of fewer than
    five readers are shown with others only, and of links that were followed less often only that they were few. A
    dash is a number that nothing reports, which is not a zero. The page that --html writes asks nothing of any
    server.

    Example: newsletter stats my-first-letter
    """
    if as_json + as_csv + as_metrics > 1:
        raise UsageError("say one of --json, --csv and --metrics")
    publication = open_publication(context)
    found = gather_statistics(publication.database, slug=issue, titles=_titles(publication), now=datetime.now(UTC))
    if html is not None:
        _write_page(html, found, publication, issue)
    if as_json:
        output.print_json(statistics_json(found))
    elif as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows(csv_rows(found))
    elif as_metrics:
        alarms = find_alarms(publication.database, publication.settings, now=found.made_at)
        output.print_result(render_metrics(found, alarms).rstrip("\n"))
    elif html is None:
        _say(found, publication, is_one=issue is not None)


def _write_page(path: Path, found: Statistics, publication: Publication, slug: str | None) -> None:
    draw = open_chart_renderer()
    if draw is None:
        output.info("without charts, which want vl-convert-python: pip install 'newsletter[charts]'", "attention")
    try:
        write_atomically(path, render_report(found, publication.settings, draw, slug=slug).encode())
    except FileNotFoundError as error:
        raise UsageError(f"{path.parent} is not there. Make the folder, or name another file") from error
    output.info(f"Written: {path}")


def _say(found: Statistics, publication: Publication, *, is_one: bool) -> None:
    if not found.issues:
        output.info(
            f"nothing was sent yet, so there are no numbers. {output.command_line('send')} sends the newest issue"
        )
    if found.issues or found.lists:
        say_statistics(found, title=publication.settings.publication.title, is_one=is_one)


def _titles(publication: Publication) -> dict[str, str]:
    """Return the issues' titles, of those whose files can be read."""
    return {issue.slug.text: issue.title for issue in read_issues(publication.settings).issues}
