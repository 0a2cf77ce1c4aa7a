"""Accessibility of emails, web versions and archive pages, checked by axe-core and html-validate."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Look = Callable[[int, str], Page]


def pages_of(folder: Path) -> list[Path]:
    return [*sorted(folder.glob("*.html")), *sorted((folder / "site").rglob("*.html"))]


SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


@SCHEMES
def test_axe_finds_no_accessibility_error_in_an_issue_with_every_block(look: Look, emails: Path, scheme: str) -> None:
    assert barriers(look, [emails / "kitchen-sink-letter.html"], scheme) == []


@pytest.mark.slow
@SCHEMES
def test_axe_finds_no_accessibility_error(look: Look, emails: Path, scheme: str) -> None:
    assert barriers(look, pages_of(emails), scheme) == []


def barriers(look: Look, paths: list[Path], scheme: str) -> list[tuple[str, str, str]]:
    """Return what axe finds: page, rule, element."""
    page = look(680, scheme)
    results = []
    for path in paths:
        page.goto(path.as_uri())
        for violation in Axe().run(page).response["violations"]:
            results += [(path.name, violation["id"], node["html"][:200]) for node in violation["nodes"]]
    return results


def test_html_validate_finds_no_accessibility_error(emails: Path, tmp_path: Path) -> None:
    validator = shutil.which("html-validate")
    if validator is None:
        pytest.skip("html-validate is not installed")
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"root": True, "extends": ["html-validate:a11y"]}))
    command = [validator, "--config", str(rules), *map(str, pages_of(emails))]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout[:4000]
