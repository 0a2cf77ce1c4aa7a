"""`newsletter subscribers import`: people from a file onto a list."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from newsletter import audience as station
from newsletter.app import Publication
from newsletter.audience import ImportFile, ImportReport, RejectedRows, RowStatus
from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.cli.options import DryRunOption, JsonOption, ListOption
from newsletter.errors import UsageError

NAMED_AT_MOST = 20


def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV, JSON Lines or ZIP file.", show_default=False)],
    list_name: ListOption,
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="What a column is: email, name, status, tags, a field, or - for nothing.",
        ),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Its encoding, if it is guessed wrong.")] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where rows go that cannot be read. [default: below var/imports]"),
    ] = None,
    is_dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Bring people from a file onto a list.

    The exports of Mailchimp, Substack, Ghost, Buttondown, listmonk, Kit, beehiiv and Mailcoach are known by
    their columns, and so is our own; of any other file the columns email, first_name and last_name are known by
    many names, and each further one becomes a field. Rows are confirmed, with the file and line as proof, unless
    they say otherwise. It may be repeated: whoever left, bounced, complained or was erased stays out. A row
    that cannot be read is written to a file with the reason, and the rest comes in.

    Example: newsletter subscribers import people.csv --list weekly --map "Town=city" --dry-run
    """
    publication = open_publication(context)
    publication.settings.list_named(list_name)
    mapping = _mapping(maps or ())
    kept = rejects or publication.settings.var / "imports" / f"{file.stem}.rejected.csv"
    total: ImportReport | None = None
    with station.open_import_files(file, encoding=encoding, mapping=mapping) as sheets, RejectedRows(kept) as rejected:
        for sheet in sheets:
            _say_what_it_is(sheet)
            report = _bring(publication, sheet, list_name, rejected, is_dry_run=is_dry_run, as_json=as_json)
            total = total.merged(report) if total else report
    if total is None:
        return
    if as_json:
        output.print_json({
            "dry_run": is_dry_run,
            **_report_json(total),
            "format": sheets[0].format.name if sheets[0].format else None,
            "rejects": str(kept) if rejected.count else None,
        })  # fmt: skip
    else:
        _say_report(total, is_dry_run)
    if rejected.count:
        rows = output.pluralise(rejected.count, "row")
        output.info(f"{rows} with the reasons: {os.path.relpath(kept)}. Mend and import that file", "attention")
    if total.rows and total.count(RowStatus.REJECTED) == total.rows:
        raise typer.Exit(1)


def _bring(
    publication: Publication,
    sheet: ImportFile,
    list_name: str,
    rejected: RejectedRows,
    *,
    is_dry_run: bool,
    as_json: bool,
) -> ImportReport:
    """Import one sheet, saying how far it is."""
    total: ImportReport | None = None
    said = 0
    with output.stderr().status(f"{sheet.name} ...") as status:
        for report in station.import_file(
            publication.database,
            publication.keyring,
            sheet,
            list_name,
            now=datetime.now(UTC),
            dry_run=is_dry_run,
            kinds=publication.settings.fields,
        ):
            rejected.note(sheet, report.findings)
            for finding in report.findings[: max(NAMED_AT_MOST - said, 0)]:
                status.console.print(Text(str(finding), style="attention"))
            said += len(report.findings)
            if is_dry_run and not as_json:
                for outcome in report.results:
                    output.print_result(f"{outcome.status:<14}{outcome.address}{_because(outcome.reason)}")
            total = total.merged(report) if total else report
            status.update(f"{sheet.name}: {total.rows:,} rows")
    if said > NAMED_AT_MOST:
        output.info(f"and {said - NAMED_AT_MOST:,} more such lines", "quiet")
    assert total is not None
    return total


def _mapping(maps: tuple[str, ...] | list[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for told in maps:
        column, is_told, field = told.rpartition("=")
        if not is_told or not column.strip():
            raise UsageError(f"--map '{told}' says nothing. Say COLUMN=FIELD, such as --map Town=city")
        mapping[column.strip()] = field.strip()
    return mapping


def _say_what_it_is(sheet: ImportFile) -> None:
    if sheet.format is not None:
        output.info(f"{sheet.name} is an export of {sheet.format.name}", "quiet")
    told = [f"{column.heading} is {_told(column)}" for column in sheet.columns]
    output.info(f"columns: {', '.join(told)}" if told else f"{sheet.name} is an export of ours", "quiet")


def _told(column: Any) -> str:
    return f"the field {column.field}" if column.meaning == "field" else str(column.meaning)


def _say_report(report: ImportReport, is_dry_run: bool) -> None:
    if not is_dry_run:
        for outcome in report.results[:NAMED_AT_MOST]:
            output.info(f"{report.file}:{outcome.line}: {outcome.address} stays out: {outcome.reason}", "quiet")
        hidden = report.count(RowStatus.KEPT_OUT) - min(len(report.results), NAMED_AT_MOST)
        if hidden:
            output.info(f"and {hidden:,} more; --json names them", "quiet")
    if report.reserved:
        addresses = output.pluralise(report.reserved, "address", "addresses")
        output.info(f"{addresses} at example.com and its like: mail to them reaches nobody", "attention")
    heading = "What would happen" if is_dry_run else "Imported"
    output.print_result(Text(f"{heading}: {report.file} to {report.list_name}", style="subject"))
    reasons = ", ".join(f"{reason} {number:,}" for reason, number in sorted(report.kept_out.items()))
    remarks = {RowStatus.KEPT_OUT: reasons, RowStatus.ADDED: f"pending {report.pending:,}" if report.pending else ""}
    rows = [
        (fate.value, f"{number:,}", remarks.get(fate, ""))
        for fate in RowStatus
        if (number := report.count(fate)) or fate is RowStatus.ADDED
    ]
    width = max(len(number) for _, number, _ in rows)
    for word, figure, remark in rows:
        output.print_result(f"  {word:<14}{figure:>{width}}  {remark}".rstrip())
    for flag, number in sorted(report.flagged.items()):
        output.info(f"{output.pluralise(number, 'address', 'addresses')} {flag}", "quiet")
    if is_dry_run:
        output.info("Nobody was imported. Next: the same without --dry-run")
    elif report.count(RowStatus.ADDED):
        output.info(f"Next: newsletter plan --list {report.list_name}")


def _report_json(report: ImportReport) -> dict[str, Any]:
    return {
        "file": report.file,
        "list": report.list_name,
        "rows": report.rows,
        **{fate.name.lower(): report.count(fate) for fate in RowStatus},
        "pending": report.pending,
        "kept_out_reasons": dict(report.kept_out),
        "reserved": report.reserved,
        "flagged": dict(report.flagged),
        "outcomes": [
            {"line": outcome.line, "address": outcome.address, "fate": outcome.status, "reason": outcome.reason}
            for outcome in report.results
        ],
        "findings": [
            {
                "rule": finding.rule,
                "level": finding.level,
                "file": finding.file,
                "line": finding.line,
                "message": finding.message,
                "remedy": finding.remedy,
            }
            for finding in report.findings
        ],
    }


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
