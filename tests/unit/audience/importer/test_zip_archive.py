"""ZIP archives: exports of other programs are read from them, and what is hostile or something else is refused."""

import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.audience.importer import ImportReport
from newsletter.audience.importer.zip_archive import MAX_RATIO
from newsletter.errors import ContentError, UsageError

EXPORTS = Path(__file__).with_name("exports")
NOW = datetime(2026, 11, 3, 8, tzinfo=UTC)
Bring = Callable[..., list[ImportReport]]
Standing = Callable[[], dict[str, str | None]]


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in members.items():
            bundle.writestr(name, content)
    return path


@pytest.mark.parametrize("is_backwards", [False, True])
def test_every_part_of_a_mailchimp_zip_gives_its_people_their_status(
    bring_in: Bring, standing: Standing, tmp_path: Path, is_backwards: bool
) -> None:
    files = sorted(EXPORTS.glob("*_members_export_*.csv"), reverse=is_backwards)
    assert len(files) == 4
    bring_in(zipped(tmp_path / "export.zip", {file.name: file.read_bytes() for file in files}))
    assert standing() == {
        "ann@mail.example.org": None,
        "left@mail.example.org": "unsubscribed",
        "dead@mail.example.org": "suppressed",
        "buyer@mail.example.org": "pending",
    }


def test_only_the_list_in_a_substack_zip_is_read(bring_in: Bring, standing: Standing, tmp_path: Path) -> None:
    members = {
        "posts.csv": b"post_id,title\n1,Hello\n",
        "posts/1.delivers.csv": b"email,timestamp\nold@mail.example.org,2024\n",
        "posts/1.hello.html": b"<p>Hello</p>",
        "email_list.mine.csv": (EXPORTS / "substack.csv").read_bytes(),
    }
    bring_in(zipped(tmp_path / "export.zip", members))
    assert set(standing()) == {"ann@mail.example.org", "left@mail.example.org"}


def test_a_zip_cannot_write_outside_its_folder(bring_in: Bring, standing: Standing, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    path = zipped(inner / "evil.zip", {"../../evil.csv": b"email\nann@mail.example.org\n"})
    bring_in(path)
    assert set(standing()) == {"ann@mail.example.org"}
    assert not list(tmp_path.rglob("*evil.csv"))


def test_a_zip_bomb_is_refused(bring_in: Bring, tmp_path: Path, standing: Standing) -> None:
    bomb = b"email\nann@mail.example.org\n" + b"\n" * (30 << 20)
    path = zipped(tmp_path / "bomb.zip", {"list.csv": bomb})
    assert len(bomb) > path.stat().st_size * MAX_RATIO
    with pytest.raises(UsageError, match="far more"):
        bring_in(path)
    assert standing() == {}


def test_a_zip_that_is_damaged_locked_or_something_else_is_refused(bring_in: Bring, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no table of people"):
        bring_in(zipped(tmp_path / "empty.zip", {"picture.png": b"x"}))
    with pytest.raises(ContentError, match="email"):
        bring_in(zipped(tmp_path / "other.zip", {"posts.csv": b"title,day\nHello,1\n"}))
    good = zipped(tmp_path / "good.zip", {"list.csv": b"email\n" + b"ann@mail.example.org\n" * 99}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(good[:60])
    with pytest.raises(UsageError, match="damaged"):
        bring_in(tmp_path / "cut.zip")
    locked = bytearray(good)
    for start in (good.index(b"PK\x03\x04") + 6, good.index(b"PK\x01\x02") + 8):
        locked[start] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    with pytest.raises(UsageError, match="password"):
        bring_in(tmp_path / "locked.zip")
