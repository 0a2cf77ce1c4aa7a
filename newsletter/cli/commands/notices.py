"""`newsletter notices`: transactional mail to one person, such as an answer."""

from typing import Annotated

import typer

from newsletter.app import notices as use_cases
from newsletter.cli import output
from newsletter.cli.context import new_commands, new_group, open_publication
from newsletter.cli.views import notices as view
from newsletter.errors import UsageError

app = new_commands()
notices = new_group("Emails to one person: confirmations, your answers, news about their replies.")
app.add_typer(notices, name="notices")


@notices.command("list")
def list_notices(
    context: typer.Context,
    status: Annotated[
        str | None, typer.Option(help="planned, submitted, failed or uncertain; default: all of them.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List the notices and their status, oldest first.

    Example: newsletter notices list --status uncertain
    """
    notices = use_cases.list_notices_by_status(open_publication(context), status)
    if as_json:
        for notice in notices:
            output.print_json(view.notice_json(notice))
        return
    view.show_list(notices)


@notices.command("send")
def send_notices(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on one line.")] = False,
) -> None:
    """Send the notices that are due, each once.

    `newsletter send` and `newsletter replies fetch` do so too. A notice that the mail server defers is retried by a
    later run. An uncertain one, which may or may not have been accepted, waits for `newsletter notices resolve`.

    Example: newsletter notices send
    """
    report = use_cases.send_notices(open_publication(context))
    view.show_problems(report)
    if as_json:
        output.print_json(view.report_json(report))
    else:
        output.print_result(f"{output.pluralise(len(report.submitted), 'notice')} submitted.")
    if report.stopped_by is not None:
        raise report.stopped_by


@notices.command("resolve")
def resolve_notice(
    context: typer.Context,
    notice_id: Annotated[int, typer.Argument(metavar="ID", show_default=False, help="The notice's number.")],
    resend: Annotated[bool, typer.Option("--resend", help="Send it again; it may arrive twice.")] = False,
    skip: Annotated[bool, typer.Option("--skip", help="Leave it; it may never arrive.")] = False,
) -> None:
    """Settle a notice that is uncertain, or retry one that failed.

    Example: newsletter notices resolve 7 --resend
    """
    if resend == skip:
        raise UsageError("add either --resend or --skip")
    notice = use_cases.resolve_uncertain_notice(open_publication(context), notice_id, resend=resend)
    output.print_result(f"{notice.id}  {notice.status}")
    if resend:
        output.info(f"Send it: {output.command_line('notices send')}")
