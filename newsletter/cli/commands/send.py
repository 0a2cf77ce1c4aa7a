"""`newsletter plan`, `send` and `test-send`: an issue on its way to its readers."""

import sys
from datetime import datetime
from typing import Annotated

import typer

from newsletter.app import Publication, issues, sending
from newsletter.cli import output
from newsletter.cli.context import new_commands, open_publication
from newsletter.cli.progress import local_time
from newsletter.cli.signals import Stop, stop_signals
from newsletter.cli.views import mailing as view
from newsletter.cli.views.findings import show_remarks
from newsletter.errors import DecisionRequired, UsageError

app = new_commands()

IssueArgument = Annotated[
    str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: the newest ready issue.")
]
ListOption = Annotated[str | None, typer.Option("--list", help="The list; default: the issue's own.")]
SegmentOption = Annotated[
    str | None,
    typer.Option(
        "--segment", help="Only readers in this segment: a name or a query; '' for all. Default: the issue's own."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on one line.")]


@app.command("plan")
def plan_issue(
    context: typer.Context,
    issue: IssueArgument = None,
    list_name: ListOption = None,
    segment: SegmentOption = None,
    again: Annotated[bool, typer.Option("--again", help="Plan as if it were sent again.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Show who would get an issue, who would not and why, how long it takes and what it costs.

    Sends nothing. It changes nothing either, except that the list's source file is imported if it has changed.

    Example: newsletter plan --list weekly
    """
    publication = open_publication(context)
    request = sending.SendRequest(issue=issue, list_name=list_name, segment=segment, again=again)
    planned = sending.plan_issue(publication, request)
    _show_skipped(planned.choice)
    show_remarks(planned.remarks)
    if is_json:
        output.print_json(view.plan_json(planned, publication.settings, publication.now()))
    else:
        view.show_plan(planned, publication.settings, publication.now(), on_stdout=True)


@app.command("send")
def send_issue(
    context: typer.Context,
    issue: IssueArgument = None,
    list_name: ListOption = None,
    segment: SegmentOption = None,
    again: Annotated[bool, typer.Option("--again", help="Send it once more, to everybody, as it is now.")] = False,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Not before this time, or 'now'; default: send_at.")
    ] = None,
    due: Annotated[bool, typer.Option("--due", help="Send only what was scheduled and is due.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, and send a draft too.")] = False,
    restored: Annotated[
        bool, typer.Option("--restored", help="Continue with a database that is an older copy.")
    ] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Exit with 75 when the daily quota is used up; --due does so too.")
    ] = False,
    is_json: JsonOption = False,
) -> None:
    """Send an issue to a list: to everybody who has not got it yet, and to nobody twice.

    You may run it as often as you like: it resumes where it stopped, sends to new subscribers, or does nothing.
    Ctrl-C stops it cleanly. With the outbox, nothing leaves this machine and nothing is asked. With ses or smtp, it
    shows the plan and asks you to type the number of recipients.

    With --segment, or segment in the issue, it is sent only to readers in that segment. Readers who have it already
    do not get it again with the next segment, or with the whole list.

    When the daily quota is used up, as at Amazon SES, it waits until the quota frees and continues by itself. With
    --no-wait it exits, and the next `newsletter send` continues.

    With --at, or send_at in the issue, the mailing is recorded, and the first `newsletter send --due` after that
    time sends it, once, however often that is run: use cron or a timer. `newsletter send` without an issue first
    sends what is due.

    Example: newsletter send my-first-letter --list weekly --at 2026-11-23T09:00
    """
    publication = open_publication(context)
    request = sending.SendRequest(
        issue=issue,
        list_name=list_name,
        segment=segment,
        again=again,
        at=_parse_time(at, publication.now()),
        is_approved=yes,
        is_restored=restored,
        waits_for_quota=not no_wait and not due,
    )
    sending.check_database(publication, request)
    if due:
        if issue or list_name or at or again or segment is not None:
            raise UsageError("--due sends whatever is due. Leave out the other options")
        if not _send_due(publication, request, is_json=is_json):
            _show_next(publication)
        return
    if request.includes_due:
        _send_due(publication, request, is_json=is_json, prints_result=not is_json)
    choice = sending.choose_for_sending(publication, request)
    _show_skipped(choice)
    is_asking = sending.is_real(publication) and not yes
    if is_asking and not sys.stdin.isatty():
        transport = publication.settings.delivery.transport
        raise DecisionRequired(f"this sends real email through {transport}. Add --yes to send it")
    with sending.prepare_send(publication, request, choice) as prepared:
        show_remarks(prepared.remarks)
        if prepared.needs_confirmation:
            _confirm(publication, prepared)
        started = prepared.start()
        view.show_started(started)
        with stop_signals(tolerated=2) as stop:
            view.SendView(publication.settings, is_json=is_json).show_all(started.run(_stopped_by(stop)))


@app.command("test-send")
def send_test(
    context: typer.Context,
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="The issue's slug; it may be a draft.")],
    to: Annotated[list[str], typer.Option("--to", help="An address; may be repeated.")],
    list_name: ListOption = None,
    segment: Annotated[
        list[str] | None,
        typer.Option(
            "--segment", help="Send what readers in this segment get, if the issue has parts; may be repeated."
        ),
    ] = None,
    is_json: JsonOption = False,
) -> None:
    """Send an issue to a few addresses of your own, to see it as readers will.

    The subject begins with "[Test]". It uses the transport of newsletter.toml, and never counts as sent. Merge tags
    show their defaults. If the issue has parts for some readers only, you get the variant for readers who are in each
    --segment, and in no other.

    Example: newsletter test-send my-first-letter --to me@example.com
    """
    publication = open_publication(context)
    test = sending.start_test_send(publication, issue, to, list_name=list_name, segments=segment or ())
    with test as started, stop_signals(tolerated=2) as stop:
        view.show_started(started)
        view.SendView(publication.settings, is_json=is_json).show_all(started.run(_stopped_by(stop)))


def _send_due(
    publication: Publication, request: "sending.SendRequest", *, is_json: bool, prints_result: bool = True
) -> int:
    shown = view.SendView(publication.settings, is_json=is_json, prints_result=prints_result)
    with stop_signals(tolerated=2) as stop:
        shown.show_all(sending.send_due(publication, request, _stopped_by(stop)))
    return shown.due


def _stopped_by(stop: Stop) -> "sending.StopSignals":
    return sending.StopSignals(should_stop=stop.is_set, is_hurried=stop.is_repeated)


def _confirm(publication: Publication, prepared: "sending.PreparedSend") -> None:
    """Show the plan and ask for the number of recipients; DecisionRequired when something else is typed."""
    planned = prepared.planned()
    view.show_plan(planned, publication.settings, publication.now(), on_stdout=False)
    number = planned.plan.counts.planned
    if not number:
        return
    answer = typer.prompt(f"Type the number of recipients ({number}) to send, or anything else to stop", err=True)
    if answer.strip().replace(",", "") != str(number):
        raise DecisionRequired("nothing was sent")


def _show_skipped(choice: "issues.Choice") -> None:
    for fault in choice.skipped:
        output.error(str(fault))


def _show_next(publication: Publication) -> None:
    at = sending.next_due(publication)
    output.info("nothing is scheduled" if at is None else f"nothing is due; the next mailing is on {local_time(at)}")


def _parse_time(text: str | None, now: datetime) -> datetime | None:
    """Return the time that `--at` names, in this machine's zone where it names none."""
    if text is None:
        return None
    if text.strip().lower() == "now":
        return now
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except ValueError as error:
        raise UsageError(f"--at {text}: not a time. Write 2026-11-23T09:00, 2026-11-23T09:00+01:00 or now") from error
