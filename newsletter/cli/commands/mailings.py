"""`newsletter pause`, `resume`, `cancel`, `resolve`: an author's word on a mailing that is on its way."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import Publication
from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.cli.options import refuse_no_file
from newsletter.cli.running import now
from newsletter.cli.views.mailing import say_troubles
from newsletter.delivery import (
    DeliveryStatus,
    cancel,
    find_mailing,
    list_delivery_problems,
    mailing_counts,
    pause,
    resolve,
)
from newsletter.errors import DecisionRequired, UsageError
from newsletter.feedback import ApplyResult, ingest_file, open_event_queue, pull_from_queue, resume_paused_mailing

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)

MailingArgument = Annotated[
    str, typer.Argument(metavar="MAILING", help="The mailing's number, or its issue's slug.", show_default=False)
]


@app.command("pause")
def pause_mailing(context: typer.Context, mailing: MailingArgument) -> None:
    """Let nothing more of a mailing leave, until it is resumed.

    A send that is running, in whatever process, ends what it is submitting and stops at once. A scheduled mailing
    is held back. Repeating it changes nothing.

    Example: newsletter pause my-first-letter
    """
    database = open_publication(context).database
    found = pause(database, find_mailing(database, mailing))
    left = mailing_counts(database, found.id).planned
    output.print_result(f"mailing {found.id} of '{found.slug}' is paused, {left:,} still planned")
    output.info(f"Let it go on: {output.command_line(f'resume {found.id}')}")


@app.command("resume")
def resume_mailing(
    context: typer.Context,
    mailing: MailingArgument,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also one that paused itself because too much of it came back.")
    ] = False,
) -> None:
    """Let a paused mailing leave again. It sends nothing by itself: `newsletter send` does.

    A mailing that paused itself, because too many of its letters came back or were complained about, says why and
    stays paused until --anyway is said. From then on what is new counts.

    Example: newsletter resume my-first-letter
    """
    database = open_publication(context).database
    found = resume_paused_mailing(database, find_mailing(database, mailing), anyway=anyway, now=now())
    output.print_result(f"mailing {found.id} of '{found.slug}' may leave")
    if found.finished_at is None:
        output.info(f"Go on with: {output.command_line(f'send {found.slug} --list {found.list_name}')}")


@app.command("cancel")
def cancel_mailing(context: typer.Context, mailing: MailingArgument) -> None:
    """End a mailing for good: whoever has not got it yet will not.

    A send that is running ends what it is submitting and stops at once. What has left stays as it is; everybody
    else is excluded as cancelled. Only `newsletter send --again` makes another mailing of the issue.

    Example: newsletter cancel my-first-letter
    """
    database = open_publication(context).database
    found = find_mailing(database, mailing)
    number = cancel(database, found, now())
    counts = mailing_counts(database, found.id)
    output.print_result(f"mailing {found.id} of '{found.slug}' is cancelled: {number:,} will not get it")
    if counts.submitted or counts.planned:
        output.info(f"{counts.submitted:,} have it already, {counts.planned:,} are being submitted at this moment")


@app.command("resolve")
def resolve_mailing(
    context: typer.Context,
    mailing: MailingArgument,
    resend: Annotated[bool, typer.Option("--resend", help="Send to them again; some may get it twice.")] = False,
    skip: Annotated[bool, typer.Option("--skip", help="Leave them; some may never get it.")] = False,
    events: Annotated[
        str | None,
        typer.Option(metavar="FILE|QUEUE", help="Amazon SES's events: JSON lines, or an SQS queue's URL."),
    ] = None,
) -> None:
    """Settle the deliveries of a mailing of which nobody knows whether they were taken.

    Without an option it names them and changes nothing. With --events, what events prove is settled first, as by
    `newsletter events`; those of a queue are kept here before they are deleted there. After --resend, `newsletter
    send` sends to them.

    Example: newsletter resolve my-first-letter --resend
    """
    if resend and skip:
        raise UsageError("--resend and --skip say opposite things. Give one of them")
    publication = open_publication(context)
    found = find_mailing(publication.database, mailing)
    if events is not None:
        proven = _settle(publication, events)
        output.print_result(f"{output.pluralise(proven, 'delivery', 'deliveries')} settled by events")
    if not resend and not skip:
        doubts = list_delivery_problems(publication.database, found, DeliveryStatus.UNCERTAIN)
        say_troubles(doubts)
        if doubts:
            raise DecisionRequired(f"{len(doubts)} may have been taken or not. Say --resend or --skip")
        output.info(f"nothing is uncertain in mailing {found.id}")
        return
    number = resolve(publication.database, publication.settings, found, resend=resend, now=now())
    output.print_result(f"{output.pluralise(number, 'delivery', 'deliveries')} settled")
    if resend and number:
        output.info(f"Send them: {output.command_line(f'send {found.slug} --list {found.list_name}')}")


def _settle(publication: Publication, events: str) -> int:
    """Settle by the events of a file or a queue; return how many deliveries that settled."""
    database, keyring, settings = publication.database, publication.keyring, publication.settings
    if events.startswith(("https://", "http://")):
        with closing(open_event_queue(settings, events)) as queue:
            arrived = list(pull_from_queue(database, keyring, settings, queue, clock=now))
    else:
        refuse_no_file(Path(events), f"--events {events}")
        arrived = list(ingest_file(database, keyring, settings, Path(events), clock=now))
    return sum((each.applied for each in arrived), ApplyResult()).settled
