"""What every reply mailbox must do: list waiting messages, keep unacknowledged ones, tolerate repetition."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from newsletter.replies import open_mailbox
from newsletter.replies.mailboxes import ReplyMailbox
from tests.contract.dovecot import PASSWORD, Dovecot, running_dovecot
from tests.contract.ses_inbound import SesInbound, running_ses_inbound

Put = Callable[[bytes], None]
MAILS = (b"Subject: one\r\n\r\n1\r\n", b"Subject: two\r\n\r\n2\r\n", b"Subject: three\r\n\r\n3\r\n")
LATE = b"Subject: late\r\n\r\nlate\r\n"


@dataclass(frozen=True)
class PageTarget:
    """A mailbox, and how another program changes it."""

    box: ReplyMailbox
    put: Callable[[bytes], None]
    clear: Callable[[], None]


@contextmanager
def _maildir(folder: Path) -> Iterator[PageTarget]:
    for room in ("new", "cur", "tmp"):
        (folder / room).mkdir()
    numbers = iter(range(1000))

    def put(raw: bytes) -> None:
        number = next(numbers)
        room, flags = (("new", ""), ("cur", ":2,"), ("cur", ":2,FS"))[number % 3]
        (folder / room / f"{number:04}.M1.host{flags}").write_bytes(raw)

    yield PageTarget(open_mailbox(f"maildir:{folder}", folder), put, lambda: _unlink_all(folder))


@contextmanager
def _folder(folder: Path) -> Iterator[PageTarget]:
    numbers = iter(range(1000))

    def put(raw: bytes) -> None:
        (folder / f"{next(numbers):04}.eml").write_bytes(raw)

    yield PageTarget(open_mailbox("maildir:.", folder), put, lambda: _unlink_all(folder))


def _unlink_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()


CAPABILITIES = {
    "imap": "",
    "imap without MOVE": "imap_capability = IMAP4rev1 LITERAL+ NAMESPACE UIDPLUS\n",
    "imap of the simplest": "imap_capability = IMAP4rev1\n",
}


KINDS = {"maildir": _maildir, "folder": _folder}


@pytest.fixture(scope="module", params=[*KINDS, *CAPABILITIES, "sqs"])
def kind(request: pytest.FixtureRequest) -> Iterator[str | Dovecot | SesInbound]:
    """The name of a mailbox kind, or its server."""
    if request.param == "sqs":
        with running_ses_inbound() as inbound:
            yield inbound
        return
    if request.param in KINDS:
        yield request.param
        return
    with running_dovecot(more=f"ssl = no\n{CAPABILITIES[request.param]}") as server:
        yield server


@pytest.fixture
def place(kind: str | Dovecot | SesInbound, tmp_path: Path) -> Iterator[PageTarget]:
    if isinstance(kind, SesInbound):
        inbound = kind.make_queue(tmp_path.name.replace("_", "-")[:80])
        box = open_mailbox(f"sqs:{inbound.queue}", tmp_path, region="eu-west-1")
        yield PageTarget(box, lambda raw: str(inbound.put(raw)) and None, inbound.clear)
        return
    if isinstance(kind, str):
        with KINDS[kind](tmp_path) as results:
            yield results
        return
    server, user = kind, tmp_path.name.lower()
    box = open_mailbox(server.url(user), tmp_path, password=SecretStr(PASSWORD))
    yield PageTarget(box, partial(server.put, user=user), lambda: _expunge_all(server, user))


def _expunge_all(server: Dovecot, user: str) -> None:
    with server.visit(user) as client:
        client.store("1:*", "+FLAGS", r"(\Deleted)")
        client.expunge()


@pytest.fixture
def mailbox(place: PageTarget) -> tuple[ReplyMailbox, Put]:
    return place.box, place.put


def test_an_empty_mailbox_lists_nothing(mailbox: tuple[ReplyMailbox, Put]) -> None:
    assert list(mailbox[0].waiting()) == []


def test_a_stored_message_is_read_byte_for_byte(mailbox: tuple[ReplyMailbox, Put]) -> None:
    box, put = mailbox
    for raw in MAILS:
        put(raw)
    assert sorted(received.raw for received in box.waiting()) == sorted(MAILS)


def test_a_message_that_is_not_acknowledged_is_listed_again(mailbox: tuple[ReplyMailbox, Put]) -> None:
    box, put = mailbox
    put(MAILS[0])
    first = list(box.waiting())
    assert list(box.waiting()) == first


def test_acknowledging_keeps_other_messages_and_may_be_repeated(mailbox: tuple[ReplyMailbox, Put]) -> None:
    box, put = mailbox
    for raw in MAILS:
        put(raw)
    for received in box.waiting():
        box.acknowledge(received)
        box.acknowledge(received)
    put(LATE)
    assert LATE in {received.raw for received in box.waiting()}


def test_a_message_removed_meanwhile_is_no_error(place: PageTarget) -> None:
    place.put(MAILS[0])
    (received,) = place.box.waiting()
    place.clear()
    place.box.acknowledge(received)
    assert list(place.box.waiting()) == []


def test_files_in_subfolders_and_hidden_files_are_ignored(mailbox: tuple[ReplyMailbox, Put], tmp_path: Path) -> None:
    box, _ = mailbox
    (tmp_path / "tmp").mkdir(exist_ok=True)
    (tmp_path / "tmp" / "half.eml").write_bytes(b"half")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "x.eml").write_bytes(b"x")
    assert list(box.waiting()) == []


@pytest.mark.parametrize("room", ["new", "."])
def test_a_symbolic_link_is_ignored(tmp_path: Path, room: str) -> None:
    (tmp_path / "secret").write_bytes(b"root:x:0:0\n")
    (tmp_path / "mails" / room).mkdir(parents=True)
    (tmp_path / "mails" / room / "one.eml").symlink_to(tmp_path / "secret")
    assert list(open_mailbox("maildir:mails", tmp_path).waiting()) == []
