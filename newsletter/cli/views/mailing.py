"""Views of mailings: a plan, the events and the result of a send, and the status of issues."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from newsletter.cli import output
from newsletter.cli.progress import ProgressLine, duration, local_time
from newsletter.cli.views.findings import show_remarks
from newsletter.delivery import Exclusion, MailingKind, MailingStage, MailingState
from newsletter.settings import Settings

if TYPE_CHECKING:
    from newsletter.app import mailings, sending
    from newsletter.delivery import Counts, DeliveryProblem, Forecast, IssueStatus, Mailing, VariantCount
    from newsletter.delivery.queue import Plan

_STATES = ("planned", "submitted", "failed", "uncertain")


def counts_json(mailing: "Mailing", counts: "Counts", *, stage: MailingStage) -> dict[str, Any]:
    """Return the object that `--json` prints for a mailing."""
    shown = {**_heading_json(mailing), "mailing": mailing.id, "state": stage.value, **_totals_json(mailing, counts)}
    return shown | ({"kind": "test"} if mailing.kind is MailingKind.TEST else {})


def plan_json(planned: "sending.PlannedSend", settings: Settings, now: datetime) -> dict[str, Any]:
    """Return the object that `plan --json` prints: what a send would do, how long it takes and what it costs."""
    plan, forecast = planned.plan, planned.forecast
    seconds = forecast.seconds
    shown = {
        **_heading_json(plan.mailing),
        **_totals_json(plan.mailing, plan.counts),
        "transport": settings.delivery.transport,
        "rate": forecast.rate,
        "eta_seconds": None if seconds is None else round(seconds, 1),
        "done_at": None if seconds is None else (now + timedelta(seconds=seconds)).isoformat(),
        "quota": forecast.daily,
        "quota_left": forecast.remaining,
        "cost_usd": round(forecast.dollars, 4),
    }
    if plan.variants:
        shown["variants"] = [
            {"variant": each.variant, "inside": list(each.inside), "recipients": each.recipients}
            for each in plan.variants
        ]
    return shown


def status_json(status: "IssueStatus", now: datetime) -> dict[str, Any]:
    """Return the object that `status --json` prints for an issue, without its feedback."""
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
                "state": mailing.stage(now).value,
                "send_at": mailing.send_at and mailing.send_at.isoformat(),
                "edition": mailing.edition_digest,
                **_numbers(counts),
            }
            for mailing, counts in status.mailings
        ],
    }


def show_plan(planned: "sending.PlannedSend", settings: Settings, now: datetime, *, on_stdout: bool) -> None:
    """Show what would be sent: from whom, to how many, how fast, until when, and for how much."""
    show = output.print_result if on_stdout else output.info
    choice, plan, forecast = planned.choice, planned.plan, planned.forecast
    names = {asked.expression: asked.written for asked in choice.composed.part_segments}
    counts = plan.counts
    show(output.styled((choice.issue.title, "subject"), f"  {plan.mailing.slug}"))
    rows = [
        ("from", f"{settings.list_named(choice.list_name).sender}"),
        ("to", f"{output.pluralise(counts.planned, 'reader')} of list {choice.list_name}, {_among(plan)}"),
        *([("segment", plan.mailing.segment)] if plan.mailing.segment else []),
        *(
            ("variant", f"{output.pluralise(each.recipients, 'reader')} {_inside(each, names)}")
            for each in plan.variants
        ),
        *(("not to", f"{number:,} {reason}") for reason, number in sorted(counts.excluded.items())),
        ("through", _transport(settings, forecast.rate)),
        ("takes", _takes(forecast)),
    ]
    if forecast.seconds is not None and settings.delivery.transport != "outbox":
        done = f"by {local_time(now + timedelta(seconds=forecast.seconds))}"
        rows.append(("done", f"{done}, if it is sent now" if counts.planned else "at once"))
    if settings.delivery.transport == "ses":
        price = f"{settings.delivery.ses.price:.2f} for 1,000"
        rows.append(("costs", f"about ${forecast.dollars:,.2f} at SES, at ${price}"))
    for name, value in rows:
        show(output.styled((f"{name:>9}  ", "quiet"), value))


def show_started(started: "sending.StartedMailing") -> None:
    """Show what is to be known about a mailing before it is sent."""
    from newsletter.cli.views.notices import show_report

    plan, mailing = started.plan, started.mailing
    if plan is not None and plan.is_changed:
        output.warn(
            f"'{mailing.slug}' has changed since it was first sent. The text frozen then is sent; "
            "'newsletter send --again' sends the new text, to everybody"
        )
    if plan is not None and plan.cancelled:
        output.info(f"{plan.cancelled:,} who have not got the earlier text get the new one instead")
    if plan is not None and not plan.counts.planned and mailing.transport != started.transport_name:
        output.warn(
            f"it was sent through '{mailing.transport}', not '{started.transport_name}'. "
            "'newsletter send --again' sends it once more"
        )
    show_remarks(started.remarks)
    if started.notices is not None:
        show_report(started.notices)


class SendView:
    """Shows the events of a send as they come, and its result; a context manager that ends the progress bar.

    With `--json` a result is printed only where `prints_result`.
    """

    def __init__(self, settings: Settings, *, is_json: bool = False, prints_result: bool = True) -> None:
        self._settings, self._is_json, self._prints_result = settings, is_json, prints_result
        self._progress = ProgressLine()
        self.due = 0
        """How many scheduled mailings were due."""

    def show_all(self, events: "Iterator[sending.SendEvent]") -> None:
        """Show all events."""
        with closing(events), self:  # type: ignore[type-var]
            for event in events:
                self.show(event)

    def show(self, event: "sending.SendEvent") -> None:
        """Show one event; KeyboardInterrupt for the result of a send that was stopped."""
        from newsletter.delivery import SendProgress

        if isinstance(event, SendProgress):
            self._progress.show(event)
            return
        from newsletter.app import notices, sending

        if isinstance(event, sending.Stopping):
            messages = output.pluralise(event.in_flight, "message")
            output.info(
                f"stopping; waiting for the answers to up to {messages} in flight. "
                "Press Ctrl-C again to leave them uncertain"
            )
        elif isinstance(event, sending.DueMailing):
            self.due += 1
            at = local_time(event.mailing.send_at) if event.mailing.send_at else "now"
            output.info(f"'{event.mailing.slug}' to '{event.mailing.list_name}' has been due since {at}")
        elif isinstance(event, sending.RefusedMailing):
            output.error(str(event.error))
        elif isinstance(event, sending.Scheduled):
            _show_scheduled(event, is_json=self._is_json)
        elif isinstance(event, notices.NoticeReport):
            from newsletter.cli.views.notices import show_report

            show_report(event)
        elif isinstance(event, sending.SendResult):
            self._progress.stop()
            self._show_result(event)
            if event.is_interrupted:
                raise KeyboardInterrupt
        else:
            show_remarks([event])

    def __enter__(self) -> "SendView":
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _show_result(self, result: "sending.SendResult") -> None:
        if not self._is_json:
            show_result(result, self._settings)
        elif self._prints_result:
            output.print_json(counts_json(result.mailing, result.counts, stage=result.stage))
        show_problems(result.mailing, result.counts, result.failed, result.uncertain)
        if result.trip is not None:
            from newsletter.cli.views.feedback import show_trip

            show_trip(result.trip)


def show_result(result: "sending.SendResult", settings: Settings) -> None:
    """Show what a send did, and what to do next."""
    mailing, before, counts = result.mailing, result.before, result.counts
    sent = counts.submitted - before.submitted
    if not before.planned:
        output.print_result(_nothing_to_do(mailing, counts))
    else:
        noun = "test message" if mailing.kind is MailingKind.TEST else "message"
        output.print_result(f"{output.pluralise(sent, noun)} of '{mailing.slug}' {_handed_over(settings)}")
    if mailing.kind is MailingKind.ISSUE:
        parts = [f"{getattr(counts, state):,} {state}" for state in _STATES if getattr(counts, state)]
        parts += [f"{number:,} {reason}" for reason, number in sorted(counts.excluded.items())]
        what = ", ".join(parts) or "nobody"
        output.print_result(f"{output.pluralise(counts.candidates, 'candidate')}: {what}")
    if counts.planned and mailing.state is MailingState.OPEN:
        segment = f" --segment {shlex.quote(mailing.segment)}" if mailing.segment else ""
        command = output.command_line(f"send {mailing.slug} --list {mailing.list_name}{segment}")
        output.info(f"To send the rest: {command}")
    elif settings.delivery.transport == "outbox" and counts.submitted:
        output.info(f"Read them: {output.command_line('outbox open')}, or {output.command_line('outbox list')}")


def show_status(report: "mailings.StatusReport", now: datetime, *, is_one: bool) -> None:
    """Show where everybody is, for one issue, or in one line for each."""
    issues = report.issues
    if not issues or (is_one and not issues[0].mailings):
        output.info("nothing has been sent yet. 'newsletter send' sends the newest ready issue")
        return
    rows = [
        [str(mailing.id), status.slug, _audience(mailing), mailing.stage(now).value, *_cells(counts)]
        for status in issues
        for mailing, counts in status.mailings
    ]
    output.print_table(("n", "issue", "list", "state", *_STATES, "excluded"), rows, numbers=(0, 4, 5, 6, 7, 8))
    for mailing in (mailing for status in issues for mailing, _counts in status.mailings if mailing.segment):
        output.print_result(f"segment of {mailing.id}: {mailing.segment}")
    excluded = issues[0].totals.excluded if is_one else {}
    if excluded:
        output.print_result("excluded: " + ", ".join(f"{n:,} {reason}" for reason, n in sorted(excluded.items())))


def show_problems(
    mailing: "Mailing", counts: "Counts", failed: "Iterable[DeliveryProblem]", uncertain: "Iterable[DeliveryProblem]"
) -> None:
    """Name failed and uncertain deliveries, with the reason, on stderr."""
    for state, number, problems in (("failed", counts.failed, failed), ("uncertain", counts.uncertain, uncertain)):
        named = 0
        for problem in problems:
            named += 1
            output.warn(f"{state}: {problem.address or '(erased)'}: {problem.reason}")
        if number > named:
            output.warn(f"... and {number - named:,} more {state}")
    if counts.uncertain:
        output.info(f"Settle what is uncertain: {output.command_line(f'resolve {mailing.id}')}")


def show_uncertain(problems: "Iterable[DeliveryProblem]") -> None:
    """List deliveries and what is known about them."""
    rows = [[str(problem.delivery_id), problem.address or "(erased)", problem.reason] for problem in problems]
    if rows:
        output.print_table(("delivery", "address", "what is known"), rows, numbers=(0,))


def _show_scheduled(event: "sending.Scheduled", *, is_json: bool) -> None:
    mailing, counts = event.mailing, event.counts
    if is_json:
        output.print_json(counts_json(mailing, counts, stage=MailingStage.SCHEDULED))
        return
    at = local_time(mailing.send_at) if mailing.send_at else "now"
    output.print_result(f"'{mailing.slug}' is scheduled for {output.pluralise(counts.planned, 'reader')} on {at}")
    output.info(
        f"The first '{output.command_line('send --due')}' from then on sends it: let cron or a timer run that every "
        f"minute. To send it at once: {output.command_line(f'send {mailing.slug} --at now')}. "
        f"To cancel it: {output.command_line(f'cancel {mailing.id}')}"
    )


def _heading_json(mailing: "Mailing") -> dict[str, Any]:
    return {"issue": mailing.slug, "list": mailing.list_name, "segment": mailing.segment or None}


def _totals_json(mailing: "Mailing", counts: "Counts") -> dict[str, Any]:
    return {
        "round": mailing.round,
        "send_at": mailing.send_at and mailing.send_at.isoformat(),
        **_numbers(counts),
    }


def _numbers(counts: "Counts") -> dict[str, Any]:
    return {
        "candidates": counts.candidates,
        "recipients": counts.recipients,
        **{state: getattr(counts, state) for state in _STATES},
        "excluded": {reason.value: number for reason, number in sorted(counts.excluded.items())},
    }


def _cells(counts: "Counts") -> list[str]:
    excluded = sum(counts.excluded.values())
    return [f"{n:,}" for n in (*(getattr(counts, state) for state in _STATES), excluded)]


def _among(plan: "Plan") -> str:
    counts = plan.counts
    done = counts.submitted + counts.failed + counts.uncertain
    return f"{counts.candidates:,} candidates" + (f", {done:,} done before" if done else "")


def _audience(mailing: "Mailing") -> str:
    return f"{mailing.list_name} (segment)" if mailing.segment else mailing.list_name


def _inside(count: "VariantCount", names: Mapping[str, str]) -> str:
    segments = [f"[{names.get(segment, segment)}]" for segment in count.inside]
    return f"in {' and '.join(segments)}" if segments else "in none of its segments"


def _takes(forecast: "Forecast") -> str:
    if forecast.seconds is None:
        return "not known in advance"
    if not forecast.spans_days:
        return duration(forecast.seconds)
    return (
        f"up to {duration(forecast.seconds)}: {forecast.remaining:,.0f} of {forecast.daily:,.0f} in 24 hours are left. "
        "When they are used up, it waits and continues by itself"
    )


def _transport(settings: Settings, rate: float | None) -> str:
    delivery = settings.delivery
    names = {
        "outbox": "the outbox: nothing leaves this machine",
        "smtp": f"smtp at {delivery.smtp.host}:{delivery.smtp.port}",
        "ses": f"Amazon SES{f' in {delivery.ses.region}' if delivery.ses.region else ''}",
    }
    return names[delivery.transport] + (f", at most {rate:g} a second" if rate else "")


def _handed_over(settings: Settings) -> str:
    if settings.delivery.transport == "outbox":
        return f"put into {settings.var.relative_to(settings.root)}/outbox"
    return f"handed to {_transport(settings, None)}"


def _nothing_to_do(mailing: "Mailing", counts: "Counts") -> str:
    if not counts.candidates:
        return f"list {mailing.list_name} has nobody on it, so nothing was sent"
    if not counts.recipients and counts.excluded.get(Exclusion.OUTSIDE):
        return f"nobody in the segment on list {mailing.list_name} may be mailed, so nothing was sent"
    if not counts.recipients:
        return f"nobody on list {mailing.list_name} may be mailed, so nothing was sent"
    if counts.uncertain:
        return (
            f"nobody is left to mail, so nothing was sent; {counts.uncertain:,} are uncertain: "
            f"newsletter resolve {mailing.id}"
        )
    if counts.failed:
        return f"nobody is left to mail, so nothing was sent; {counts.failed:,} failed"
    everybody = "everybody in the segment" if mailing.segment else f"everybody on list {mailing.list_name}"
    return f"{everybody} has '{mailing.slug}' already, so nothing was sent"
