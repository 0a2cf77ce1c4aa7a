"""How feedback is shown: what came back, what it settled, how events come in, why a mailing paused itself."""

from collections.abc import Sequence
from typing import Any

from newsletter.cli import output
from newsletter.cli.progress import shown_time
from newsletter.database import Database
from newsletter.feedback import (
    EventKind,
    EventState,
    EventSummary,
    FactCount,
    IngestProgress,
    ResolvedCount,
    Trip,
    count_by_kind,
    count_facts,
    count_resolved,
    list_open_trips,
    summarise_events,
)

_SHOWN = (EventKind.DELIVERED, EventKind.BOUNCED, EventKind.COMPLAINED, EventKind.DEFERRED, EventKind.REJECTED)
_CAUSES = 5


def say_trip(trip: Trip) -> None:
    """Say why a mailing paused itself, and how to go on."""
    output.info(f"mailing {trip.mailing_id} paused itself: {trip.why}", style="attention")
    for cause in trip.causes:
        output.info(f"  {cause.deliveries:,} at {cause.domain or 'no domain'}: {cause.reason}", style="attention")
    output.info(f"Mend what can be mended, then: {output.command_line(f'resume {trip.mailing_id} --anyway')}")


def say_arrived(arrived: IngestProgress) -> None:
    """Say what came of events that were taken in."""
    applied = arrived.applied
    known = arrived.received - arrived.new
    words = [
        f"{output.pluralise(arrived.received, 'event')}" + (f", {known:,} of them here before" if known else ""),
        *(f"{number:,} {state}" for state, number in sorted(applied.states.items())),
    ]
    output.print_result(": ".join([words[0], ", ".join(words[1:])]) if words[1:] else words[0])
    if applied.states.get(EventState.PARKED):
        _point_to_parked()
    if applied.settled:
        output.print_result(f"{output.pluralise(applied.settled, 'delivery', 'deliveries')} settled")
    if applied.suppressed:
        output.print_result(f"{output.pluralise(applied.suppressed, 'address', 'addresses')} suppressed")
    for trip in applied.trips:
        say_trip(trip)


def arrived_json(arrived: IngestProgress) -> dict[str, Any]:
    """Return the object that `--json` prints for events that were taken in."""
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


def feedback_json(database: Database, mailings: Sequence[int]) -> dict[str, Any]:
    """Return what came back about some mailings, and how events come in, as `status --json` has it."""
    kinds = count_by_kind(database, mailings)
    trips = [trip for trip in list_open_trips(database) if trip.mailing_id in mailings]
    return {
        "feedback": {kind.value: kinds[kind] for kind in _SHOWN},
        "settled": [
            {"was": each.was, "by": each.by, "deliveries": each.number} for each in count_resolved(database, mailings)
        ],
        "paused_itself": [trip_json(trip) for trip in trips],
    }


def pipe_json(pipe: EventSummary) -> dict[str, Any]:
    """Return how events come in as an object."""
    return {
        "last_event_at": pipe.last_at and pipe.last_at.isoformat(),
        "backlog": pipe.backlog,
        **{state.value: pipe.states[state] for state in EventState if state is not EventState.WAITING},
        "unknown_kinds": dict(pipe.unknown),
    }


def say_feedback(database: Database, mailings: Sequence[int]) -> None:
    """Say what came back about some mailings, what events settled, and which mailings paused themselves."""
    kinds = count_by_kind(database, mailings)
    if known := [f"{kinds[kind]:,} {kind}" for kind in _SHOWN if kinds[kind]]:
        output.print_result(f"reported: {', '.join(known)}")
    for count in _causes(count_facts(database, mailings)):
        output.print_result(f"  {count.deliveries:,} {count.kind} at {count.domain or 'no domain'}: {count.reason}")
    for settled in count_resolved(database, mailings):
        output.print_result(f"settled by events: {_settled(settled)}")
    for trip in list_open_trips(database):
        if trip.mailing_id in mailings:
            say_trip(trip)


def say_pipe(database: Database) -> None:
    """Say how events come in, where any ever did."""
    pipe = summarise_events(database)
    if pipe.last_at is None:
        return
    kept = [f"{pipe.states[state]:,} {state}" for state in EventState if pipe.states[state]]
    output.print_result(f"events: the last one {shown_time(pipe.last_at)}; {', '.join(kept)}")
    if pipe.states[EventState.PARKED]:
        _point_to_parked()


def _point_to_parked() -> None:
    output.info(f"Look at what is parked: {output.command_line('events list --parked')}", style="attention")


def _causes(counts: Sequence[FactCount]) -> list[FactCount]:
    return [count for count in counts if count.kind in {EventKind.BOUNCED, EventKind.COMPLAINED, EventKind.REJECTED}][
        :_CAUSES
    ]


def _settled(settled: ResolvedCount) -> str:
    return f"{output.pluralise(settled.number, 'delivery', 'deliveries')}, {settled.was} before, by {settled.by}"
