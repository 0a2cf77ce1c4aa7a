"""`newsletter subscribers export`: a list as a file, with all that an import needs to read it back."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer

from newsletter import audience as station
from newsletter.app import Publication
from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.cli.options import ListOption


class ExportFormat(StrEnum):
    """As what a list is written."""

    CSV = "csv"
    JSONL = "jsonl"


def export_list(
    context: typer.Context,
    list_name: ListOption,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: stdout.")] = None,
    format: Annotated[
        ExportFormat | None,
        typer.Option(help="csv for spreadsheets, jsonl with every consent. Default: by FILE's name."),
    ] = None,
) -> None:
    """Write a list as a CSV or JSON Lines file: everybody's state, fields, tags and consent.

    Imported again it changes nobody's mind: the ended come back as ended, the suppressed as suppressed.
    In CSV, cells that a spreadsheet would take for a formula get an apostrophe, which import takes off again.
    JSON Lines hold every line of consent, and the suppressed whom no record tells as hashes, which only this
    publication's key can read.

    Example: newsletter subscribers export --list weekly --out weekly.jsonl
    """
    publication = open_publication(context)
    publication.settings.list_named(list_name)
    is_json = format is ExportFormat.JSONL or (format is None and out is not None and out.suffix == ".jsonl")
    if out is None:
        _write(publication, list_name, sys.stdout, is_json=is_json)
        return
    draft = out.with_name(f".{out.name}.part")
    with draft.open("w", encoding="utf-8", newline="") as file:
        draft.chmod(0o600)
        number = _write(publication, list_name, file, is_json=is_json)
    draft.replace(out)
    output.info(f"{output.pluralise(number, 'person', 'people')} in {out}. It holds addresses: keep it private")


def _write(publication: Publication, list_name: str, out: TextIO, *, is_json: bool) -> int:
    if is_json:
        return station.export_json(publication.database, publication.keyring, list_name, out)
    return station.export_csv(publication.database, list_name, out)
