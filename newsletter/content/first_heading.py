"""Finds a title in a text that has no front matter to say it."""

import re

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_BOX = re.compile(r" {0,3}:{3,}[ \t]*(?P<words>[^:].*)?$")
_PRIVATE = re.compile(r"[{.]*(only|except)\b", re.IGNORECASE)
"""A part for some readers gives no title, which everybody may read."""
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_HTML = re.compile(r"\s*<h([1-6])\b[^>]*>(.*?)</h\1>", re.IGNORECASE)


def title_in(body: str) -> str | None:
    """Return the first heading, as plain text."""
    headings = _headings(body)
    return _plain(headings[0]) or None if headings else None


def _headings(body: str) -> list[str]:
    found: list[str] = []
    fence = ""
    previous = ""
    depth = 0
    for line in body.split("\n"):
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence):
                fence = ""
        elif fence:
            pass
        elif (box := _BOX.match(line)) and (depth or _PRIVATE.match(box["words"] or "")):
            depth += 1 if box["words"] else -1
        elif depth:
            pass
        elif heading := _ATX.match(line) or _HTML.match(line):
            found.append(heading[2])
        elif _SETEXT.match(line) and previous and not re.match(r" {0,3}([-*+>|#]|\d+[.)]|    )", previous):
            found.append(previous)
        previous = line.strip()
    return [heading for heading in found if heading.strip()]


def _plain(markdown: str) -> str:
    """Return a heading's words; a badge or a logo beside them is none of them, but one alone is its alt text."""
    alone = re.sub(r"!\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", markdown)
    beside = re.sub(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])", "", markdown)
    beside = re.sub(r"\[\s*\](?:\([^)]*\)|\[[^\]]*\])", "", beside)
    return _unmarked(beside) or _unmarked(alone)


def _unmarked(markdown: str) -> str:
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"\{[#.:][^}]*\}|<[^>]*>", "", text)
    text = re.sub(r"(\*\*|__|\*|`)(.+?)\1", r"\2", text)
    return " ".join(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).split())
