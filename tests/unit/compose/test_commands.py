"""`compose` and `check` as an author calls them."""

import json

import pytest
from typer.testing import CliRunner

from newsletter.cli.commands.issues import app
from newsletter.compose import Edition
from newsletter.errors import ContentError, UsageError


def call(desk, *words):
    return CliRunner().invoke(app, list(words), obj=desk.root)


def test_compose_writes_four_files(desk, tmp_path):
    desk.issue("Dear {{ subscriber.first_name | default('friend') }}, words.")
    out = tmp_path / "out" / "letter"
    result = call(desk, "compose", "one", "--out", str(out))
    assert result.exit_code == 0
    names = ("message.html", "message.txt", "web.html", "edition.json")
    assert result.stdout.split() == [str(out / name) for name in names]
    assert "Dear friend, words." in (out / "message.html").read_text(encoding="utf-8")
    assert "Dear friend, words." in (out / "message.txt").read_text(encoding="utf-8")
    edition = json.loads((out / "edition.json").read_text(encoding="utf-8"))
    assert Edition.from_json(edition).digest == edition["digest"]


def test_compose_says_what_is_missing(desk):
    desk.issue("words")
    assert isinstance(call(desk, "compose", "on").exception, UsageError)
    assert isinstance(call(desk, "compose", "one", "--list", "smple").exception, UsageError)


def test_check_prints_findings_and_exits_1_on_errors(desk):
    desk.issue("TODO", "title: T\nlist: smple")
    result = call(desk, "check", "one", "--json")
    assert result.exit_code == 1
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert set(found[0]) == {"rule", "level", "file", "line", "message", "remedy"}
    assert ("list", "error") in {(finding["rule"], finding["level"]) for finding in found}
    assert ("unfinished", 5) in {(finding["rule"], finding["line"]) for finding in found}


def test_check_looks_at_every_issue_and_exits_0_on_warnings(desk):
    desk.issue("TODO")
    result = call(desk, "check")
    assert result.exit_code == 0
    assert "issues/one/index.md:4: 'TODO' looks unfinished" in result.stdout


def test_check_names_a_broken_file_beside_the_others(desk):
    desk.issue("words")
    (desk.root / "issues" / "bad.md").write_text("---\ntitle: x\n")
    result = call(desk, "check")
    assert result.exit_code == 1
    assert "issues/bad.md:1: the front matter is never closed" in result.stdout


def test_an_empty_issue_is_one_line(desk):
    with pytest.raises(ContentError, match=r"^issues/one/index.md:4: there is no text in this issue. Write something$"):
        desk.issue("  \n")
