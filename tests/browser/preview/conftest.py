"""A publication as `newsletter init` makes it."""

from pathlib import Path

import pytest

from tests.acceptance.desk import Desk


@pytest.fixture
def desk_alone(tmp_path: Path) -> Desk:
    """A publication of the test's own."""
    desk = Desk(tmp_path)
    desk.done("init", ".")
    return desk
