"""The publication that a command works on."""

from pathlib import Path

import typer

from newsletter.app import Publication


def open_publication(context: typer.Context) -> Publication:
    """Open the publication that --publication names, or the nearest one above the current folder."""
    folder: Path | None = context.obj
    return Publication.open(folder)
