"""A publication of one issue, to be composed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from newsletter.compose import Article, Composition, compose, compose_article, fill_merge_tags
from newsletter.content import Issue, read_issue
from newsletter.settings import Settings, read_settings

TOML = """
[publication]
title = "The Lantern"
author = "Ada"
url = "https://lantern.example"
postal_address = "1 Quay Street, Harbourtown"

[lists.sample]
title = "The Lantern"
from = "Ada <ada@lantern.example>"
list_id = "letters.lantern.example"

[replies]
domain = "replies.lantern.example"
"""


@dataclass(frozen=True)
class SamplePublication:
    """Writes an issue and composes it."""

    root: Path

    @property
    def settings(self) -> Settings:
        return read_settings(self.root, {})

    def issue(self, body: str, front: str = "title: A title") -> Issue:
        path = self.root / "issues" / "one" / "index.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\n{front}\n---\n{body}", encoding="utf-8")
        return read_issue(self.settings, "one")

    def compose(self, body: str, front: str = "title: A title") -> Composition:
        return compose(self.issue(body, front), "sample", self.settings)

    def html(self, body: str, front: str = "title: A title", **values: str) -> str:
        return fill_merge_tags(
            self.compose(body, front).edition.html, {f"subscriber.{k}": v for k, v in values.items()}
        )

    def text(self, body: str, front: str = "title: A title", **values: str) -> str:
        return fill_merge_tags(
            self.compose(body, front).edition.text, {f"subscriber.{k}": v for k, v in values.items()}
        )

    def article(self, body: str, front: str = "title: A title") -> Article:
        return compose_article(self.issue(body, front), self.settings)


@pytest.fixture
def publication(tmp_path: Path) -> SamplePublication:
    """A publication with a publication that has one list."""
    (tmp_path / "newsletter.toml").write_text(TOML, encoding="utf-8")
    return SamplePublication(tmp_path)


@pytest.fixture
def picture(publication: SamplePublication) -> Callable[..., Path]:
    """Return a function that draws a picture beside the issue."""
    from PIL import Image

    def draw(name: str = "lamp.png", size: tuple[int, int] = (1200, 600)) -> Path:
        path = publication.root / "issues" / "one" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, "#345").save(path)
        return path

    return draw
