"""`newsletter stats` and log output: widths, encodings, JSON, CSV and the report page."""

import csv
import json
import os
import subprocess

import pytest

from tests.acceptance.command_runner import run_command
from tests.acceptance.publication_folder import PublicationFolder


def typed(publication: PublicationFolder, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_command(words, cwd=publication.folder, environment={**os.environ, **environment})


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("words", [("stats",), ("stats", "the-winter-almanac")])
def test_no_line_is_wider_than_the_terminal(
    publication: PublicationFolder, columns: int, words: tuple[str, ...]
) -> None:
    publication.run_ok("send", "--yes")
    output = typed(publication, *words, COLUMNS=str(columns)).stdout
    assert "25" in output
    assert max(len(line) for line in output.splitlines()) <= columns
    assert "\x1b" not in output


def test_a_terminal_without_block_characters_gets_ascii_bars(publication: PublicationFolder) -> None:
    publication.run_ok("send", "--yes")
    output = typed(publication, "stats", "the-winter-almanac", PYTHONIOENCODING="ascii", COLUMNS="80")
    assert output.returncode == 0, output.stderr
    assert "####" in output.stdout


def test_stats_are_one_json_object_or_a_csv_table(publication: PublicationFolder) -> None:
    publication.run_ok("send", "--yes")
    (line,) = typed(publication, "stats", "--json").stdout.splitlines()
    results = json.loads(line)
    assert (results["totals"]["submitted"], results["totals"]["delivered"]) == (25, None)
    assert results["issues"][0]["issue"] == "the-winter-almanac"
    rows = list(csv.DictReader(typed(publication, "stats", "--csv").stdout.splitlines()))
    assert [(row["submitted"], row["delivered"], row["state"]) for row in rows] == [("25", "", "finished")]
    assert (
        'newsletter_deliveries{issue="the-winter-almanac",state="submitted"} 25'
        in typed(publication, "stats", "--metrics").stdout
    )


def test_stats_before_the_first_send_name_the_next_step(publication: PublicationFolder) -> None:
    output = typed(publication, "stats")
    assert (output.returncode, "newsletter send" in output.stderr or "send" in output.stderr) == (0, True)
    assert json.loads(typed(publication, "stats", "--json").stdout)["issues"] == []


def test_a_report_is_written_whole_or_an_error_names_the_folder(publication: PublicationFolder) -> None:
    publication.run_ok("send", "--yes")
    assert typed(publication, "stats", "--html", "report.html").returncode == 0
    page = (publication.folder / "report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "The Lamplighter" in page
    assert "<svg" in page
    missing = typed(publication, "stats", "--html", "nowhere/report.html")
    assert (missing.returncode, "nowhere" in missing.stderr) == (2, True)


def test_logs_are_json_lines_and_results_stay_unchanged(publication: PublicationFolder) -> None:
    output = typed(publication, "--logs", "json", "send", "--yes")
    lines = [json.loads(line) for line in output.stderr.splitlines()]
    assert {"at", "level", "event"} <= set.intersection(*(set(line) for line in lines))
    assert [line["done"] for line in lines if line["event"] == "sending"][-1:] == [25]
    assert "25 messages" in output.stdout
    wrong = typed(publication, "show", NEWSLETTER_LOGS="json")
    assert wrong.returncode == 2
    fault = typed(publication, "stats", "nothing", NEWSLETTER_LOGS="json")
    assert json.loads(fault.stderr.splitlines()[-1])["level"] == "error"
