"""Fixtures: a fresh publication for each test."""

import mailbox
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.publication_folder import PublicationFolder
from tests.acceptance.ses_publication import SesPublication, run_ses_publication


@pytest.fixture
def publication(tmp_path: Path) -> PublicationFolder:
    """A publication as `newsletter init` makes it."""
    server = PublicationFolder(tmp_path / "publication")
    server.folder.mkdir()
    server.run_ok("init", ".")
    return server


@pytest.fixture
def maildir(tmp_path: Path) -> Callable[[bytes], Path]:
    """Return a function that delivers a raw email to a Maildir and returns the Maildir."""
    box = mailbox.Maildir(tmp_path / "answers", create=True)

    def deliver(raw: bytes) -> Path:
        box.add(raw)
        return tmp_path / "answers"

    return deliver


@pytest.fixture
def ses_publication(
    publication: PublicationFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SesPublication]:
    """A publication whose emails go to the SES simulator."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_SESV2"):
        monkeypatch.setenv(name, "testing")
    with run_ses_publication(publication, tmp_path / "journals") as server:
        yield server
