"""`newsletter plan`, `send`: a letter on its way to everybody."""

import sys
from collections.abc import Iterable
from contextlib import closing
from typing import Annotated

import typer

from newsletter.app import Publication
from newsletter.cli import output
from newsletter.cli.choosing import Choice, choose
from newsletter.cli.commands.notices import post_due
from newsletter.cli.context import open_publication
from newsletter.cli.picturing import provide_pictures
from newsletter.cli.running import now, run_mailing
from newsletter.cli.scheduling import bring_in_sources, read_time, say_next, say_scheduled, send_due
from newsletter.cli.segmenting import check_chosen, say_findings, segment_findings
from newsletter.cli.signing import check_signing
from newsletter.cli.views.mailing import counts_json, say_plan, variants_json
from newsletter.delivery import (
    MailingStage,
    MailingState,
    Plan,
    Schedule,
    Transport,
    accept_older_copy,
    mailing_edition,
    make_forecast,
    open_transport,
    plan_mailing,
    refuse_late,
    refuse_older_copy,
    start_mailing,
)
from newsletter.errors import ContentError, DecisionRequired, UsageError
from newsletter.finding import Finding, Level
from newsletter.preflight import run_checks

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)

IssueArgument = Annotated[
    str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: the newest ready issue.")
]
ListOption = Annotated[str | None, typer.Option("--list", help="The list; default: the issue's own.")]
SegmentOption = Annotated[
    str | None,
    typer.Option("--segment", help="Only who is in it: a name, or a question; '' for all. Default: the issue's own."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One object on one line.")]


@app.command("plan")
def plan_issue(
    context: typer.Context,
    issue: IssueArgument = None,
    list_name: ListOption = None,
    segment: SegmentOption = None,
    again: Annotated[bool, typer.Option("--again", help="As if sent again.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Say who would get an issue, who would not and why, how long it takes and what it costs.

    Sends nothing and changes nothing, but for importing the list's source file if that has changed.

    Example: newsletter plan --list weekly
    """
    publication = open_publication(context)
    choice = choose(publication.settings, issue, list_name, drafts=True, wanted_segment=segment)
    check_signing(publication.settings, choice.list_name)
    bring_in_sources(publication, choice.list_name)
    settings = publication.settings
    check_chosen(publication, choice)
    say_findings(segment_findings(publication, choice.issue, choice.composed, choice.list_name))
    plan = _plan(publication, choice, again=again)
    if settings.delivery.transport == "ses":
        with closing(open_transport(settings)) as transport:
            expected = make_forecast(plan.counts.planned, settings, transport)
    else:
        expected = make_forecast(plan.counts.planned, settings, None)
    if is_json:
        output.print_json(
            {
                **counts_json(plan.mailing, plan.counts, moment=now(), settings=settings, expected=expected),
                **variants_json(plan),
            }
        )
    else:
        say_plan(plan, choice, settings, expected, moment=now(), on_stdout=True)


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
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; send a draft too.")] = False,
    restored: Annotated[bool, typer.Option("--restored", help="Go on with a database that is an older copy.")] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Stop with 75 when the next hop takes no more today; so does --due.")
    ] = False,
    is_json: JsonOption = False,
) -> None:
    """Send an issue to a list: to everybody who has not got it yet, and to nobody twice.

    Run it again as often as you like: it goes on where it stopped, writes to those who joined since, else sends
    nothing. Ctrl-C stops it cleanly. With the outbox nothing leaves this machine and nothing is asked; with ses or
    smtp it shows the plan and wants the number of recipients typed.

    With --segment, or segment in the issue, it goes to those of the list who are in it. Whoever has it already
    does not get it with the next segment, or with the whole list.

    When the next hop takes no more today, as Amazon SES does at its quota for 24 hours, it waits until that frees
    and goes on by itself; with --no-wait it stops, and the next `newsletter send` goes on.

    With --at, or send_at in the issue, the mailing is recorded and leaves with the first `newsletter send --due`
    from then on, once, whoever calls it: let cron or a timer do so. `newsletter send` without an issue first sends
    what is due.

    Example: newsletter send my-first-letter --list weekly --at 2026-11-23T09:00
    """
    publication = open_publication(context)
    settings = publication.settings
    if restored:
        accept_older_copy(publication.database, settings)
    else:
        refuse_older_copy(publication.database, settings)
    if due:
        if issue or list_name or at or again or segment is not None:
            raise UsageError("--due sends whatever is due. Leave out the rest")
        if not send_due(publication, yes=yes, is_restored=restored, is_json=is_json):
            say_next(publication)
        return
    wanted = read_time(at, now())
    if issue is None and wanted is None and not again:
        send_due(
            publication,
            yes=yes,
            is_restored=restored,
            is_json=is_json,
            is_quiet=is_json,
            waits_for_quota=not no_wait,
        )
    choice = choose(settings, issue, list_name, drafts=yes, wanted_segment=segment)
    is_asking = settings.delivery.transport != "outbox" and not yes
    if is_asking and not sys.stdin.isatty():
        raise DecisionRequired(f"this sends real mail through {settings.delivery.transport}. Add --yes if you mean it")
    _check(publication, choice)
    check_signing(settings, choice.list_name)
    bring_in_sources(publication, choice.list_name)
    check_chosen(publication, choice)
    _refuse(segment_findings(publication, choice.issue, choice.composed, choice.list_name), publication)
    with closing(open_transport(settings)) as transport:
        for notice in transport.notices:
            output.info(notice, style="attention")
        if is_asking:
            _ask(_plan(publication, choice, again=again), choice, publication, transport)
        plan = start_mailing(
            publication.database,
            choice.composed.edition,
            transport=transport.name,
            segment=choice.expression,
            again=again,
            schedule=Schedule(at=wanted, usually=choice.issue.send_at, before=choice.issue.send_before),
            now=now(),
        )
        _talk_of(plan, transport)
        if plan.counts.planned:
            provide_pictures(settings, mailing_edition(publication.database, plan.mailing))
        post_due(publication, transport)
        if _may_leave(plan, yes=yes, is_json=is_json):
            run_mailing(
                publication,
                plan.mailing,
                transport,
                is_json=is_json,
                is_restored=restored,
                waits_for_quota=not no_wait,
            )


def _may_leave(plan: Plan, *, yes: bool, is_json: bool) -> bool:
    """Return whether the mailing may leave now; DecisionRequired when it is cancelled, or too late."""
    mailing, moment = plan.mailing, now()
    if mailing.state is MailingState.CANCELLED:
        raise DecisionRequired(
            f"mailing {mailing.id} of '{mailing.slug}' is cancelled, so nothing was sent. "
            "'newsletter send --again' makes a new one"
        )
    if mailing.stage(moment) is MailingStage.SCHEDULED:
        if is_json:
            output.print_json(counts_json(mailing, plan.counts, moment=moment))
        else:
            say_scheduled(mailing, plan.counts.planned)
        return False
    if plan.counts.planned and not yes:
        refuse_late(mailing, moment)
    return True


def _plan(publication: Publication, choice: Choice, *, again: bool) -> Plan:
    return plan_mailing(
        publication.database,
        choice.composed.edition,
        transport=publication.settings.delivery.transport,
        segment=choice.expression,
        again=again,
        now=now(),
    )


def _check(publication: Publication, choice: Choice) -> None:
    """Refuse to send real mail that has errors; say what else was found."""
    settings = publication.settings
    _refuse(
        (*choice.issue.findings, *run_checks(choice.issue, choice.composed, settings, choice.list_name)), publication
    )


def _refuse(found: Iterable[Finding], publication: Publication) -> None:
    unique = tuple(dict.fromkeys(found))
    errors = [finding for finding in unique if finding.level is Level.ERROR]
    if errors and publication.settings.delivery.transport != "outbox":
        raise ContentError(errors)
    say_findings(unique)


def _ask(plan: Plan, choice: Choice, publication: Publication, transport: Transport) -> None:
    """Show the plan and want the number of recipients typed."""
    planned = plan.counts.planned
    expected = make_forecast(planned, publication.settings, transport)
    say_plan(plan, choice, publication.settings, expected, moment=now(), on_stdout=False)
    if not planned:
        return
    answer = typer.prompt(f"Type the number of recipients ({planned}) to send, anything else to stop", err=True)
    if answer.strip().replace(",", "") != str(planned):
        raise DecisionRequired("nothing was sent")


def _talk_of(plan: Plan, transport: Transport) -> None:
    mailing = plan.mailing
    if plan.is_changed:
        output.info(
            f"'{mailing.slug}' has changed since it was first sent. What was frozen then is what is sent; "
            "'newsletter send --again' sends the new text, to everybody",
            style="attention",
        )
    if plan.cancelled:
        output.info(f"{plan.cancelled:,} who had not got the earlier text get the new one instead")
    if not plan.counts.planned and mailing.transport != transport.name:
        output.info(
            f"it went out through '{mailing.transport}', not '{transport.name}'. "
            "'newsletter send --again' sends it once more",
            style="attention",
        )
