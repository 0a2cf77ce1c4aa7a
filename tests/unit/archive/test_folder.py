"""Writing the site: each file in one step, and hands off what is not ours."""

import os
from pathlib import Path

import pytest

from newsletter.archive import write_site
from newsletter.archive.folder import MANIFEST
from newsletter.errors import UsageError

SITE = {"index.html": b"home", "issues/a/index.html": b"a", "issues/a/boat.png": b"png"}


def holds(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def test_the_folder_holds_the_site_and_nothing_else(tmp_path: Path) -> None:
    write_site(SITE, tmp_path / "out")
    assert holds(tmp_path / "out") == SITE


def test_a_second_build_of_the_same_touches_no_file(tmp_path: Path) -> None:
    write_site(SITE, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.html")}
    written = write_site(SITE, tmp_path)
    assert written.changed == written.removed == ()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.html")} == before


def test_what_an_earlier_build_wrote_goes_with_its_empty_folders(tmp_path: Path) -> None:
    write_site(SITE, tmp_path)
    written = write_site({"index.html": b"home"}, tmp_path)
    assert written.removed == ("issues/a/boat.png", "issues/a/index.html")
    assert not (tmp_path / "issues").exists()


def test_foreign_files_survive_every_build(tmp_path: Path) -> None:
    (tmp_path / "CNAME").write_text("times.example")
    write_site(SITE, tmp_path)
    (tmp_path / "issues" / "a" / "notes.txt").write_text("mine")
    write_site({"index.html": b"new"}, tmp_path)
    assert holds(tmp_path) == {"CNAME": b"times.example", "index.html": b"new", "issues/a/notes.txt": b"mine"}


def test_a_foreign_file_in_the_way_is_named_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "issues").mkdir()
    (tmp_path / "issues" / "a").write_text("a file where a folder should be")
    with pytest.raises(UsageError, match="issues/a was not written by a build"):
        write_site(SITE, tmp_path)
    assert holds(tmp_path) == {"issues/a": b"a file where a folder should be"}


def test_a_foreign_page_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(UsageError, match=r"index\.html"):
        write_site(SITE, tmp_path)
    assert (tmp_path / "index.html").read_text() == "mine"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "issues").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="leads out"):
        write_site(SITE, tmp_path / "out")
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("line", ["../precious.txt", "/etc/precious.txt", "out/../../precious.txt"])
def test_a_manifest_cannot_point_out_of_the_folder(tmp_path: Path, line: str) -> None:
    (tmp_path / "precious.txt").write_text("precious")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / MANIFEST).write_text(f"{line}\n")
    write_site(SITE, tmp_path / "out")
    assert (tmp_path / "precious.txt").read_text() == "precious"


def test_an_interrupted_build_is_finished_by_the_next(tmp_path: Path) -> None:
    write_site(SITE, tmp_path)
    (tmp_path / MANIFEST).write_text("\n".join([*SITE, "gone.html"]) + "\n")
    (tmp_path / "gone.html").write_bytes(b"half a build")
    write_site({"index.html": b"home"}, tmp_path)
    assert holds(tmp_path) == {"index.html": b"home"}


def test_a_file_given_as_the_folder_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UsageError, match="is a file"):
        write_site(SITE, tmp_path / "out")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_keeps_what_it_had(tmp_path: Path) -> None:
    write_site(SITE, tmp_path)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            write_site({"index.html": b"new"}, tmp_path)
    finally:
        tmp_path.chmod(0o700)
    assert holds(tmp_path) == SITE


def test_a_picture_that_emails_link_stays_while_its_issue_does(tmp_path: Path) -> None:
    page, picture = "issues/one/index.html", "issues/one/lamp-0123abcd.png"
    write_site({page: b"x", picture: b"1", "issues/one/notes.txt": b"y"}, tmp_path)
    written = write_site({page: b"x", "issues/one/lamp-4567cdef.png": b"2"}, tmp_path)
    assert written.removed == ("issues/one/notes.txt",)
    assert (tmp_path / picture).read_bytes() == b"1"
    write_site({page: b"x"}, tmp_path)
    assert (tmp_path / picture).is_file()
    assert picture in write_site({"index.html": b"z"}, tmp_path).removed
