"""Views of feedback: provider events that came in, what they settled, and why a mailing paused itself."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from newsletter.cli import output
from newsletter.cli.progress import local_time
from newsletter.feedback import EventKind, EventState, EventSummary, IngestProgress, ResolvedCount, StoredEvent, Trip

if TYPE_CHECKING:
    from newsletter.app import mailings

_KINDS = (EventKind.DELIVERED, EventKind.BOUNCED, EventKind.COMPLAINED, EventKind.DEFERRED, EventKind.REJECTED)
_CAUSES = 5
"""How many causes of bounces and complaints are listed."""


def arrived_json(arrived: IngestProgress) -> dict[str, Any]:
    """Return the object that `--json` prints for events that came in."""
    applied = arrived.applied
    return {
        "received": arrived.received,
        "new": arrived.new,
        **{state.value: applied.states[state] for state in EventState if state is not EventState.WAITING},
        "settled": applied.settled,
        "suppressed": applied.suppressed,
        "paused": [trip_json(trip) for trip in applied.trips],
    }


def trip_json(trip: Trip) -> dict[str, Any]:
    """Return a mailing that paused itself as an object."""
    return {
        "mailing": trip.mailing_id,
        "at": trip.at.isoformat(),
        "why": trip.why,
        "sent": trip.sent,
        "bounced": trip.bounced,
        "complained": trip.complained,
        "causes": [
            {"domain": cause.domain, "reason": cause.reason, "deliveries": cause.deliveries} for cause in trip.causes
        ],
    }


def feedback_json(summary: "mailings.FeedbackSummary") -> dict[str, Any]:
    """Return what was reported about some mailings, as `status --json` has it."""
    return {
        "feedback": {kind.value: summary.kinds[kind] for kind in _KINDS},
        "settled": [
            {"was": settlement.was, "by": settlement.by, "deliveries": settlement.number}
            for settlement in summary.settled
        ],
        "paused_itself": [trip_json(trip) for trip in summary.trips],
    }


def pipe_json(pipe: EventSummary) -> dict[str, Any]:
    """Return how events come in as an object."""
    return {
        "last_event_at": pipe.last_at and pipe.last_at.isoformat(),
        "backlog": pipe.backlog,
        **{state.value: pipe.states[state] for state in EventState if state is not EventState.WAITING},
        "unknown_kinds": dict(pipe.unknown),
    }


def event_json(event: StoredEvent) -> dict[str, object]:
    """Return a stored event as an object."""
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


def show_trip(trip: Trip) -> None:
    """Show why a mailing paused itself, and how to continue."""
    output.warn(f"mailing {trip.mailing_id} paused itself: {trip.why}")
    for cause in trip.causes:
        output.warn(f"  {cause.deliveries:,} at {cause.domain or 'no domain'}: {cause.reason}")
    output.info(f"Fix the cause if you can, then: {output.command_line(f'resume {trip.mailing_id} --anyway')}")


def show_arrived(arrived: IngestProgress) -> None:
    """Show what came of events that came in."""
    applied = arrived.applied
    known = arrived.received - arrived.new
    events = output.pluralise(arrived.received, "event") + (f", {known:,} of them received before" if known else "")
    states = ", ".join(f"{number:,} {state}" for state, number in sorted(applied.states.items()))
    output.print_result(f"{events}: {states}" if states else events)
    if applied.states.get(EventState.PARKED):
        _point_to_parked()
    if applied.settled:
        output.print_result(f"{output.pluralise(applied.settled, 'delivery', 'deliveries')} settled")
    if applied.suppressed:
        output.print_result(f"{output.pluralise(applied.suppressed, 'address', 'addresses')} suppressed")
    for trip in applied.trips:
        show_trip(trip)


def show_feedback(summary: "mailings.FeedbackSummary") -> None:
    """Show what was reported about some mailings, what events settled, and which mailings paused themselves."""
    if reported := [f"{summary.kinds[kind]:,} {kind}" for kind in _KINDS if summary.kinds[kind]]:
        output.print_result(f"reported: {', '.join(reported)}")
    for cause in summary.causes[:_CAUSES]:
        output.print_result(f"  {cause.deliveries:,} {cause.kind} at {cause.domain or 'no domain'}: {cause.reason}")
    for settled in summary.settled:
        output.print_result(f"settled by events: {_settled(settled)}")
    for trip in summary.trips:
        show_trip(trip)


def show_pipe(pipe: EventSummary) -> None:
    """Show when the last event came in and how many there are of each state; nothing if there never was one."""
    if pipe.last_at is None:
        return
    states = [f"{pipe.states[state]:,} {state}" for state in EventState if pipe.states[state]]
    output.print_result(f"events: the last one {local_time(pipe.last_at)}; {', '.join(states)}")
    if pipe.states[EventState.PARKED]:
        _point_to_parked()


def show_events(events: Iterable[StoredEvent]) -> None:
    """List stored events."""
    rows = [
        (str(event.id), event.kind, event.state, f"{event.received_at:%Y-%m-%d %H:%M}", event.reason)
        for event in events
    ]
    if rows:
        output.print_table(("n", "kind", "state", "received", "why"), rows, numbers=(0,))
    else:
        output.info("there are no such events")


def show_event(event: StoredEvent) -> None:
    """Show one event as it came in."""
    output.print_result(f"event {event.id}: {event.kind}, {event.state}{f': {event.reason}' if event.reason else ''}")
    output.print_result(f"received {event.received_at:%Y-%m-%d %H:%M:%S} UTC by {event.source}")
    output.print_result(event.raw or "(its text was not kept)")


def _point_to_parked() -> None:
    output.warn(f"See what could not be read or applied: {output.command_line('events list --parked')}")


def _settled(settled: ResolvedCount) -> str:
    return f"{output.pluralise(settled.number, 'delivery', 'deliveries')}, {settled.was} before, by {settled.by}"
