"""`newsletter events`: what mail providers reported about messages."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import Remark, feedback
from newsletter.cli import output
from newsletter.cli.context import JsonOption, check_is_file, new_commands, new_group, open_publication
from newsletter.cli.signals import stop_signals
from newsletter.cli.views import feedback as view
from newsletter.cli.views.findings import show_remarks
from newsletter.feedback import EventState, IngestProgress

app = new_commands()
events = new_group("What mail providers report about messages: deliveries, bounces, complaints.")
app.add_typer(events, name="events")

NumberArgument = Annotated[int, typer.Argument(metavar="N", help="The event's number.", show_default=False)]


@events.command("pull")
def pull_events(
    context: typer.Context,
    queue: Annotated[
        str | None, typer.Option("--queue", metavar="URL", help="An SQS queue; default: the one of [feedback] queue.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Continue until it is stopped.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Take in the events that wait in an SQS queue.

    Each event is stored here before it is deleted there, and counts once, however often it comes. Events settle
    uncertain deliveries, suppress dead addresses, and pause a mailing of which too much bounces.

    Example: newsletter events pull
    """
    publication = open_publication(context)
    _take_in(
        lambda should_stop: feedback.pull_events(publication, queue, follow=follow, should_stop=should_stop),
        is_json=is_json,
        stops_itself=True,
    )


@events.command("ingest")
def ingest_events(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON, JSON lines, or a report's .eml.")],
    is_json: JsonOption = False,
) -> None:
    """Take in events from files: SES's JSON in any envelope, delivery status notifications, feedback reports.

    Repeating it changes nothing. A line that cannot be read is parked with the reason, and the rest is taken in.

    Example: newsletter events ingest bounces.jsonl report.eml
    """
    publication = open_publication(context)
    for file in files:
        check_is_file(file)
    _take_in(lambda _should_stop: feedback.ingest_events(publication, files), is_json=is_json)


@events.command("list")
def list_events(
    context: typer.Context,
    parked: Annotated[bool, typer.Option("--parked", help="Only those that could not be read or applied.")] = False,
    unmatched: Annotated[bool, typer.Option("--unmatched", help="Only those about no delivery of ours.")] = False,
    unknown: Annotated[bool, typer.Option("--unknown", help="Only kinds of event that are not used.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    is_json: JsonOption = False,
) -> None:
    """List the stored events, the newest first.

    Example: newsletter events list --parked
    """
    publication = open_publication(context)
    chosen = {EventState.PARKED: parked, EventState.UNMATCHED: unmatched, EventState.UNKNOWN: unknown}
    stored = feedback.list_events(publication, [state for state, is_chosen in chosen.items() if is_chosen], limit=limit)
    if is_json:
        for event in stored:
            output.print_json(view.event_json(event))
        return
    view.show_events(stored)
    view.show_pipe(feedback.pipe_status(publication))


@events.command("show")
def show_event(context: typer.Context, number: NumberArgument, is_json: JsonOption = False) -> None:
    """Show one event as it came in.

    Example: newsletter events show 12
    """
    event = feedback.show_event(open_publication(context), number)
    if is_json:
        output.print_json({**view.event_json(event), "raw": event.raw})
    else:
        view.show_event(event)


@events.command("retry")
def retry_events(
    context: typer.Context,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="[N...]", help="Events; default: all that were not applied.")
    ] = None,
    is_json: JsonOption = False,
) -> None:
    """Retry events that are parked, about no delivery of ours, or of an unknown kind.

    Example: newsletter events retry 12
    """
    publication = open_publication(context)
    if not feedback.retry_events(publication, numbers or ()):
        output.info("there are no events to retry")
    _take_in(lambda _should_stop: feedback.apply_waiting(publication), is_json=is_json)


def _take_in(
    take_in: Callable[[Callable[[], bool]], Iterable[IngestProgress | Remark]],
    *,
    is_json: bool,
    stops_itself: bool = False,
) -> None:
    """Take in events until they end or Ctrl-C is pressed, and show the totals."""
    total = IngestProgress()
    with stop_signals() as stop:
        for event in take_in(stop.is_set):
            if isinstance(event, Remark):
                show_remarks([event])
                continue
            total += event
            if stop.is_set() and not stops_itself:
                break
    if is_json:
        output.print_json(view.arrived_json(total))
    else:
        view.show_arrived(total)
