"""A small publication to build the archive of."""

from pathlib import Path

import pytest

from newsletter.settings import Settings, read_settings

TOML = """
[publication]
title = "The Test & Times"
tagline = "Letters for nobody"
author = "Ines"
url = "https://times.example"
accent = "#a4452c"
default_list = "sample"

[lists.sample]
title = "The Test"
from = "Ines <ines@times.example>"
list_id = "letters.times.example"

[replies]
domain = "replies.times.example"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A publication with one ready issue, `first`, dated 1 March 2026."""
    root = tmp_path / "publication"
    (root / "issues").mkdir(parents=True)
    (root / "newsletter.toml").write_text(TOML, encoding="utf-8")
    write_issue(root, "first", "title: First & foremost\ndate: 2026-03-01\nstatus: ready")
    return read_settings(root, {})


def write_issue(root: Path, slug: str, front: str, body: str = "Some words.") -> Path:
    """Write an issue's file."""
    path = root / "issues" / slug / "index.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{front}\n---\n\n{body}\n", encoding="utf-8")
    return path


def write_comment_file(root: Path, slug: str, name: str, front: str, text: str) -> Path:
    """Write a comment's file as an author might by hand."""
    path = root / "issues" / slug / "comments" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{front}\n---\n\n{text}\n", encoding="utf-8")
    return path
