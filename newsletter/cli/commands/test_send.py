"""`newsletter test-send`: a letter to oneself first."""

from contextlib import closing
from typing import Annotated

import typer

from newsletter.address import Address
from newsletter.audience import ensure_lists
from newsletter.cli.choosing import choose
from newsletter.cli.commands.send import JsonOption, ListOption
from newsletter.cli.context import open_publication
from newsletter.cli.picturing import provide_pictures
from newsletter.cli.running import now, run_mailing
from newsletter.cli.segmenting import variant_for
from newsletter.cli.signing import check_signing
from newsletter.delivery import open_transport, start_test_mailing
from newsletter.errors import UsageError

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)


@app.command("test-send")
def send_test(
    context: typer.Context,
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="The issue's slug; a draft will do.")],
    to: Annotated[list[str], typer.Option("--to", help="An address; may be given several times.")],
    list_name: ListOption = None,
    segment: Annotated[
        list[str] | None,
        typer.Option("--segment", help="As who is in it reads it, where the issue has parts; may be repeated."),
    ] = None,
    is_json: JsonOption = False,
) -> None:
    """Send an issue to a few addresses of your own, to see it as readers will.

    The subject begins with "[Test]". It goes through the transport of newsletter.toml and never counts as sent;
    merge tags show their defaults. Of an issue with parts for some readers, it is the letter of those who are in
    each --segment, and in no other.

    Example: newsletter test-send my-first-letter --to me@example.com
    """
    publication = open_publication(context)
    addresses = [_address(text) for text in dict.fromkeys(to)]
    choice = choose(publication.settings, issue, list_name, drafts=True, wanted_segment="")
    variant = variant_for(choice.composed, segment or [], publication.settings)
    check_signing(publication.settings, choice.list_name)
    ensure_lists(publication.database, publication.settings.lists)
    provide_pictures(publication.settings, choice.composed.edition, is_test=True)
    with closing(open_transport(publication.settings)) as transport:
        mailing = start_test_mailing(
            publication.database,
            choice.composed.edition,
            addresses,
            transport=transport.name,
            variant=variant,
            now=now(),
        )
        run_mailing(publication, mailing, transport, is_json=is_json)


def _address(text: str) -> str:
    try:
        return str(Address.parse(text))
    except ValueError as error:
        raise UsageError(f"--to {text}: {error}") from error
