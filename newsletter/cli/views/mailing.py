"""How a plan, a mailing and an issue's status are shown: to people and to machines."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.text import Text

from newsletter.cli import output
from newsletter.cli.choosing import Choice
from newsletter.cli.progress import duration, shown_time
from newsletter.delivery import (
    Counts,
    DeliveryProblem,
    Exclusion,
    Forecast,
    IssueStatus,
    Mailing,
    MailingKind,
    MailingState,
    Plan,
    VariantCount,
)
from newsletter.settings import Settings

_PLACES = ("planned", "submitted", "failed", "uncertain")


def counts_json(
    mailing: Mailing,
    counts: Counts,
    *,
    moment: datetime,
    settings: Settings | None = None,
    expected: Forecast | None = None,
) -> dict[str, Any]:
    """Return the object that `--json` prints for a mailing.

    With settings and a forecast it is that of a plan, which says how long it takes and what it costs.
    """
    found = {
        "issue": mailing.slug,
        "list": mailing.list_name,
        "segment": mailing.segment or None,
        **({"mailing": mailing.id, "state": mailing.stage(moment).value} if settings is None else {}),
        "round": mailing.round,
        "send_at": mailing.send_at and mailing.send_at.isoformat(),
        **_numbers(counts),
    }
    if mailing.kind is MailingKind.TEST:
        found["kind"] = "test"
    if settings is not None and expected is not None:
        seconds = expected.seconds
        found |= {
            "transport": settings.delivery.transport,
            "rate": expected.rate,
            "eta_seconds": None if seconds is None else round(seconds, 1),
            "done_at": None if seconds is None else (moment + timedelta(seconds=seconds)).isoformat(),
            "quota": expected.daily,
            "quota_left": expected.left,
            "cost_usd": round(expected.dollars, 4),
        }
    return found


def variants_json(plan: Plan) -> dict[str, Any]:
    """Return how many get which variant, where an edition has several."""
    if not plan.variants:
        return {}
    return {
        "variants": [
            {"variant": each.variant, "inside": list(each.inside), "recipients": each.recipients}
            for each in plan.variants
        ]
    }


def say_plan(
    plan: Plan, choice: Choice, settings: Settings, expected: Forecast, *, moment: datetime, on_stdout: bool
) -> None:
    """Say what would be sent: to whom, how many, from whom, how fast, until when, for how much."""
    say = output.print_result if on_stdout else output.info
    names = {asked.expression: asked.written for asked in choice.composed.part_segments}
    sender = settings.list_named(choice.list_name).sender
    counts = plan.counts
    say(Text.assemble((choice.issue.title, "subject"), f"  {plan.mailing.slug}"))
    rows = [
        ("from", f"{sender}"),
        ("to", f"{output.pluralise(counts.planned, 'reader')} of list {choice.list_name}, {_among(plan)}"),
        *([("segment", plan.mailing.segment)] if plan.mailing.segment else []),
        *(
            ("variant", f"{output.pluralise(each.recipients, 'reader')} {_inside(each, names)}")
            for each in plan.variants
        ),
        *(("not to", f"{number:,} {reason}") for reason, number in sorted(counts.excluded.items())),
        ("through", _through(settings, expected.rate)),
        ("takes", _takes(expected)),
    ]
    if expected.seconds is not None and settings.delivery.transport != "outbox":
        done = f"by {shown_time(moment + timedelta(seconds=expected.seconds))}"
        rows.append(("done", f"{done}, if it leaves now" if counts.planned else "at once"))
    if settings.delivery.transport == "ses":
        price = f"{settings.delivery.ses.price:.2f} for 1,000"
        rows.append(("costs", f"about ${expected.dollars:,.2f} at SES, at ${price}"))
    for name, value in rows:
        say(Text.assemble((f"{name:>9}  ", "quiet"), value))


def say_result(mailing: Mailing, before: Counts, counts: Counts, settings: Settings) -> None:
    """Say what a send did, and what to do next."""
    sent = counts.submitted - before.submitted
    if not before.planned:
        output.print_result(_nothing_to_do(mailing, counts))
    elif mailing.kind is MailingKind.TEST:
        output.print_result(f"{output.pluralise(sent, 'test letter')} of '{mailing.slug}' {_went(settings)}")
    else:
        output.print_result(f"{output.pluralise(sent, 'letter')} of '{mailing.slug}' {_went(settings)}")
    left_out = [f"{number:,} {reason}" for reason, number in sorted(counts.excluded.items())]
    parts = [f"{getattr(counts, place):,} {place}" for place in _PLACES if getattr(counts, place)]
    if mailing.kind is MailingKind.ISSUE:
        what = ", ".join([*parts, *left_out]) or "nobody"
        output.print_result(f"{output.pluralise(counts.candidates, 'candidate')}: {what}")
    if counts.planned and mailing.state is MailingState.OPEN:
        whom = f" --segment {shlex.quote(mailing.segment)}" if mailing.segment else ""
        output.info(f"Go on with: {output.command_line(f'send {mailing.slug} --list {mailing.list_name}{whom}')}")
    elif settings.delivery.transport == "outbox" and counts.submitted:
        output.info(f"Read them: {output.command_line('outbox open')}, or {output.command_line('outbox list')}")


def say_status(found: Sequence[IssueStatus], moment: datetime, *, is_one: bool) -> None:
    """Say where everybody is, for one issue or one line for each."""
    if not found or (is_one and not found[0].mailings):
        output.info("nothing was sent yet. 'newsletter send' sends the newest ready issue")
        return
    rows = [
        [str(mailing.id), status.slug, _whom(mailing), mailing.stage(moment).value, *_cells(counts)]
        for status in found
        for mailing, counts in status.mailings
    ]
    output.print_table(("n", "issue", "list", "state", *_PLACES, "excluded"), rows, numbers=(0, 4, 5, 6, 7, 8))
    for mailing in (mailing for status in found for mailing, _counts in status.mailings if mailing.segment):
        output.print_result(f"segment of {mailing.id}: {mailing.segment}")
    excluded = found[0].totals.excluded if is_one else {}
    if excluded:
        output.print_result("excluded: " + ", ".join(f"{n:,} {reason}" for reason, n in sorted(excluded.items())))


def say_troubles(troubles: Sequence[DeliveryProblem]) -> None:
    """Name deliveries and what is wrong with them."""
    if troubles:
        rows = [[str(t.delivery_id), t.address or "(erased)", t.reason] for t in troubles]
        output.print_table(("delivery", "address", "what is known"), rows, numbers=(0,))


def status_json(status: IssueStatus, moment: datetime) -> dict[str, Any]:
    """Return the object that `--json` prints for an issue."""
    return {
        "issue": status.slug,
        **_numbers(status.totals),
        "tests": status.tests,
        "mailings": [
            {
                "mailing": mailing.id,
                "list": mailing.list_name,
                "segment": mailing.segment or None,
                "round": mailing.round,
                "transport": mailing.transport,
                "created_at": mailing.created_at.isoformat(),
                "finished_at": mailing.finished_at and mailing.finished_at.isoformat(),
                "state": mailing.stage(moment).value,
                "send_at": mailing.send_at and mailing.send_at.isoformat(),
                "edition": mailing.edition_digest,
                **_numbers(counts),
            }
            for mailing, counts in status.mailings
        ],
    }


def _numbers(counts: Counts) -> dict[str, Any]:
    return {
        "candidates": counts.candidates,
        "recipients": counts.recipients,
        **{place: getattr(counts, place) for place in _PLACES},
        "excluded": {reason.value: number for reason, number in sorted(counts.excluded.items())},
    }


def _cells(counts: Counts) -> list[str]:
    excluded = sum(counts.excluded.values())
    return [f"{n:,}" for n in (*(getattr(counts, place) for place in _PLACES), excluded)]


def _among(plan: Plan) -> str:
    counts = plan.counts
    have_it = counts.submitted + counts.failed + counts.uncertain
    return f"{counts.candidates:,} candidates" + (f", {have_it:,} done before" if have_it else "")


def _whom(mailing: Mailing) -> str:
    return f"{mailing.list_name} (segment)" if mailing.segment else mailing.list_name


def _inside(count: VariantCount, names: Mapping[str, str]) -> str:
    shown = [f"[{names.get(segment, segment)}]" for segment in count.inside]
    return f"in {' and '.join(shown)}" if shown else "in none of its segments"


def _takes(expected: Forecast) -> str:
    if expected.seconds is None:
        return "as long as the next hop needs"
    if not expected.is_parted:
        return duration(expected.seconds)
    return (
        f"up to {duration(expected.seconds)}, for of {expected.daily:,.0f} in 24 hours {expected.left:,.0f} "
        "are left: it waits, and goes on by itself"
    )


def _through(settings: Settings, rate: float | None) -> str:
    delivery = settings.delivery
    places = {
        "outbox": "the outbox: nothing leaves this machine",
        "smtp": f"smtp at {delivery.smtp.host}:{delivery.smtp.port}",
        "ses": f"Amazon SES{f' in {delivery.ses.region}' if delivery.ses.region else ''}",
    }
    return places[delivery.transport] + (f", {rate:g} a second at most" if rate else "")


def _went(settings: Settings) -> str:
    if settings.delivery.transport == "outbox":
        return f"put into {settings.var.relative_to(settings.root)}/outbox"
    return f"handed to {_through(settings, None)}"


def _nothing_to_do(mailing: Mailing, counts: Counts) -> str:
    if not counts.candidates:
        return f"list {mailing.list_name} has nobody on it, so nothing was sent"
    if not counts.recipients and counts.excluded.get(Exclusion.OUTSIDE):
        return f"nobody who may be written to on list {mailing.list_name} is in the segment, so nothing was sent"
    if not counts.recipients:
        return f"nobody on list {mailing.list_name} may be written to, so nothing was sent"
    if counts.uncertain:
        return (
            f"nobody is left to write to, so nothing was sent; {counts.uncertain:,} are uncertain: "
            f"newsletter resolve {mailing.id}"
        )
    if counts.failed:
        return f"nobody is left to write to, so nothing was sent; {counts.failed:,} failed"
    everybody = "everybody in the segment" if mailing.segment else f"everybody on list {mailing.list_name}"
    return f"{everybody} has '{mailing.slug}' already, so nothing was sent"
