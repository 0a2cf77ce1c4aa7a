"""A fresh publication for each test."""

import mailbox
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.desk import Desk


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
