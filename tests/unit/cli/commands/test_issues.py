"""`compose` and `check` as an author calls them."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from newsletter.cli.commands.issues import app
from newsletter.compose import Edition
from newsletter.content import read_issue
from newsletter.errors import ContentError, UsageError
from newsletter.settings import read_settings

TOML = """
[publication]
title = "The Lantern"
author = "Ada"
url = "https://lantern.example"
postal_address = "1 Quay Street, Harbourtown"

[lists.sample]
title = "The Lantern"
from = "Ada <ada@lantern.example>"
list_id = "letters.lantern.example"

[replies]
domain = "replies.lantern.example"
"""


@dataclass(frozen=True)
class Author:
    """Writes an issue, and runs commands in the publication's folder."""

    root: Path

    def issue(self, body: str, front: str = "title: A title") -> None:
        path = self.root / "issues" / "one" / "index.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\n{front}\n---\n{body}", encoding="utf-8")


@pytest.fixture
def author(tmp_path: Path) -> Author:
    (tmp_path / "newsletter.toml").write_text(TOML)
    return Author(tmp_path)


def call(author: Author, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), obj=author.root)


def test_compose_writes_four_files(author, tmp_path):
    author.issue("Dear {{ subscriber.first_name | default('friend') }}, words.")
    out = tmp_path / "out" / "letter"
    result = call(author, "compose", "one", "--out", str(out))
    assert result.exit_code == 0
    names = ("message.html", "message.txt", "web.html", "edition.json")
    assert result.stdout.split() == [str(out / name) for name in names]
    assert "Dear friend, words." in (out / "message.html").read_text(encoding="utf-8")
    assert "Dear friend, words." in (out / "message.txt").read_text(encoding="utf-8")
    edition = json.loads((out / "edition.json").read_text(encoding="utf-8"))
    assert Edition.from_json(edition).digest == edition["digest"]


def test_compose_says_what_is_missing(author):
    author.issue("words")
    assert isinstance(call(author, "compose", "on").exception, UsageError)
    assert isinstance(call(author, "compose", "one", "--list", "smple").exception, UsageError)


def test_check_prints_findings_and_exits_1_on_errors(author):
    author.issue("TODO", "title: T\nlist: smple")
    result = call(author, "check", "one", "--json")
    assert result.exit_code == 1
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert set(found[0]) == {"rule", "level", "file", "line", "message", "remedy"}
    assert ("list", "error") in {(finding["rule"], finding["level"]) for finding in found}
    assert ("unfinished", 5) in {(finding["rule"], finding["line"]) for finding in found}


def test_check_looks_at_every_issue_and_exits_0_on_warnings(author):
    author.issue("TODO")
    result = call(author, "check")
    assert result.exit_code == 0
    assert "issues/one/index.md:4: 'TODO' looks unfinished" in result.stdout


def test_check_names_a_broken_file_beside_the_others(author):
    author.issue("words")
    (author.root / "issues" / "bad.md").write_text("---\ntitle: x\n")
    result = call(author, "check")
    assert result.exit_code == 1
    assert "issues/bad.md:1: the front matter is never closed" in result.stdout


def test_an_empty_issue_is_one_line(author):
    author.issue("  \n")
    with pytest.raises(ContentError, match=r"^issues/one/index.md:4: there is no text in this issue. Write something$"):
        read_issue(read_settings(author.root, {}), "one")
