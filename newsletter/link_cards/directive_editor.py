"""Writes what was found into a card's box, line by line, and touches nothing else of the author's file."""

import re
from collections.abc import Mapping, Sequence

NAMES = ("title", "text", "picture", "alt")
_OTHER_NAMES = {"description": "text", "image": "picture", "poster": "picture"}
_ENDS = re.compile(r"(\r\n|\r|\n|\u2028|\u2029)")
_FENCE = re.compile(r"(?P<indent> {0,3}):{3,}\s*\S")
_FIELD = re.compile(
    r"\s*(?P<name>url|href|link|title|text|description|picture|image|poster|alt):(?:\s+(?P<value>\S.*))?\s*$",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?=#?\w+;)")
_MARKS = re.compile(r"([\\`*_\[\]{}~^|])")


class Lines:
    """A text's lines and what ends each, so that all that is not touched stays byte for byte."""

    def __init__(self, text: str) -> None:
        pieces = _ENDS.split(text)
        self.lines = pieces[::2]
        self._ends = pieces[1::2]

    def text(self) -> str:
        """Return the whole text."""
        return "".join(line + end for line, end in zip(self.lines, [*self._ends, ""], strict=True))

    def insert(self, at: int, new: Sequence[str]) -> None:
        """Insert lines before the line of that index, ended as the line above it is."""
        end = self._ends[min(at, len(self._ends)) - 1] if self._ends else "\n"
        end = end if end in {"\r\n", "\r"} else "\n"
        if at > len(self._ends):  # below a last line that has no end
            self._ends.append(end)
        self.lines[at:at] = list(new)
        self._ends[at:at] = [end] * len(new)
        del self._ends[len(self.lines) - 1 :]


def fill(lines: Lines, at: int, found: Mapping[str, str]) -> bool:
    """Write fields into the box whose fence is line `at`; False, and nothing done, where that is not safe.

    A field that stands there is replaced, any other is added below those that do.
    """
    fence = _FENCE.match(lines.lines[at]) if at < len(lines.lines) else None
    if fence is None:
        return False
    first = at + 1
    end = first
    there: dict[str, int] = {}
    while end < len(lines.lines) and (field := _FIELD.match(lines.lines[end])):
        name = field["name"].lower()
        there.setdefault(_OTHER_NAMES.get(name, name), end)
        end += 1
    is_apart = end >= len(lines.lines) or not lines.lines[end].strip() or lines.lines[end].lstrip().startswith(":::")
    written = {name: f"{fence['indent']}{name}: {value}" for name, value in found.items()}
    if not is_apart:  # words follow without a blank line, and with them these lines are no fields
        lines.insert(first, [*written.values(), ""])
        return True
    for name in set(written) & set(there):
        lines.lines[there[name]] = written[name]
    lines.insert(end, [line for name, line in written.items() if name not in there])
    return True


def as_written(name: str, value: str) -> str:
    """Return a stranger's words as they stand in a field, where they mean nothing but themselves."""
    if name == "picture":
        return value
    if name == "alt":  # which is no Markdown
        return value.replace("{", "(").replace("}", ")").strip(" \"'<>")
    value = _MARKS.sub(r"\\\1", _ENTITY.sub("&amp;", value))
    return value.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def as_box(url: str, found: Mapping[str, str], *, is_video: bool) -> str:
    """Return a whole box, to be pasted."""
    fields = [f"{name}: {found[name]}" for name in NAMES if found.get(name)]
    return "\n".join([f"::: {'video' if is_video else 'card'}", f"url: {url}", *fields, ":::"])
