"""The first heading of a Markdown text, which is the title of an issue whose front matter gives none."""

import re

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_CONTAINER = re.compile(r" {0,3}:{3,}[ \t]*(?P<name>[^:].*)?$")
_AUDIENCE_PART = re.compile(r"[{.]*(only|except)\b", re.IGNORECASE)
"""A part for some readers only gives no title, since everybody may read the title."""
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_HTML = re.compile(r"\s*<h([1-6])\b[^>]*>(.*?)</h\1>", re.IGNORECASE)


def title_in(body: str) -> str | None:
    """Return the first heading as plain text; None if there is none."""
    headings = _headings(body)
    return _plain(headings[0]) or None if headings else None


def _headings(body: str) -> list[str]:
    headings: list[str] = []
    fence = previous = ""
    depth = 0
    for line in body.split("\n"):
        if match := _FENCE.match(line):
            if not fence:
                fence = match[1]
            elif match[1].startswith(fence):
                fence = ""
        elif fence:
            pass
        elif (container := _CONTAINER.match(line)) and (depth or _AUDIENCE_PART.match(container["name"] or "")):
            depth += 1 if container["name"] else -1
        elif depth:
            pass
        elif heading := _ATX.match(line) or _HTML.match(line):
            headings.append(heading[2])
        elif _SETEXT.match(line) and previous and not re.match(r" {0,3}([-*+>|#]|\d+[.)]|    )", previous):
            headings.append(previous)
        previous = line.strip()
    return [heading for heading in headings if heading.strip()]


def _plain(markdown: str) -> str:
    """Return a heading as plain text, without pictures beside the text; a picture alone gives its alt text."""
    alone = re.sub(r"!\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", markdown)
    beside = re.sub(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])", "", markdown)
    beside = re.sub(r"\[\s*\](?:\([^)]*\)|\[[^\]]*\])", "", beside)
    return _without_markup(beside) or _without_markup(alone)


def _without_markup(markdown: str) -> str:
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"\{[#.:][^}]*\}|<[^>]*>", "", text)
    text = re.sub(r"(\*\*|__|\*|`)(.+?)\1", r"\2", text)
    return " ".join(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).split())
