"""`newsletter subscribers import` and `export`: a list as a CSV file, in and out."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from newsletter import audience as station
from newsletter.audience import Fate, ImportReport
from newsletter.cli import terminal
from newsletter.cli.asking import DryRunOption, JsonOption, ListOption
from newsletter.cli.publication import open_publication

NAMED_AT_MOST = 20


def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file with headings.", show_default=False)],
    list_name: ListOption,
    encoding: Annotated[str | None, typer.Option(help="Its encoding, if it is guessed wrong.")] = None,
    is_dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Bring people from a CSV file onto a list.

    The columns email, first_name and last_name are known by many names; every other column becomes a
    field. Rows are confirmed, with the file and line as proof. It may be repeated: whoever left, bounced,
    complained or was erased stays out, and a row that cannot be read is named while the rest comes in.

    Example: newsletter subscribers import people.csv --list weekly --dry-run
    """
    publication = open_publication(context)
    publication.settings.list_named(list_name)
    sheet = station.read_sheet(file, encoding=encoding)
    total: ImportReport | None = None
    with terminal.stderr().status(f"{sheet.name} ...") as status:
        for report in station.import_sheet(
            publication.database,
            publication.keyring,
            sheet,
            list_name,
            now=datetime.now(UTC),
            dry_run=is_dry_run,
        ):
            for finding in report.findings:
                status.console.print(Text(str(finding), style="attention"))
            if is_dry_run and not as_json:
                for outcome in report.outcomes:
                    terminal.say(f"{outcome.fate:<14}{outcome.address}{_because(outcome.reason)}")
            total = total.joined(report) if total else report
            status.update(f"{sheet.name}: {total.rows:,} rows")
    if total is None:
        return
    if as_json:
        terminal.say_json({"dry_run": is_dry_run, **_report_json(total)})
    else:
        _say_report(total, is_dry_run)
    if total.rows and total.count(Fate.REJECTED) == total.rows:
        raise typer.Exit(1)


def export_list(
    context: typer.Context,
    list_name: ListOption,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: stdout.")] = None,
) -> None:
    """Write a list as a CSV file, with everybody's state and consent.

    Imported again it changes nobody's mind: the ended come back as ended, the suppressed as suppressed.
    Cells that a spreadsheet would take for a formula get an apostrophe, which import takes off again.

    Example: newsletter subscribers export --list weekly --out weekly.csv
    """
    publication = open_publication(context)
    publication.settings.list_named(list_name)
    if out is None:
        station.export_csv(publication.database, list_name, sys.stdout)
        return
    draft = out.with_name(f".{out.name}.part")
    with draft.open("w", encoding="utf-8", newline="") as file:
        number = station.export_csv(publication.database, list_name, file)
    draft.chmod(0o600)
    draft.replace(out)
    terminal.talk(f"{terminal.count(number, 'person', 'people')} in {out}. It holds addresses: keep it private")


def _say_report(report: ImportReport, is_dry_run: bool) -> None:
    if not is_dry_run:
        for outcome in report.outcomes[:NAMED_AT_MOST]:
            terminal.talk(f"{report.file}:{outcome.line}: {outcome.address} stays out: {outcome.reason}", "quiet")
        hidden = report.count(Fate.KEPT_OUT) - min(len(report.outcomes), NAMED_AT_MOST)
        if hidden:
            terminal.talk(f"and {hidden:,} more; --json names them", "quiet")
    if report.reserved:
        addresses = terminal.count(report.reserved, "address", "addresses")
        terminal.talk(f"{addresses} at example.com and its like: mail to them reaches nobody", "attention")
    heading = "What would happen" if is_dry_run else "Imported"
    terminal.say(Text(f"{heading}: {report.file} to {report.list_name}", style="subject"))
    reasons = ", ".join(f"{reason} {number:,}" for reason, number in sorted(report.kept_out.items()))
    rows = [
        (fate.value, f"{number:,}", reasons if fate is Fate.KEPT_OUT else "")
        for fate in Fate
        if (number := report.count(fate)) or fate is Fate.ADDED
    ]
    width = max(len(number) for _, number, _ in rows)
    for word, figure, remark in rows:
        terminal.say(f"  {word:<14}{figure:>{width}}  {remark}".rstrip())
    if is_dry_run:
        terminal.talk("Nothing was written. Next: the same without --dry-run")
    elif report.count(Fate.ADDED):
        terminal.talk(f"Next: newsletter plan --list {report.list_name}")


def _report_json(report: ImportReport) -> dict[str, Any]:
    return {
        "file": report.file,
        "list": report.list_name,
        "rows": report.rows,
        **{fate.name.lower(): report.count(fate) for fate in Fate},
        "kept_out_reasons": dict(report.kept_out),
        "reserved": report.reserved,
        "outcomes": [
            {"line": outcome.line, "address": outcome.address, "fate": outcome.fate, "reason": outcome.reason}
            for outcome in report.outcomes
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
