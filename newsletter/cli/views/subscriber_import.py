"""View of a subscriber import: what a file is, how far the import is, and what became of its rows."""

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from newsletter.audience.importer import ImportFile, ImportReport, RowResult, RowStatus
from newsletter.cli import output
from newsletter.cli.views.findings import finding_json

if TYPE_CHECKING:
    from newsletter.app import subscribers

NAMED_AT_MOST = 20
"""How many findings, and how many people who stay out, are named one by one."""


def result_json(result: "subscribers.ImportResult") -> dict[str, Any]:
    """Return the object that `--json` prints for an import."""
    report = result.report
    return {
        "dry_run": result.is_dry_run,
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
        "findings": [finding_json(finding) for finding in report.findings],
        "format": result.format_name,
        "rejects": str(result.rejects) if result.rejects else None,
    }


def show_import(
    events: "Iterator[subscribers.SheetOpened | subscribers.BatchImported | subscribers.ImportResult]",
    *,
    is_dry_run: bool,
    is_json: bool,
) -> "subscribers.ImportResult | None":
    """Show an import as it goes, and its result; return that, or None if the file has no sheet."""
    from newsletter.app import subscribers

    result = None
    view = _SheetView(prints_outcomes=is_dry_run and not is_json)
    with closing(events), view:  # type: ignore[type-var]
        for event in events:
            if isinstance(event, subscribers.SheetOpened):
                view.begin(event.sheet)
            elif isinstance(event, subscribers.BatchImported):
                view.show(event.sheet, event.batch, event.rows)
            else:
                result = event
    if result is not None:
        if is_json:
            output.print_json(result_json(result))
        else:
            _show_report(result.report, is_dry_run=is_dry_run)
        if result.rejects is not None:
            rows = output.pluralise(result.rejected, "row")
            path = os.path.relpath(result.rejects)
            output.warn(f"{rows} could not be read: {path} has them, with the reasons. Correct and import that file")
    return result


class _SheetView:
    """Shows the sheets of a file one after another, with a status line on a terminal."""

    def __init__(self, *, prints_outcomes: bool) -> None:
        self._prints_outcomes = prints_outcomes
        self._status: Any = None
        self._findings = 0

    def begin(self, sheet: ImportFile) -> None:
        self._end()
        if sheet.format is not None:
            output.info(f"{sheet.name} is an export of {sheet.format.name}", "quiet")
        columns = [f"{column.heading} is {_meaning(column)}" for column in sheet.columns]
        output.info(f"columns: {', '.join(columns)}" if columns else f"{sheet.name} is our own export", "quiet")
        self._status = output.stderr().status(f"{sheet.name} ...")
        self._status.start()

    def show(self, sheet: ImportFile, batch: ImportReport, rows: int) -> None:
        for finding in batch.findings[: max(NAMED_AT_MOST - self._findings, 0)]:
            self._status.console.print(output.styled((str(finding), "attention")))
        self._findings += len(batch.findings)
        if self._prints_outcomes:
            for outcome in batch.results:
                output.print_result(_line_of(outcome))
        self._status.update(f"{sheet.name}: {rows:,} rows")

    def _end(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
            if self._findings > NAMED_AT_MOST:
                output.info(f"and {self._findings - NAMED_AT_MOST:,} more such lines", "quiet")
        self._findings = 0

    def __enter__(self) -> "_SheetView":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._end()
        elif self._status is not None:
            with suppress(OSError):
                self._status.stop()


def _show_report(report: ImportReport, *, is_dry_run: bool) -> None:
    if not is_dry_run:
        for outcome in report.results[:NAMED_AT_MOST]:
            line = f"{report.file}:{outcome.line}: {outcome.address} stays out: {outcome.reason}"
            output.info(line, "quiet")
        hidden = report.count(RowStatus.KEPT_OUT) - min(len(report.results), NAMED_AT_MOST)
        if hidden:
            output.info(f"and {hidden:,} more; --json names them", "quiet")
    if report.reserved:
        addresses = output.pluralise(report.reserved, "address", "addresses")
        output.warn(f"{addresses} in reserved domains such as example.com: mail to them reaches nobody")
    heading = "What would happen" if is_dry_run else "Imported"
    output.print_result(output.styled((f"{heading}: {report.file} to {report.list_name}", "subject")))
    reasons = ", ".join(f"{reason} {number:,}" for reason, number in sorted(report.kept_out.items()))
    remarks = {RowStatus.KEPT_OUT: reasons, RowStatus.ADDED: f"pending {report.pending:,}" if report.pending else ""}
    rows = [
        (fate.value, f"{number:,}", remarks.get(fate, ""))
        for fate in RowStatus
        if (number := report.count(fate)) or fate is RowStatus.ADDED
    ]
    width = max(len(number) for _, number, _ in rows)
    for fate_name, figure, remark in rows:
        output.print_result(f"  {fate_name:<14}{figure:>{width}}  {remark}".rstrip())
    for flag, number in sorted(report.flagged.items()):
        output.info(f"{output.pluralise(number, 'address', 'addresses')} {flag}", "quiet")
    if is_dry_run:
        output.info("Nobody was imported. Next: run it without --dry-run")
    elif report.count(RowStatus.ADDED):
        output.info(f"Next: newsletter plan --list {report.list_name}")


def _line_of(outcome: RowResult) -> str:
    return f"{outcome.status:<14}{outcome.address}{f': {outcome.reason}' if outcome.reason else ''}"


def _meaning(column: Any) -> str:
    return f"the field {column.field}" if column.meaning == "field" else str(column.meaning)
