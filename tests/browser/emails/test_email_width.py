"""Whatever an author writes, no email is wider than a phone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from newsletter.compose import compose, fill_merge_tags
from newsletter.content import create_publication, read_issue
from newsletter.settings import read_settings

pytestmark = pytest.mark.browser

BADGES = "\n".join(f"[![a badge of some width](https://e.example/{n}.svg)](https://e.example/{n})" for n in range(8))
WIDE = {
    "a table of long words": "|a|b|c|d|\n|-|-|-|-|\n|Конфигурация|`getKoreanYearMonth()`|УМОЛЧАНИЮ|Озвучивание|",
    "a table of code": "|call|what|\n|-|-|\n|`getGoogleMapLatitudeAndLongitudeOfPlace()`|구글 지도 좌표 변환|",
    "a table of many columns": f"|{'head|' * 14}\n|{'-|' * 14}\n|{'value|' * 14}",
    "fixed widths in cells": '|<span style="display:inline-block;width:300px">x</span>|'
    '<span style="width:200px;display:inline-block">y</span>|z|\n|-|-|-|\n|a|b|c|',
    "pictures side by side": '<div style="display:flex">\n'
    + '<img alt="x" src="https://e.example/a.gif" width="300" style="margin:20px">\n' * 3
    + "</div>",
    "a row of badges": BADGES,
    "two pictures of unknown size": "![one](https://e.example/a.png)\n![two](https://e.example/b.png)",
    "a long word": "Donaudampfschifffahrtsgesellschaft" * 4,
    "a long address": f"<https://e.example/{'a' * 300}>",
    "a long line of code": f"```\n{'x' * 300}\n```\n\n`{'y' * 200}`",
    "a wide box": '<table width="900"><tr><td style="width:900px">x</td></tr></table>',
}


@pytest.mark.parametrize("case", WIDE)
def test_nothing_an_author_writes_is_wider_than_a_phone(
    look: Callable[[int, str], Page], tmp_path: Path, case: str
) -> None:
    create_publication(tmp_path)
    (tmp_path / "issues" / "wide.md").write_text(f"# Wide\n\nWords.\n\n{WIDE[case]}\n")
    settings = read_settings(tmp_path, {})
    html = fill_merge_tags(compose(read_issue(settings, "wide"), "sample", settings).edition.html, {})
    page = look(375, "light")
    page.route("**/*", lambda route: route.fulfill(content_type="image/svg+xml", body=PICTURE))
    for shown in (html, re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)):
        page.set_content(shown)
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, f"with styles: {shown is html}"


PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="300"/>'
