"""`newsletter archive`: the static site of issues and approved comments."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import archive as use_cases
from newsletter.cli import output
from newsletter.cli.context import new_commands, new_group, open_publication

app = new_commands()
archive = new_group("Build the static site of issues and their comments.")
app.add_typer(archive, name="archive")


@archive.callback()
def _group() -> None:
    """Build the static site of issues and their comments."""


@archive.command("build")
def build(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the site goes; default: var/archive.")
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on one line.")] = False,
) -> None:
    """Build the site from every ready issue dated up to now, with its approved comments.

    It needs no database and no network. It updates or removes what an earlier build wrote, and leaves everything
    else in the folder as it is. An issue that cannot be read is named and left out.

    Example: newsletter archive build --out public
    """
    _show(use_cases.build_archive(open_publication(context), out), is_json=is_json)


@archive.command("publish")
def publish(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on one line.")] = False,
) -> None:
    """Build the site and upload it to the bucket of `[archive] store`.

    It uploads only what changed, pictures before the pages that show them. It updates or removes what an earlier
    publish put there, and leaves everything else in the bucket as it is. If it is killed, run it again to finish.

    Example: newsletter archive publish --dry-run
    """
    _show(use_cases.publish_archive(open_publication(context), is_dry_run=dry_run), is_json=is_json)


def _show(result: use_cases.ArchiveResult, *, is_json: bool) -> None:
    for finding in result.findings:
        output.error(str(finding))
    if is_json:
        output.print_json(
            {
                "folder": result.location,
                "issues": result.issues,
                "changed": result.changed,
                "unchanged": result.unchanged,
                "removed": result.removed,
                "findings": [str(finding) for finding in result.findings],
            }
        )
        return
    output.print_result(result.front_page)
    changes = f"{result.changed} written, {result.unchanged} unchanged, {result.removed} removed"
    output.info(f"{output.pluralise(result.issues, 'issue')} in the archive: {changes}.")
