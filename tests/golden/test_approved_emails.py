"""Golden files: emails equal their approved copies, so that every change in what readers get shows as a diff.

`NEWSLETTER_GOLDEN=write pytest tests/golden` rewrites the copies; review the diff before you commit it.
"""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.compose import compose, compose_article, fill_merge_tags
from newsletter.content import read_issue
from newsletter.settings import read_settings

HERE = Path(__file__).parent
ISSUES = ("kitchen-sink", "lamps-ar", "deng-zh")
VALUES = {
    "subscriber.first_name": "Zoë & Co.",
    "subscriber.email": "zoe+letters@example.com",
    "links.unsubscribe": "https://lantern.example/u/token",
    "links.reply": "mailto:r+token@replies.lantern.example",
    "links.preferences": "https://lantern.example/preferences/token",
    "links.view": "https://lantern.example/view/token",
}


@pytest.mark.parametrize("slug", ISSUES)
def test_an_email_equals_its_approved_copy(slug: str, tmp_path: Path) -> None:
    root = shutil.copytree(HERE / "publication", tmp_path / "publication")
    settings = read_settings(root, {})
    issue = read_issue(settings, slug)
    composed = compose(issue, "sample", settings)
    _compare(f"{slug}.html", _by_lines(fill_merge_tags(composed.edition.html, VALUES)))
    _compare(f"{slug}.txt", fill_merge_tags(composed.edition.text, VALUES))
    _compare(f"{slug}.article.html", compose_article(issue, settings).html + "\n")
    findings = "".join(f"{finding.level} {finding.rule} {finding}\n" for finding in composed.findings)
    _compare(f"{slug}.findings.txt", findings)


@pytest.mark.parametrize("template", ["digest", "announcement"])
def test_every_block_equals_its_approved_copy_in_every_template(template: str, tmp_path: Path) -> None:
    root = shutil.copytree(HERE / "publication", tmp_path / "publication")
    settings = read_settings(root, {})
    issue = replace(read_issue(settings, "kitchen-sink"), template=template)
    composed = compose(issue, "sample", settings)
    _compare(f"kitchen-sink.{template}.html", _by_lines(fill_merge_tags(composed.edition.html, VALUES)))


def test_each_variant_equals_its_approved_copy(tmp_path: Path) -> None:
    root = shutil.copytree(HERE / "publication", tmp_path / "publication")
    settings = read_settings(root, {})
    issue = read_issue(settings, "for-some")
    edition = compose(issue, "sample", settings).edition
    for number in range(4):
        variant = edition.variant(number)
        _compare(f"for-some.{number}.html", _by_lines(fill_merge_tags(variant.html, VALUES)))
        _compare(f"for-some.{number}.txt", fill_merge_tags(variant.text, VALUES))
    _compare("for-some.web.html", _by_lines(edition.web))
    _compare("for-some.article.html", compose_article(issue, settings).html + "\n")


def _by_lines(html: str) -> str:
    """Break an email's HTML into lines before its blocks, so that a diff shows what changed."""
    return re.sub(r"(?<!\n)(<(?:table|tr|td|p|h\d|ul|ol|li|pre|div|!--\[if|style)\b)", r"\n\1", html) + "\n"


def _compare(name: str, made: str) -> None:
    path = HERE / "approved" / name
    if os.environ.get("NEWSLETTER_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")
