"""`newsletter status`, `pause`, `resume`, `cancel` and `resolve`: mailings that were made."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import mailings
from newsletter.cli import output
from newsletter.cli.context import check_is_file, new_commands, open_publication
from newsletter.cli.views import feedback as feedback_view
from newsletter.cli.views import mailing as view
from newsletter.errors import DecisionRequired, UsageError

app = new_commands()

MailingArgument = Annotated[
    str, typer.Argument(metavar="MAILING", help="The mailing's number, or its issue's slug.", show_default=False)
]


@app.command("status")
def show_status(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: every issue sent.")
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each issue.")] = False,
) -> None:
    """Show who was mailed, who still will be, who will not and why, and what was reported back.

    Without an issue, it prints one line for each mailing, the newest first. It reads only the database, and does
    not contact your mail provider.

    Example: newsletter status my-first-letter --json
    """
    publication = open_publication(context)
    report = mailings.report_status(publication, issue)
    now = publication.now()
    if is_json:
        events = {} if issue is None else {"events": feedback_view.pipe_json(report.pipe)}
        for status, summary in zip(report.issues, report.feedback, strict=True):
            output.print_json({**view.status_json(status, now), **feedback_view.feedback_json(summary), **events})
        return
    view.show_status(report, now, is_one=issue is not None)
    for problems in report.problems:
        view.show_problems(problems.mailing, problems.counts, problems.failed, problems.uncertain)
    if issue is not None:
        feedback_view.show_feedback(report.feedback[0])
    feedback_view.show_pipe(report.pipe)


@app.command("pause")
def pause_mailing(context: typer.Context, mailing: MailingArgument) -> None:
    """Pause a mailing: nothing more of it is sent until you resume it.

    A send that is running, in any process, finishes what is in flight and stops. A scheduled mailing is held back.
    Pausing twice changes nothing.

    Example: newsletter pause my-first-letter
    """
    paused = mailings.pause_mailing(open_publication(context), mailing)
    output.print_result(
        f"mailing {paused.mailing.id} of '{paused.mailing.slug}' is paused, {paused.planned:,} still planned"
    )
    output.info(f"To resume it: {output.command_line(f'resume {paused.mailing.id}')}")


@app.command("resume")
def resume_mailing(
    context: typer.Context,
    mailing: MailingArgument,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also resume a mailing that paused itself because too much bounced.")
    ] = False,
) -> None:
    """Resume a paused mailing. It sends nothing by itself: `newsletter send` does.

    A mailing that paused itself, because too many of its messages bounced or drew complaints, says why and stays
    paused unless you add --anyway. After that, only new bounces and complaints count.

    Example: newsletter resume my-first-letter
    """
    resumed = mailings.resume_mailing(open_publication(context), mailing, anyway=anyway)
    output.print_result(f"mailing {resumed.id} of '{resumed.slug}' is resumed")
    if resumed.finished_at is None:
        output.info(f"To send it: {output.command_line(f'send {resumed.slug} --list {resumed.list_name}')}")


@app.command("cancel")
def cancel_mailing(context: typer.Context, mailing: MailingArgument) -> None:
    """Cancel a mailing for good: readers who have not got it yet will not.

    A send that is running finishes what is in flight and stops. What was sent stays as it is, and everybody else is
    excluded as cancelled. Only `newsletter send --again` makes another mailing of the issue.

    Example: newsletter cancel my-first-letter
    """
    cancelled = mailings.cancel_mailing(open_publication(context), mailing)
    output.print_result(
        f"mailing {cancelled.mailing.id} of '{cancelled.mailing.slug}' is cancelled: "
        f"{cancelled.cancelled:,} will not get it"
    )
    if cancelled.submitted or cancelled.in_flight:
        output.info(f"{cancelled.submitted:,} have it already, {cancelled.in_flight:,} are being submitted right now")


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
    """Settle a mailing's uncertain deliveries: those that may or may not have been accepted.

    Without an option it lists them and changes nothing. With --events, it first settles what the events prove, as
    `newsletter events` does; events from a queue are stored here before they are deleted there. After --resend,
    `newsletter send` sends to these readers.

    Example: newsletter resolve my-first-letter --resend
    """
    if resend and skip:
        raise UsageError("--resend and --skip exclude each other. Give one of them")
    publication = open_publication(context)
    record, uncertain = mailings.list_uncertain(publication, mailing)
    if events is not None:
        settled = mailings.settle_by_events(publication, _source_of(events))
        output.print_result(f"{output.pluralise(settled, 'delivery', 'deliveries')} settled by events")
        record, uncertain = mailings.list_uncertain(publication, mailing)
    if not resend and not skip:
        view.show_uncertain(uncertain)
        if uncertain:
            raise DecisionRequired(f"{len(uncertain)} may or may not have been accepted. Add --resend or --skip")
        output.info(f"nothing is uncertain in mailing {record.id}")
        return
    resolution = mailings.resolve_uncertain(publication, mailing, resend=resend)
    output.print_result(f"{output.pluralise(resolution.settled, 'delivery', 'deliveries')} settled")
    if resend and resolution.settled:
        output.info(f"To send to them: {output.command_line(f'send {record.slug} --list {record.list_name}')}")


def _source_of(events: str) -> Path | str:
    """Return the URL of a queue as it is, and a file as a path; UsageError when there is no such file."""
    if events.startswith(("https://", "http://")):
        return events
    check_is_file(Path(events), f"--events {events}")
    return Path(events)
