"""`newsletter preview`: the letter in the browser while its author writes it."""

from contextlib import closing
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.app import Publication
from newsletter.cli import output
from newsletter.cli.commands.issues import review
from newsletter.cli.context import open_publication
from newsletter.cli.external_programs import open_in_browser
from newsletter.content import Issue, read_issue, slugify
from newsletter.errors import ContentError
from newsletter.settings import Settings

if TYPE_CHECKING:
    from newsletter.web import Reviewed

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)


@app.command()
def preview(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: the newest, drafts too.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port; default: 8025, or any that is free.", min=0, max=65535)
    ] = None,
    is_quiet: Annotated[bool, typer.Option("--no-open", help="Only say where it is; open no browser.")] = False,
) -> None:
    """Show a letter in the browser, anew whenever you save.

    The page holds the inbox line, what check finds, the letter at two widths, light and dark, and its text part.
    It follows the issue, its pictures, templates and settings; what cannot be composed is said with file and line
    until it is mended. Only this machine can see it, nothing is sent, and Ctrl-C ends it.

    Example: newsletter preview my-first-letter
    """
    from newsletter.web import serve_preview  # which takes long to import

    settings = open_publication(context).settings
    slug = _slug_of(issue, settings) if issue else ""
    with closing(serve_preview(settings.root, slug, _reviewed, port=port)) as previewing:
        for opened in previewing:
            output.info(f"The preview is at {opened.url}. Ctrl-C ends it")
            if not is_quiet:
                open_in_browser(opened.url)
    output.info("The preview has ended.")


def _slug_of(issue: str, settings: Settings) -> str:
    """Return the slug of an issue that is there, even if it cannot be read: the page will say why."""
    try:
        return read_issue(settings, issue).slug.text
    except ContentError:
        path = PurePath(issue)
        return slugify(path.parent.name if path.stem == "index" else path.stem).text


def _reviewed(settings: Settings, issue: Issue) -> "Reviewed":
    from newsletter.web import Reviewed

    publication = Publication(settings)
    try:
        name, composed, findings = review(issue, publication)
    finally:
        publication.close()
    return Reviewed(list_name=name, composed=composed, findings=findings)
