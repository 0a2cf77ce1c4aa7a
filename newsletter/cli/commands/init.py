"""`init` and `new`: where a publication and an issue begin."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.content import create_draft, create_publication

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)


@app.command("init")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An empty folder, or one to be made.")],
) -> None:
    """Make a new publication that is ready to send.

    It begins as a working sample: issues, templates, and a list of 25 fictional readers. Nothing that is
    already in the folder is changed, and nothing is left half done. No mail leaves this machine until you
    choose a transport.

    Example: newsletter init letters
    """
    made = create_publication(folder)
    output.print_result(str(folder / "newsletter.toml"))
    issues = sum(1 for path in made if path.parts[0] == "issues" and path.name == "index.md")
    output.info(f"A publication with {output.pluralise(issues, 'sample issue')} is in {folder.resolve()}. Next:")
    steps = [
        ("newsletter send", "send the newest issue to the sample list; it stays in var/outbox"),
        ("newsletter outbox open", "read a letter"),
        ("newsletter new 'A title'", "start an issue of your own"),
        ("newsletter.toml", "your title, your address, your lists"),
    ]
    if folder.resolve() != Path.cwd():
        steps.insert(0, (f"cd {folder}", ""))
    for step, meaning in steps:
        output.info(output.styled("  ", (f"{step:<26}", "bold"), meaning))


@app.command("new")
def new(
    context: typer.Context,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The headline; the file's name is made from it.")],
) -> None:
    """Start an issue as a draft.

    Writes issues/SLUG/index.md with today's date; pictures go beside it. An issue that is there is never
    touched.

    Example: newsletter new "What the harbour keeps"
    """
    settings = open_publication(context).settings
    path = create_draft(settings, title, now=datetime.now().astimezone())
    slug = path.parent.name
    output.print_result(str(path.relative_to(settings.root)))
    output.info(f"Write, then 'newsletter check {slug}'. 'status: ready' lets it go out.")
