"""`newsletter status`: where everybody is, and what came back."""

from typing import Annotated

import typer

from newsletter.app import Publication
from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.cli.running import name_troubles, now
from newsletter.cli.views.feedback import feedback_json, pipe_json, say_feedback, say_pipe
from newsletter.cli.views.mailing import say_status, status_json
from newsletter.content import read_issue
from newsletter.delivery import find_mailing, issue_status, mailed_slugs
from newsletter.errors import UsageError
from newsletter.feedback import summarise_events

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)

JsonOption = Annotated[bool, typer.Option("--json", help="One object on one line.")]


@app.command("status")
def status(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: every issue sent.")
    ] = None,
    is_json: JsonOption = False,
) -> None:
    """Say where everybody is: who was mailed, who is still to be, who not and why, and what came back.

    Without an issue, one line for each issue that has a mailing, the newest first. Nothing is asked but the ledger
    and the events that are here already.

    Example: newsletter status my-first-letter --json
    """
    publication = open_publication(context)
    slugs = mailed_slugs(publication.database)
    if issue is not None:
        slugs = (issue if issue in slugs else _slug_of(publication, issue),)
    found = [issue_status(publication.database, slug) for slug in slugs]
    if is_json:
        for each in found:
            numbers = [mailing.id for mailing, _ in each.mailings]
            more = feedback_json(publication.database, numbers)
            if issue is not None:
                more["events"] = pipe_json(summarise_events(publication.database))
            output.print_json({**status_json(each, now()), **more})
        return
    say_status(found, now(), is_one=issue is not None)
    if issue is not None:
        for mailing, counts in found[0].mailings:
            name_troubles(publication, mailing, counts)
        say_feedback(publication.database, [mailing.id for mailing, _ in found[0].mailings])
    say_pipe(publication.database)


def _slug_of(publication: Publication, name: str) -> str:
    """Return the slug of an issue that has no mailing; UsageError says of a mailing's number whose it is."""
    try:
        return read_issue(publication.settings, name).slug.text
    except UsageError as fault:
        if not (name.isascii() and name.isdecimal()):
            raise
        try:
            mailing = find_mailing(publication.database, name)
        except UsageError:
            raise UsageError(f"{fault}. It takes no mailing's number either, and there is no mailing {name}") from fault
        remedy = output.command_line(f"status {mailing.slug}")
        raise UsageError(
            f"it takes an issue, not a mailing's number. Mailing {mailing.id} is of '{mailing.slug}': {remedy}"
        ) from fault
