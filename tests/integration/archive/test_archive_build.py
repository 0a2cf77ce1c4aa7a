"""`newsletter archive build` as an author runs it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from newsletter.content import create_publication
from tests.acceptance.command_runner import run_command


@pytest.fixture
def publication(tmp_path: Path) -> Path:
    create_publication(tmp_path / "publication")
    return tmp_path / "publication"


def build(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run_command(["archive", "build", *options], cwd=folder, environment=os.environ)


def test_the_site_is_built_without_a_database(publication: Path) -> None:
    done = build(publication)
    assert done.returncode == 0, done
    assert Path(done.stdout.strip()) == publication / "var" / "archive" / "index.html"
    assert sorted(path.name for path in (publication / "var").iterdir()) == ["archive", "cache"]


def test_the_result_can_be_read_by_a_script(publication: Path) -> None:
    build(publication, "--out", "public")
    said = json.loads(build(publication, "--out", "public", "--json").stdout)
    assert said["issues"] == 3
    assert said["changed"] == said["removed"] == 0
    assert said["findings"] == []


def test_a_broken_issue_is_named_and_the_rest_built(publication: Path) -> None:
    (publication / "issues" / "broken.md").write_text("---\ntitle: Never closed\n")
    done = build(publication)
    assert done.returncode == 0
    assert "issues/broken.md:1" in done.stderr
    assert "3 issues" in done.stderr


def test_when_nothing_can_be_built_the_old_site_stays(publication: Path) -> None:
    build(publication, "--out", "public")
    before = sorted((publication / "public").rglob("*"))
    for path in (publication / "issues").glob("*/index.md"):
        path.write_text("---\nstatus: ready\n")
    done = build(publication, "--out", "public")
    assert done.returncode == 1
    assert done.stderr.count("issues/") == 3
    assert sorted((publication / "public").rglob("*")) == before


@pytest.mark.parametrize("out", [".", "..", "issues", "issues/site", "templates", "var"])
def test_the_site_never_goes_among_the_authors_own_files(publication: Path, out: str) -> None:
    done = build(publication, "--out", out)
    assert done.returncode == 2
    assert "Name another folder" in done.stderr
    assert not (publication / out / "index.html").exists()
