"""Emails as files: every sample and every block, in each template, for email and web."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.archive import build_site, write_site
from newsletter.compose import compose, fill_merge_tags
from newsletter.content import create_publication, read_issue, read_issues
from newsletter.settings import Settings, read_settings

GOLDEN = Path(__file__).parents[2] / "golden" / "publication"
TEMPLATES = ("letter", "digest", "announcement")
LINKS = {
    "links.unsubscribe": "https://lantern.example/u/t",
    "links.reply": "mailto:r+t@replies.lantern.example",
    "links.preferences": "https://lantern.example/preferences/t",
    "links.view": "https://lantern.example/view/t",
}


@pytest.fixture(scope="session")
def emails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of emails (`*.html`), their web versions (`web-*.html`) and the sample's archive (`site/`)."""
    root = tmp_path_factory.mktemp("emails")
    create_publication(root / "sample")
    shutil.copytree(GOLDEN, root / "golden", ignore=shutil.ignore_patterns("var"))
    sample, golden = (at_home(read_settings(root / name, {})) for name in ("sample", "golden"))
    for issue in read_issues(sample).issues:
        _write(root, sample, issue.slug.text, issue.template)
    for template in TEMPLATES:
        for slug in ("kitchen-sink", "lamps-ar", "deng-zh"):
            _write(root, golden, slug, template)
    write_site(build_site(sample, now=datetime(2026, 11, 23, tzinfo=UTC)).files, root / "site")
    return root


def at_home(settings: Settings) -> Settings:
    """Return settings whose emails load their pictures from this machine."""
    delivery = settings.delivery.model_copy(update={"transport": "outbox"})
    archive = settings.archive.model_copy(update={"url": None})
    return settings.model_copy(update={"delivery": delivery, "archive": archive})


def _write(root: Path, settings: Settings, slug: str, template: str) -> None:
    issue = replace(read_issue(settings, slug), template=template)
    edition = compose(issue, next(iter(settings.lists)), settings).edition
    (root / f"{slug}-{template}.html").write_text(fill_merge_tags(edition.html, LINKS), encoding="utf-8")
    (root / f"web-{slug}-{template}.html").write_text(edition.web, encoding="utf-8")
