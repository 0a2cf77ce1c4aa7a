"""`create_publication` copies the sample completely or not at all, and changes no existing file."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.content import Status, create_publication, newest_ready, read_comments, read_issues
from newsletter.errors import UsageError
from newsletter.settings import packaged_path, read_settings


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_missing_folder_is_made_with_a_publication_that_can_be_read(tmp_path: Path) -> None:
    made = create_publication(tmp_path / "a" / "b")
    settings = read_settings(tmp_path / "a" / "b", {})
    assert settings.publication.default_list in settings.lists
    assert {str(path) for path in made} == set(everything(settings.root))
    assert {"newsletter.toml", ".gitignore", "Makefile", "subscribers/sample.csv"} <= {str(path) for path in made}


def test_an_empty_folder_becomes_a_publication(tmp_path: Path) -> None:
    create_publication(tmp_path)
    assert (tmp_path / "newsletter.toml").read_bytes() == packaged_path("newsletter.toml").read_bytes()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".making")]


def test_a_publication_is_not_made_twice(tmp_path: Path) -> None:
    create_publication(tmp_path)
    before = everything(tmp_path)
    with pytest.raises(UsageError, match=r"newsletter\.toml already exists"):
        create_publication(tmp_path)
    assert everything(tmp_path) == before


def test_existing_files_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("mine")
    (tmp_path / "subscribers").mkdir()
    (tmp_path / "subscribers" / "friends.csv").write_text("email\n")
    (tmp_path / "templates").write_text("a file, not a folder")
    made = create_publication(tmp_path)
    assert (tmp_path / "Makefile").read_text() == "mine"
    assert (tmp_path / "subscribers" / "friends.csv").read_text() == "email\n"
    assert (tmp_path / "templates").read_text() == "a file, not a folder"
    assert Path("subscribers/sample.csv") in made


def test_an_author_with_issues_gets_no_sample_issues(tmp_path: Path) -> None:
    (tmp_path / "issues").mkdir()
    (tmp_path / "issues" / "mine.md").write_text("Mine.")
    create_publication(tmp_path)
    assert [path.name for path in (tmp_path / "issues").iterdir()] == ["mine.md"]


def test_only_the_samples_own_issues_and_readers_come(tmp_path: Path) -> None:
    made = create_publication(tmp_path)
    issues = {path.parts[1] for path in made if path.parts[0] == "issues"}
    assert issues == {"five-small-lights", "nothing-to-report", "the-winter-almanac"}
    assert [path.name for path in made if path.parts[0] == "subscribers"] == ["sample.csv"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        create_publication(tmp_path / "letters")


def test_settings_that_lead_nowhere_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "newsletter.toml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="already exists"):
        create_publication(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["newsletter.toml"]


def test_the_sample_issues_are_ready_dated_in_the_past_and_without_fault(tmp_path: Path) -> None:
    create_publication(tmp_path)
    settings = read_settings(tmp_path, {})
    shelf = read_issues(settings)
    assert not shelf.findings
    assert len(shelf.issues) >= 3
    for issue in shelf.issues:
        assert issue.status is Status.READY
        assert issue.date is not None
        assert issue.date < datetime(2026, 11, 23, tzinfo=UTC)
        assert not issue.findings
        assert not read_comments(settings, issue.slug.text).findings
    newest = newest_ready(shelf)
    assert newest is not None
    assert newest.hero is not None


def test_the_sample_pictures_are_light_and_described(tmp_path: Path) -> None:
    create_publication(tmp_path)
    pictures = list((tmp_path / "issues").rglob("*.png"))
    assert len(pictures) >= 3
    assert all(picture.stat().st_size < 80_000 for picture in pictures)


def test_the_sample_readers_are_25_and_fictional() -> None:
    with (packaged_path("subscribers") / "sample.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    addresses = [Address.parse(row["email"]) for row in rows]
    assert len({address.key for address in addresses}) == len(rows) == 25
    assert all(address.is_reserved for address in addresses)
    names = {f"{row['first_name']} {row['last_name']}".strip() for row in rows}
    assert "" in names
    assert any("," in name for name in names)
    assert any("'" in name for name in names)
    assert any("<" in name and "&" in name for name in names)
    assert any("\u0590" <= char <= "\u06ff" for name in names for char in name)
    assert max(map(len, names)) > 80
