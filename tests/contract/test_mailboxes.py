"""What every mailbox must do: show what waits, lose nothing unacknowledged, bear being asked twice."""

from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.replies import Mailbox, open_mailbox

Put = Callable[[bytes], None]
MAILS = (b"Subject: one\n\n1\n", b"Subject: two\n\n2\n", b"Subject: three\n\n3\n")


def _maildir(folder: Path) -> tuple[Mailbox, Put]:
    for room in ("new", "cur", "tmp"):
        (folder / room).mkdir()
    numbers = iter(range(1000))

    def put(raw: bytes) -> None:
        number = next(numbers)
        room, flags = (("new", ""), ("cur", ":2,"), ("cur", ":2,FS"))[number % 3]
        (folder / room / f"{number:04}.M1.host{flags}").write_bytes(raw)

    return open_mailbox(f"maildir:{folder}", folder), put


def _folder(folder: Path) -> tuple[Mailbox, Put]:
    numbers = iter(range(1000))

    def put(raw: bytes) -> None:
        (folder / f"{next(numbers):04}.eml").write_bytes(raw)

    return open_mailbox("maildir:.", folder), put


KINDS = {"maildir": _maildir, "folder": _folder}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def mailbox(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Mailbox, Put]:
    return request.param(tmp_path)


def test_an_empty_mailbox_has_nothing_waiting(mailbox: tuple[Mailbox, Put]) -> None:
    assert list(mailbox[0].waiting()) == []


def test_what_was_put_in_waits_byte_for_byte(mailbox: tuple[Mailbox, Put]) -> None:
    box, put = mailbox
    for raw in MAILS:
        put(raw)
    assert sorted(received.raw for received in box.waiting()) == sorted(MAILS)


def test_a_mail_that_is_not_acknowledged_waits_again(mailbox: tuple[Mailbox, Put]) -> None:
    box, put = mailbox
    put(MAILS[0])
    first = list(box.waiting())
    assert list(box.waiting()) == first


def test_acknowledging_loses_no_other_and_may_be_repeated(mailbox: tuple[Mailbox, Put]) -> None:
    box, put = mailbox
    for raw in MAILS:
        put(raw)
    for received in box.waiting():
        box.acknowledge(received)
        box.acknowledge(received)
    put(b"late")
    assert b"late" in {received.raw for received in box.waiting()}


def test_a_mail_taken_away_meanwhile_is_no_fault(mailbox: tuple[Mailbox, Put], tmp_path: Path) -> None:
    box, put = mailbox
    put(MAILS[0])
    (received,) = box.waiting()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            path.unlink()
    box.acknowledge(received)
    assert list(box.waiting()) == []


def test_one_folder_down_or_hidden_is_no_mail(mailbox: tuple[Mailbox, Put], tmp_path: Path) -> None:
    box, _ = mailbox
    (tmp_path / "tmp").mkdir(exist_ok=True)
    (tmp_path / "tmp" / "half.eml").write_bytes(b"half")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "x.eml").write_bytes(b"x")
    assert list(box.waiting()) == []


@pytest.mark.parametrize("room", ["new", "."])
def test_a_link_is_no_mail(tmp_path: Path, room: str) -> None:
    (tmp_path / "secret").write_bytes(b"root:x:0:0\n")
    (tmp_path / "mails" / room).mkdir(parents=True)
    (tmp_path / "mails" / room / "one.eml").symlink_to(tmp_path / "secret")
    assert list(open_mailbox("maildir:mails", tmp_path).waiting()) == []
