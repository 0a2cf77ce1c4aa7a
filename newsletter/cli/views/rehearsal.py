"""View of a rehearsal: what the SES simulator accepted, what stayed uncertain, and which faults were injected."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from newsletter.cli import output
from newsletter.cli.progress import duration
from newsletter.cli.views.mailing import counts_json

if TYPE_CHECKING:
    from newsletter.app.rehearsal import RehearsalReport


def report_json(report: "RehearsalReport", now: datetime) -> dict[str, Any]:
    """Return the object that `--json` prints for a rehearsal."""
    return {
        **counts_json(report.mailing, report.counts, stage=report.mailing.stage(now)),
        "taken": report.accepted,
        "twice": report.accepted_twice,
        "lost": _lost(report),
        "uncertain_before_events": report.uncertain_before_events,
        "settled_by_events": report.settled_by_events,
        "uncertain_but_taken": report.uncertain_but_accepted,
        "seconds": round(report.seconds, 3),
        "most_in_a_second": report.max_per_second,
        "stops": list(report.stops),
        "faults": report.faults,
        "refusals": report.errors,
        "events": report.events,
    }


def show_report(report: "RehearsalReport") -> None:
    """Show what happened in a rehearsal."""
    from newsletter.app.rehearsal import REHEARSAL_FOLDER

    counts, mailing = report.counts, report.mailing
    people = output.pluralise(counts.recipients, "person", "people")
    output.print_result(f"rehearsed '{mailing.slug}' to {mailing.list_name}: {people}, none of them mailed")
    rows = [
        ("accepted by the SES simulator", f"{report.accepted:,}"),
        ("accepted twice for one person", f"{report.accepted_twice:,}"),
        ("submitted", f"{counts.submitted:,}"),
        ("failed", f"{counts.failed:,}"),
        ("still planned", f"{counts.planned:,}"),
        ("uncertain when it ended", f"{report.uncertain_before_events:,}"),
        ("... settled by events", f"{report.settled_by_events:,}"),
        ("... left to you", f"{counts.uncertain:,}"),
        ("...... of these, accepted", f"{report.uncertain_but_accepted:,}"),
        ("time", duration(report.seconds)),
        ("most in one second", f"{report.max_per_second:,}"),
    ]
    output.print_table(("", "messages"), rows, numbers=(1,))
    for title, numbers in (("fault", report.faults), ("error", report.errors), ("event", report.events)):
        if numbers:
            output.print_table((title, "times"), [(name, f"{n:,}") for name, n in numbers.items()], numbers=(1,))
    for reason in report.stops:
        output.warn(f"it stopped: {reason}")
    if report.uncertain_before_events and not report.publishes_events:
        output.warn(
            "Without [delivery.ses] configuration_set, SES publishes no events, and only you can settle what is "
            "uncertain"
        )
    output.info(f"The accepted messages and the events are in {REHEARSAL_FOLDER}/")


def _lost(report: "RehearsalReport") -> int:
    """Return how many were neither accepted nor are known as failed, planned or uncertain."""
    counts = report.counts
    known = counts.planned + counts.failed + counts.uncertain - report.uncertain_but_accepted
    return max(0, counts.recipients - known - report.accepted)
