"""`newsletter cards`: what the author left out of link and video cards, fetched from the pages they link to."""

from typing import Annotated

import typer

from newsletter.app import link_cards
from newsletter.cli import output
from newsletter.cli.context import new_commands, new_group, open_publication, relative_path
from newsletter.errors import ContentError
from newsletter.finding import Finding
from newsletter.link_cards import CardResult

app = new_commands()
cards = new_group("Fill link and video cards from the pages they link to.")
app.add_typer(cards, name="cards")

AllowOption = Annotated[
    list[str] | None,
    typer.Option("--allow-private", metavar="HOST", help="A host in your own network that may be fetched from."),
]


@cards.callback()
def _group() -> None:
    """Fill link and video cards from the pages they link to."""


@cards.command("fetch")
def fetch(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: every draft.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing fields too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fetch and show; write nothing.")] = False,
    allow_private: AllowOption = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print one card a line, as JSON.")] = False,
) -> None:
    """Fetch the title, text and picture that cards lack, and write them into the issue.

    It looks at every `::: card` and `::: video` block. What you wrote stays as it is, and small copies of pictures
    are put beside the issue. It fetches from public addresses only. A page that cannot be fetched is named, and the
    other cards are filled all the same. This is the only command that fetches from the web: composing never does.

    Example: newsletter cards fetch my-first-letter
    """
    publication = open_publication(context)
    problems: list[Finding] = []
    filled = looked_at = 0
    for result in link_cards.fetch_cards(
        publication, issue, replaces=force, is_dry_run=dry_run, allowed_hosts=allow_private or ()
    ):
        if isinstance(result, Finding):
            problems.append(result)
            continue
        looked_at += 1
        filled += bool(result.fields) and not result.paste
        picture = None if result.picture is None else relative_path(result.picture, publication)
        _show(result, picture, is_json=is_json)
    verb = "would be filled" if dry_run else "filled"
    output.info(
        f"{output.pluralise(filled, 'card')} {verb}, {looked_at} lacked something."
        if looked_at
        else "no card lacks anything.",
        style="quiet",
    )
    if problems:
        raise ContentError(problems)


@cards.command("add")
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The page that the card links to.")],
    into: Annotated[
        str | None, typer.Option("--into", metavar="ISSUE", help="Put the picture beside this issue.")
    ] = None,
    allow_private: AllowOption = None,
) -> None:
    """Make a card for a page and print it, to be pasted into an issue.

    With --into, its picture is put beside that issue; existing files are not changed.

    Example: newsletter cards add https://example.com/lamps --into my-first-letter
    """
    publication = open_publication(context)
    card = link_cards.make_card(publication, url, into, allowed_hosts=allow_private or ())
    output.print_result(card.markdown)
    for warning in card.warnings:
        output.warn(warning)
    if card.picture is not None:
        output.info(f"its picture is {relative_path(card.picture, publication)}", style="quiet")


def _show(card: CardResult, picture: str | None, *, is_json: bool) -> None:
    if is_json:
        output.print_json(
            {
                "file": card.file,
                "line": card.line,
                "url": card.url,
                "fields": dict(card.fields),
                "picture": picture,
                "paste": card.paste or None,
                "problem": None if card.finding is None else card.finding.message,
            }
        )
    elif card.paste:
        output.warn(f"{card.file}:{card.line}: this cannot be written into the file safely. Paste it yourself:")
        output.print_result(card.paste)
    elif card.fields:
        output.print_result(f"{card.file}:{card.line}: {', '.join(card.fields)}{f' ({picture})' if picture else ''}")
        for name, value in card.fields.items():
            output.info(f"  {name}: {value}", style="quiet")
