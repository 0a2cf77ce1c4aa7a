"""`newsletter notices`: mail to one person, such as an answer: what is due, what left, what is in doubt."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from newsletter.app import Publication
from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.delivery import (
    DeliveryStatus,
    Notice,
    SentNotices,
    Transport,
    list_notices,
    open_transport,
    plan_welcome_series,
    resolve_notice,
    send_due_notices,
)
from newsletter.errors import NewsletterError, UsageError

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)
notices = typer.Typer(no_args_is_help=True, help="Mail to one person: answers, and word on what became of theirs.")
app.add_typer(notices, name="notices")

JsonOption = Annotated[bool, typer.Option("--json", help="One compact JSON object a line.")]


@notices.command("list")
def show_notices(
    context: typer.Context,
    status: Annotated[
        str | None, typer.Option(help="planned, submitted, failed or uncertain; default: all of them.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the notices, oldest first, and where each stands.

    Example: newsletter notices list --status uncertain
    """
    publication = open_publication(context)
    if status is not None and status not in list(DeliveryStatus):
        raise UsageError(f"unknown status '{status}'. Known: planned, submitted, failed, uncertain")
    found = list_notices(publication.database, DeliveryStatus(status) if status else None)
    if as_json:
        for notice in found:
            output.print_json(notice_json(notice))
        return
    if not found:
        output.info("No notices.")
        return
    headings = ("id", "kind", "about", "to", "status", "reason")
    output.print_table(
        headings,
        [
            (str(notice.id), notice.kind, notice.about, notice.recipient, notice.status, notice.reason)
            for notice in found
        ],
        numbers=(0,),
    )


@notices.command("send")
def send_notices(context: typer.Context, as_json: JsonOption = False) -> None:
    """Post the notices that are due, each once.

    `newsletter send` and `newsletter replies fetch` do so too. One that the next hop puts off is tried again by a
    later run; one of which nobody knows whether it was taken waits for `newsletter notices resolve`.

    Example: newsletter notices send
    """
    publication = open_publication(context)
    with closing(open_transport(publication.settings)) as transport:
        posted = post(publication, transport)
    if as_json:
        output.print_json(
            {
                "submitted": len(posted.submitted),
                "failed": sum(n.status is DeliveryStatus.FAILED for n in posted.problems),
                "uncertain": sum(n.status is DeliveryStatus.UNCERTAIN for n in posted.problems),
                "put_off": posted.deferred,
            }
        )
    else:
        output.print_result(f"{output.pluralise(len(posted.submitted), 'notice')} submitted.")
    if posted.stopped_by is not None:
        raise posted.stopped_by


@notices.command("resolve")
def settle_notice(
    context: typer.Context,
    notice_id: Annotated[int, typer.Argument(metavar="ID", show_default=False, help="The notice's number.")],
    resend: Annotated[bool, typer.Option("--resend", help="Post it again; it may arrive twice.")] = False,
    skip: Annotated[bool, typer.Option("--skip", help="Leave it; it may never arrive.")] = False,
) -> None:
    """Settle a notice of which nobody knows whether it was taken, or try one again that failed.

    Example: newsletter notices resolve 7 --resend
    """
    if resend == skip:
        raise UsageError("say one of --resend and --skip")
    publication = open_publication(context)
    notice = resolve_notice(publication.database, notice_id, resend=resend, now=datetime.now(UTC))
    output.print_result(f"{notice.id}  {notice.status}")
    if resend:
        output.info(f"Post it: {output.command_line('notices send')}")


def post(publication: Publication, transport: Transport) -> SentNotices:
    """Post what is due, and name what is in trouble."""
    _plan_series(publication)
    posted = send_due_notices(
        publication.database, publication.keyring, publication.settings, transport, clock=lambda: datetime.now(UTC)
    )
    for notice in posted.problems:
        output.info(f"notice {notice.id} to {notice.recipient} is {notice.status}: {notice.reason}", "attention")
        if notice.status is DeliveryStatus.UNCERTAIN:
            output.info(f"Settle it: {output.command_line(f'notices resolve {notice.id}')}")
    return posted


def post_due(publication: Publication, transport: Transport | None = None) -> None:
    """Post what is due besides other work: nothing that goes wrong ends that work."""
    _plan_series(publication)
    if not any(notice.status is not DeliveryStatus.FAILED for notice in _unsettled(publication)):
        return
    try:
        if transport is not None:
            posted = post(publication, transport)
        else:
            with closing(open_transport(publication.settings)) as opened:
                posted = post(publication, opened)
    except NewsletterError as error:
        output.info(f"notices wait: {error}", "attention")
        return
    if posted.submitted:
        output.info(f"{output.pluralise(len(posted.submitted), 'notice')} submitted.")
    if posted.stopped_by is not None:
        output.info(f"{posted.stopped_by}. What is due stays due: {output.command_line('notices send')}", "attention")


def _plan_series(publication: Publication) -> None:
    """Plan the letters of the welcome series that are due, and name what is wrong with others."""
    for finding in plan_welcome_series(publication.database, publication.settings, datetime.now(UTC)).findings:
        output.info(str(finding), "attention")


def _unsettled(publication: Publication) -> tuple[Notice, ...]:
    planned = list_notices(publication.database, DeliveryStatus.PLANNED)
    return (*planned, *list_notices(publication.database, DeliveryStatus.CLAIMED))


def notice_json(notice: Notice) -> dict[str, object]:
    """Return a notice for machines."""
    return {
        "id": notice.id,
        "kind": notice.kind,
        "about": notice.about,
        "to": notice.recipient,
        "subject": notice.subject,
        "status": notice.status,
        "reason": notice.reason,
        "created": notice.created_at.isoformat(timespec="seconds") if notice.created_at else None,
    }
