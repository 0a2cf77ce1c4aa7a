"""`newsletter suppressions import` and `export`: who is not to be mailed, from a file and into one."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from newsletter import audience as station
from newsletter.audience import SuppressionReason
from newsletter.cli import output
from newsletter.cli.context import open_publication

_NAMED_AT_MOST = 20


def import_suppressed(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    reason: Annotated[
        SuppressionReason, typer.Option(help="Why, where the file does not say.")
    ] = SuppressionReason.MANUAL,
) -> None:
    """Never mail the addresses of a file again: a table, a bare list of them, or an export of ours.

    It may be repeated; who is suppressed already keeps the first reason.

    Example: newsletter suppressions import bounces.csv --reason bounced
    """
    publication = open_publication(context)
    added = known = said = 0
    for batch in station.import_suppressions(
        publication.database, publication.keyring, file, reason, now=datetime.now(UTC)
    ):
        added, known = added + batch.added, known + batch.known
        for finding in batch.findings[: max(_NAMED_AT_MOST - said, 0)]:
            output.info(str(finding), "attention")
        said += len(batch.findings)
    output.print_result(f"{output.pluralise(added, 'address', 'addresses')} suppressed, {known:,} were already")
    if said:
        output.info(f"{output.pluralise(said, 'line')} could not be read", "attention")
    if said and not added and not known:
        raise typer.Exit(1)


def export_suppressed(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: stdout.")] = None,
) -> None:
    """Write every suppression as JSON Lines: a hash, the reason, the day, the origin, and no address.

    Only a publication with the same var/secret.key can read the hashes back.

    Example: newsletter suppressions export --out suppressed.jsonl
    """
    publication = open_publication(context)
    if out is None:
        station.export_suppressions(publication.database, publication.keyring, sys.stdout)
        return
    with out.open("w", encoding="utf-8", newline="") as file:
        out.chmod(0o600)
        number = station.export_suppressions(publication.database, publication.keyring, file)
    output.info(f"{output.pluralise(number, 'suppression')} in {out}")
