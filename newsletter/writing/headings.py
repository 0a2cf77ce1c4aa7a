"""Finds a title in a text that has no front matter to say it."""

import re
from collections import Counter

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_HTML = re.compile(r"\s*<h([1-6])\b[^>]*>(.*?)</h\1>", re.IGNORECASE)


def title_in(body: str) -> str | None:
    """Return the first heading, unless it is but one of several sections further down."""
    headings = _headings(body)
    if not headings:
        return None
    line, level, text = headings[0]
    first_line = next(number for number, written in enumerate(body.split("\n")) if written.strip())
    is_alone = Counter(found[1] for found in headings)[level] == 1
    return _plain(text) or None if line <= first_line + 1 or is_alone else None


def _headings(body: str) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    fence = ""
    previous = ""
    for number, line in enumerate(body.split("\n")):
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence):
                fence = ""
        elif fence:
            pass
        elif heading := _ATX.match(line) or _HTML.match(line):
            found.append((number, len(heading[1]) if heading[1].startswith("#") else int(heading[1]), heading[2]))
        elif (
            (under := _SETEXT.match(line))
            and previous
            and not re.match(r" {0,3}([-*+>|#]|\d+[.)]|    )", previous)
        ):
            found.append((number - 1, 1 if under[1][0] == "=" else 2, previous))
        previous = line.strip()
    return [heading for heading in found if heading[2].strip()]


def _plain(markdown: str) -> str:
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"\{[#.:][^}]*\}|<[^>]*>", "", text)
    text = re.sub(r"(\*\*|__|\*|`)(.+?)\1", r"\2", text)
    return " ".join(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).split())
