"""A publication whose issues/ is empty."""

from pathlib import Path

import pytest

from newsletter.settings import Settings, read_settings

TOML = """
[publication]
title = "The Lantern"
language = "en"

[lists.sample]
title = "The Lantern"
from = "ada@lantern.example"
list_id = "letters.lantern.example"
"""


@pytest.fixture
def publication(tmp_path: Path) -> Settings:
    """A publication without issues."""
    (tmp_path / "newsletter.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "issues").mkdir()
    return read_settings(tmp_path, {})
