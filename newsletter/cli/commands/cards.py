"""`cards`: what the author left out of link and video cards, fetched from the pages they lead to."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.content import Issue, Status, read_issue, read_issues
from newsletter.errors import ContentError, NewsletterError, UsageError
from newsletter.finding import Finding
from newsletter.link_cards import CardResult, FetchError, HttpClient, fill_cards, make_card
from newsletter.settings import Settings

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)
cards = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Fill link and video cards from the pages they lead to.",
)
app.add_typer(cards, name="cards")

AllowOption = Annotated[
    list[str] | None,
    typer.Option("--allow-private", metavar="HOST", help="A host of your own network that may be fetched from."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One card a line, as JSON.")]


@cards.callback()
def _group() -> None:
    """Fill link and video cards from the pages they lead to."""


@cards.command("fetch")
def fetch(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: every draft.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what stands there, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fetch and show; write nothing.")] = False,
    allow_private: AllowOption = None,
    is_json: JsonOption = False,
) -> None:
    """Fetch title, words and picture for each card that lacks them, and write them into the issue.

    Looks at every `::: card` and `::: video` box. What you wrote stays as it is; pictures are put beside the
    issue, as small copies. Only public addresses are fetched from. A page that is not there is named, and the
    other cards are filled all the same. This is the only command that fetches from the web: composing never does.

    Example: newsletter cards fetch my-first-letter
    """
    settings = open_publication(context).settings
    web = HttpClient(allowed=allow_private or ())
    troubles: list[Finding] = []
    changed = looked_at = 0
    for one in _issues(settings, issue):
        try:
            for card in fill_cards(settings, one, web, is_forced=force, is_dry_run=dry_run):
                looked_at += 1
                changed += bool(card.fields) and not card.paste
                _show(card, settings, is_json=is_json)
                troubles += [card.finding] if card.finding is not None else []
        except ContentError as refusal:
            troubles += refusal.findings
    done = "would be filled" if dry_run else "filled"
    output.info(
        f"{output.pluralise(changed, 'card')} {done}, {looked_at} lacked something."
        if looked_at
        else "no card lacks anything.",
        style="quiet",
    )
    if troubles:
        raise ContentError(troubles)


@cards.command("add")
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the card leads.")],
    into: Annotated[
        str | None, typer.Option("--into", metavar="ISSUE", help="Put the picture beside this issue.")
    ] = None,
    allow_private: AllowOption = None,
) -> None:
    """Make a card for a page and print it, to be pasted where it belongs.

    With --into its picture is put beside that issue; nothing that is there is touched.

    Example: newsletter cards add https://example.com/lamps --into my-first-letter
    """
    settings = open_publication(context).settings
    issue = read_issue(settings, into) if into is not None else None
    folder = issue.folder if issue is not None else None
    stem = f"{issue.slug}-" if issue is not None and folder == settings.issues else ""
    try:
        box, picture, clipping = make_card(url, folder, HttpClient(allowed=allow_private or ()), stem=stem)
    except FetchError as fault:
        raise NewsletterError(f"no card for {url[:100]}: {fault}") from fault
    output.print_result(box)
    for trouble in clipping.troubles:
        output.info(trouble, style="attention")
    if picture is not None:
        output.info(f"its picture is {_path(picture, settings)}", style="quiet")


def _issues(settings: Settings, slug: str | None) -> list[Issue]:
    if slug is not None:
        return [read_issue(settings, slug)]
    drafts = [issue for issue in read_issues(settings).issues if issue.status is Status.DRAFT]
    if not drafts:
        raise UsageError("no issue is a draft. Name one: newsletter cards fetch ISSUE")
    return drafts


def _show(card: CardResult, settings: Settings, *, is_json: bool) -> None:
    picture = None if card.picture is None else _path(card.picture, settings)
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
        output.info(f"{card.file}:{card.line}: nothing can be written here safely. Paste this:", style="attention")
        output.print_result(card.paste)
    elif card.fields:
        output.print_result(f"{card.file}:{card.line}: {', '.join(card.fields)}{f' ({picture})' if picture else ''}")
        for name, value in card.fields.items():
            output.info(f"  {name}: {value}", style="quiet")


def _path(path: Path, settings: Settings) -> str:
    return path.relative_to(settings.root).as_posix() if path.is_relative_to(settings.root) else str(path)
