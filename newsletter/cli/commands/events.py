"""`newsletter events`: what came back about letters, taken in, looked at, tried again."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import Publication
from newsletter.cli import output
from newsletter.cli.alerting import tell, telling
from newsletter.cli.context import open_publication
from newsletter.cli.options import JsonOption, refuse_no_file
from newsletter.cli.running import now
from newsletter.cli.signals import stop_signals
from newsletter.cli.views.feedback import arrived_json, say_arrived, say_pipe
from newsletter.feedback import (
    EventState,
    IngestProgress,
    StoredEvent,
    apply_stored_events,
    find_event,
    ingest_file,
    list_events,
    open_event_queue,
    pull_from_queue,
    requeue_events,
)

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)
events = typer.Typer(no_args_is_help=True, help="What came back about letters: deliveries, bounces, complaints.")
app.add_typer(events, name="events")

_LOOK_SECONDS = 15 * 60.0
"""How often a pull that goes on looks for what has stopped."""
NumberArgument = Annotated[int, typer.Argument(metavar="N", help="The event's number.", show_default=False)]


@events.command("pull")
def pull_events(
    context: typer.Context,
    queue: Annotated[
        str | None, typer.Option("--queue", metavar="URL", help="An SQS queue; default: that of [feedback] queue.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until it is stopped.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Take in the events that wait in an SQS queue.

    Each is on disk here before it is deleted there, and counts once, however often it comes. What is uncertain is
    settled at once, dead addresses are suppressed, and a mailing of which too much comes back pauses itself.

    Example: newsletter events pull
    """
    publication = open_publication(context)
    settings = publication.settings
    with telling(publication, "events"), closing(open_event_queue(settings, queue)) as opened:
        pulled = pull_from_queue(
            publication.database,
            publication.keyring,
            settings,
            opened,
            clock=now,
            is_followed=follow,
            wait_seconds=10 if follow else 1,
        )
        _show(_looking_round(publication, pulled), is_json=is_json)


@events.command("ingest")
def ingest_events(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON, JSON lines, or a report's .eml.")],
    is_json: JsonOption = False,
) -> None:
    """Take in events from files: SES's JSON in whatever envelope, delivery status reports, feedback reports.

    Repeating it changes nothing. A line that cannot be read is parked with its reason, and the rest is taken in.

    Example: newsletter events ingest bounces.jsonl report.eml
    """
    publication = open_publication(context)
    for file in files:
        refuse_no_file(file)
    arrived = (
        each
        for file in files
        for each in ingest_file(publication.database, publication.keyring, publication.settings, file, clock=now)
    )
    _show(arrived, is_json=is_json)


@events.command("list")
def list_kept(
    context: typer.Context,
    parked: Annotated[bool, typer.Option("--parked", help="Only what could not be read or applied.")] = False,
    unmatched: Annotated[bool, typer.Option("--unmatched", help="Only what is about no delivery of ours.")] = False,
    unknown: Annotated[bool, typer.Option("--unknown", help="Only kinds that nothing is made of.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    is_json: JsonOption = False,
) -> None:
    """List the events that are kept, the newest first.

    Example: newsletter events list --parked
    """
    database = open_publication(context).database
    chosen = {EventState.PARKED: parked, EventState.UNMATCHED: unmatched, EventState.UNKNOWN: unknown}
    found = list_events(database, [state for state, is_wanted in chosen.items() if is_wanted], limit=limit)
    if is_json:
        for event in found:
            output.print_json(_event_json(event))
        return
    if found:
        rows = [
            (str(event.id), event.kind, event.state, f"{event.received_at:%Y-%m-%d %H:%M}", event.reason)
            for event in found
        ]
        output.print_table(("n", "kind", "state", "came", "why"), rows, numbers=(0,))
    else:
        output.info("no such event is kept")
    say_pipe(database)


@events.command("show")
def show_event(context: typer.Context, number: NumberArgument, is_json: JsonOption = False) -> None:
    """Show one event as it came.

    Example: newsletter events show 12
    """
    event = find_event(open_publication(context).database, number)
    if is_json:
        output.print_json({**_event_json(event), "raw": event.raw})
        return
    output.print_result(f"event {event.id}: {event.kind}, {event.state}{f': {event.reason}' if event.reason else ''}")
    output.print_result(f"came {event.received_at:%Y-%m-%d %H:%M:%S} UTC by {event.source}")
    output.print_result(event.raw or "(not kept as it came)")


@events.command("retry")
def retry_events(
    context: typer.Context,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="[N...]", help="Events; default: all that did not go through.")
    ] = None,
    is_json: JsonOption = False,
) -> None:
    """Try events again that are parked, about no delivery of ours, or of an unknown kind.

    Example: newsletter events retry 12
    """
    publication = open_publication(context)
    number = requeue_events(publication.database, numbers or ())
    if not number:
        output.info("nothing is there to be tried again")
    _show(
        apply_stored_events(publication.database, publication.keyring, publication.settings, clock=now), is_json=is_json
    )


def _show(arriving: Iterable[IngestProgress], *, is_json: bool) -> None:
    """Take in events under the author's eyes, until they end or Ctrl-C is pressed."""
    total = IngestProgress()
    with stop_signals() as stop:
        for arrived in arriving:
            total += arrived
            if stop.is_set():
                break
    if is_json:
        output.print_json(arrived_json(total))
    else:
        say_arrived(total)


def _looking_round(publication: Publication, pulled: Iterable[IngestProgress]) -> Iterator[IngestProgress]:
    """Pass on what was pulled, and tell the author now and then of what has stopped meanwhile."""
    looks_at = time.monotonic() + _LOOK_SECONDS
    for arrived in pulled:
        yield arrived
        if time.monotonic() > looks_at:
            tell(publication)
            looks_at = time.monotonic() + _LOOK_SECONDS


def _event_json(event: StoredEvent) -> dict[str, object]:
    return {
        "event": event.id,
        "kind": event.kind,
        "state": event.state.value,
        "reason": event.reason or None,
        "source": event.source,
        "received_at": event.received_at.isoformat(),
        "attempts": event.attempts,
        "delivery": event.delivery_id,
    }
