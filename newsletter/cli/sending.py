"""`newsletter plan`, `test-send`, `send`, `status`, `resolve`: a letter on its way to everybody."""

import sys
from contextlib import closing
from typing import Annotated

import typer

from newsletter.address import Address
from newsletter.audience import ensure_lists, import_sources
from newsletter.cli import terminal
from newsletter.cli.choosing import Choice, choose
from newsletter.cli.publication import Publication, open_publication
from newsletter.cli.running import name_troubles, now, run_mailing
from newsletter.cli.standing import counts_json, say_plan, say_status, say_troubles
from newsletter.delivery import (
    DeliveryStatus,
    Plan,
    Transport,
    find_mailing,
    issue_status,
    list_troubles,
    mailed_slugs,
    open_transport,
    plan_mailing,
    resolve,
    start_mailing,
    start_test,
)
from newsletter.errors import AskPerson, EditFile, WrongUse
from newsletter.finding import Level
from newsletter.preflight import check
from newsletter.writing import read_issue

app = typer.Typer()

IssueArgument = Annotated[
    str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: the newest ready issue.")
]
ListOption = Annotated[str | None, typer.Option("--list", help="The list; default: the issue's own.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One object on one line.")]


@app.command("plan")
def plan_issue(
    context: typer.Context,
    issue: IssueArgument = None,
    list_name: ListOption = None,
    again: Annotated[bool, typer.Option("--again", help="As if sent again.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Say who would get an issue, who would not and why, how long it takes and what it costs.

    Sends nothing and changes nothing, but for importing the list's source file if that has changed.

    Example: newsletter plan --list weekly
    """
    publication = open_publication(context)
    choice = choose(publication.settings, issue, list_name, drafts=True)
    _import_sources(publication, choice.list_name)
    rate = publication.settings.delivery.rate
    if publication.settings.delivery.transport == "ses":
        with closing(open_transport(publication.settings)) as transport:
            rate = min(filter(None, (rate, transport.rate)), default=None)
    plan = _plan(publication, choice, again=again)
    if is_json:
        terminal.say_json(counts_json(plan.mailing, plan.counts, publication.settings, rate=rate, is_plan=True))
    else:
        say_plan(plan, choice, publication.settings, rate, on_stdout=True)


@app.command("test-send")
def send_test(
    context: typer.Context,
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="The issue's slug; a draft will do.")],
    to: Annotated[list[str], typer.Option("--to", help="An address; may be given several times.")],
    list_name: ListOption = None,
    is_json: JsonOption = False,
) -> None:
    """Send an issue to a few addresses of your own, to see it as readers will.

    The subject begins with "[Test]". It goes through the transport of newsletter.toml and never counts as sent;
    merge tags show their defaults.

    Example: newsletter test-send my-first-letter --to me@example.com
    """
    publication = open_publication(context)
    addresses = [_address(text) for text in dict.fromkeys(to)]
    choice = choose(publication.settings, issue, list_name, drafts=True)
    ensure_lists(publication.database, publication.settings.lists)
    with closing(open_transport(publication.settings)) as transport:
        mailing = start_test(
            publication.database, choice.composed.edition, addresses, transport=transport.name, now=now()
        )
        run_mailing(publication, mailing, transport, is_json=is_json)


@app.command("send")
def send_issue(
    context: typer.Context,
    issue: IssueArgument = None,
    list_name: ListOption = None,
    again: Annotated[bool, typer.Option("--again", help="Send it once more, to everybody, as it is now.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; send a draft too.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Send an issue to a list: to everybody who has not got it yet, and to nobody twice.

    Run it again as often as you like: it goes on where it stopped, writes to those who joined since, else sends
    nothing. Ctrl-C stops it cleanly. With the outbox nothing leaves this machine and nothing is asked; with ses or
    smtp it shows the plan and wants the number of recipients typed.

    Example: newsletter send my-first-letter --list weekly
    """
    publication = open_publication(context)
    settings = publication.settings
    choice = choose(settings, issue, list_name, drafts=yes)
    is_asking = settings.delivery.transport != "outbox" and not yes
    if is_asking and not sys.stdin.isatty():
        raise AskPerson(f"this sends real mail through {settings.delivery.transport}. Add --yes if you mean it")
    _check(publication, choice)
    _import_sources(publication, choice.list_name)
    with closing(open_transport(settings)) as transport:
        for notice in transport.notices:
            terminal.talk(notice, style="attention")
        if is_asking:
            _ask(_plan(publication, choice, again=again), choice, publication, transport)
        plan = start_mailing(
            publication.database, choice.composed.edition, transport=transport.name, again=again, now=now()
        )
        _talk_of(plan, transport)
        run_mailing(publication, plan.mailing, transport, is_json=is_json)


@app.command("status")
def status(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: every issue sent.")
    ] = None,
    is_json: JsonOption = False,
) -> None:
    """Say where everybody is: who was mailed, who is still to be, who not and why. From the ledger alone.

    Without an issue, one line for each issue that has a mailing, the newest first.

    Example: newsletter status my-first-letter --json
    """
    publication = open_publication(context)
    slugs = mailed_slugs(publication.database)
    if issue is not None:
        slugs = (issue if issue in slugs else read_issue(publication.settings, issue).slug.text,)
    found = [issue_status(publication.database, slug) for slug in slugs]
    say_status(found, is_json=is_json, is_one=issue is not None)
    if issue is not None and not is_json:
        for mailing, counts in found[0].mailings:
            name_troubles(publication, mailing, counts)


@app.command("resolve")
def resolve_mailing(
    context: typer.Context,
    mailing: Annotated[str, typer.Argument(metavar="MAILING", help="The mailing's number, or its issue's slug.")],
    resend: Annotated[bool, typer.Option("--resend", help="Send to them again; some may get it twice.")] = False,
    skip: Annotated[bool, typer.Option("--skip", help="Leave them; some may never get it.")] = False,
) -> None:
    """Settle the deliveries of a mailing of which nobody knows whether they were taken.

    Without an option it names them and changes nothing. After --resend, `newsletter send` sends to them.

    Example: newsletter resolve my-first-letter --resend
    """
    if resend and skip:
        raise WrongUse("--resend and --skip say opposite things. Give one of them")
    publication = open_publication(context)
    found = find_mailing(publication.database, mailing)
    if not resend and not skip:
        doubts = list_troubles(publication.database, found, DeliveryStatus.UNCERTAIN)
        say_troubles(doubts)
        if doubts:
            raise AskPerson(f"{len(doubts)} may have been taken or not. Say --resend or --skip")
        terminal.talk(f"nothing is uncertain in mailing {found.id}")
        return
    number = resolve(publication.database, found, resend=resend, now=now())
    terminal.say(f"{terminal.count(number, 'delivery', 'deliveries')} settled")
    if resend and number:
        terminal.talk(f"Send them: {terminal.command(f'send {found.slug} --list {found.list_name}')}")


def _plan(publication: Publication, choice: Choice, *, again: bool) -> Plan:
    return plan_mailing(
        publication.database,
        choice.composed.edition,
        transport=publication.settings.delivery.transport,
        again=again,
        now=now(),
    )


def _check(publication: Publication, choice: Choice) -> None:
    """Refuse to send real mail that has errors; say what else was found."""
    settings = publication.settings
    found = (*choice.issue.findings, *check(choice.issue, choice.composed, settings, choice.list_name))
    errors = [finding for finding in dict.fromkeys(found) if finding.level is Level.ERROR]
    if errors and settings.delivery.transport != "outbox":
        raise EditFile(errors)
    for finding in dict.fromkeys(found):
        if finding.level is not Level.NOTICE:
            terminal.talk(f"{finding.level}: {finding}", style="attention")


def _ask(plan: Plan, choice: Choice, publication: Publication, transport: Transport) -> None:
    """Show the plan and want the number of recipients typed."""
    rate = min(filter(None, (publication.settings.delivery.rate, transport.rate)), default=None)
    say_plan(plan, choice, publication.settings, rate, on_stdout=False)
    planned = plan.counts.planned
    if not planned:
        return
    answer = typer.prompt(f"Type the number of recipients ({planned}) to send, anything else to stop", err=True)
    if answer.strip().replace(",", "") != str(planned):
        raise AskPerson("nothing was sent")


def _talk_of(plan: Plan, transport: Transport) -> None:
    mailing = plan.mailing
    if plan.is_changed:
        terminal.talk(
            f"'{mailing.slug}' has changed since it was first sent. What was frozen then is what is sent; "
            "'newsletter send --again' sends the new text, to everybody",
            style="attention",
        )
    if plan.cancelled:
        terminal.talk(f"{plan.cancelled:,} who had not got the earlier text get the new one instead")
    if not plan.counts.planned and mailing.transport != transport.name:
        terminal.talk(
            f"it went out through '{mailing.transport}', not '{transport.name}'. "
            "'newsletter send --again' sends it once more",
            style="attention",
        )


def _import_sources(publication: Publication, list_name: str) -> None:
    ensure_lists(publication.database, publication.settings.lists)
    report = import_sources(publication.database, publication.keyring, publication.settings, list_name, now=now())
    for finding in () if report is None else report.findings:
        terminal.talk(str(finding), style="attention")


def _address(text: str) -> str:
    try:
        return str(Address.parse(text))
    except ValueError as error:
        raise WrongUse(f"--to {text}: {error}") from error
