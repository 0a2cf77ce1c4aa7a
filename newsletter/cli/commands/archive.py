"""`archive`: the static site of issues and approved comments."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from newsletter.archive import Site, Written, build_site, publish_site, write_site
from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.compose import record_archive_build
from newsletter.errors import ContentError, UsageError
from newsletter.settings import Settings

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)
archive = typer.Typer(
    no_args_is_help=True, rich_markup_mode="markdown", help="Build the static site of issues and their comments."
)
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
    is_json: Annotated[bool, typer.Option("--json", help="Say the result as one JSON object.")] = False,
) -> None:
    """Build the site from every ready issue dated up to now, with its approved comments.

    Needs no database and no network. What an earlier build wrote is renewed or removed, all else in the folder
    stays. An issue that cannot be read is named and left out.

    Example: newsletter archive build --out public
    """
    settings = open_publication(context).settings
    folder = _checked(out or settings.var / "archive", settings)
    site = _built(settings)
    written = write_site(site.files, folder)
    record_archive_build(settings, site.files)
    _say(site, written, str(folder), str(folder / "index.html"), is_json=is_json)


@archive.command("publish")
def publish(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Say the result as one JSON object.")] = False,
) -> None:
    """Build the site and put it into the bucket of `[archive] store`.

    Only what changed is uploaded, pictures before the pages that show them. What an earlier publish put there is
    renewed or removed, all else in the bucket stays. Killed at any moment, the next publish ends what it began.

    Example: newsletter archive publish --dry-run
    """
    settings = open_publication(context).settings
    site = _built(settings)
    written = publish_site(settings, site.files, is_rehearsal=dry_run)
    if not dry_run:
        record_archive_build(settings, site.files)
    place = f"s3://{settings.archive.bucket}/{settings.archive.prefix}"
    _say(site, written, place, settings.archive.url or place, is_json=is_json)


def _built(settings: Settings) -> Site:
    site = build_site(settings, now=datetime.now(UTC))
    if not site.issues and site.findings:
        raise ContentError(site.findings)
    for finding in site.findings:
        output.error(str(finding))
    return site


def _say(site: Site, written: Written, place: str, front: str, *, is_json: bool) -> None:
    if is_json:
        output.print_json(
            {
                "folder": place,
                "issues": site.issues,
                "changed": len(written.changed),
                "unchanged": len(written.unchanged),
                "removed": len(written.removed),
                "findings": [str(finding) for finding in site.findings],
            }
        )
        return
    output.print_result(front)
    changes = f"{len(written.changed)} written, {len(written.unchanged)} as before, {len(written.removed)} removed"
    output.info(f"{output.pluralise(site.issues, 'issue')} in the archive: {changes}.")


def _checked(out: Path, settings: Settings) -> Path:
    """Return where the site may go; UsageError where it would mix with the author's own files."""
    there, root = out.resolve(), settings.root
    own = (settings.issues, settings.templates, root / "subscribers")
    if (
        there in {root, settings.var.resolve()}
        or root.is_relative_to(there)
        or any(there.is_relative_to(folder) for folder in own)
    ):
        raise UsageError(f"{out} holds your own files. Name another folder, such as --out public")
    return out
