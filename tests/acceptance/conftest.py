"""A fresh publication for each test."""

import mailbox
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.desk import Desk
from tests.acceptance.stage import Stage, on_stage


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A publication as `newsletter init` makes it."""
    there = Desk(tmp_path / "publication")
    there.folder.mkdir()
    there.done("init", ".")
    return there


@pytest.fixture
def maildir(tmp_path: Path) -> Callable[[bytes], Path]:
    """Put a raw mail into a Maildir as a delivering server does; returns the Maildir."""
    box = mailbox.Maildir(tmp_path / "answers", create=True)

    def deliver(raw: bytes) -> Path:
        box.add(raw)
        return tmp_path / "answers"

    return deliver


@pytest.fixture
def stage(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A publication whose emails go to the SES simulator."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_SESV2"):
        monkeypatch.setenv(name, "testing")
    with on_stage(desk, tmp_path / "journals") as there:
        yield there
