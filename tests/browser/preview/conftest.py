"""A publication as `newsletter init` makes it."""

from pathlib import Path

import pytest

from tests.acceptance.publication_folder import PublicationFolder


@pytest.fixture
def publication(tmp_path: Path) -> PublicationFolder:
    """A publication for one test."""
    publication = PublicationFolder(tmp_path)
    publication.run_ok("init", ".")
    return publication
