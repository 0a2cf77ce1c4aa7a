"""Edits card directives in an author's file line by line, and leaves every other byte of the file alone."""

import re
from collections.abc import Mapping, Sequence

FIELDS = ("title", "text", "picture", "alt")
_ALIASES = {"description": "text", "image": "picture", "poster": "picture"}
_LINE_ENDS = re.compile(r"(\r\n|\r|\n|\u2028|\u2029)")
_FENCE = re.compile(r"(?P<indent> {0,3}):{3,}\s*\S")
_FIELD = re.compile(
    r"\s*(?P<name>url|href|link|title|text|description|picture|image|poster|alt):(?:\s+(?P<value>\S.*))?\s*$",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?=#?\w+;)")
_MARKS = re.compile(r"([\\`*_\[\]{}~^|])")


class LineEditor:
    """The lines of a text with their line ends, so that whatever is not edited stays byte for byte."""

    def __init__(self, text: str) -> None:
        pieces = _LINE_ENDS.split(text)
        self.lines = pieces[::2]
        self._ends = pieces[1::2]

    def text(self) -> str:
        """Return the whole text."""
        return "".join(line + end for line, end in zip(self.lines, [*self._ends, ""], strict=True))

    def insert(self, at: int, new: Sequence[str]) -> None:
        """Insert lines before the line of that index, with the line end of the line above it."""
        end = self._ends[min(at, len(self._ends)) - 1] if self._ends else "\n"
        end = end if end in {"\r\n", "\r"} else "\n"
        if at > len(self._ends):  # below a last line without a line end
            self._ends.append(end)
        self.lines[at:at] = list(new)
        self._ends[at:at] = [end] * len(new)
        del self._ends[len(self.lines) - 1 :]


def fill_fields(editor: LineEditor, at: int, fields: Mapping[str, str]) -> bool:
    """Write fields into the directive whose fence is line `at`; return False, without a change, if it has no fence.

    An existing field is replaced; a new one is added below the existing ones.
    """
    fence = _FENCE.match(editor.lines[at]) if at < len(editor.lines) else None
    if fence is None:
        return False
    first = at + 1
    end = first
    existing: dict[str, int] = {}
    while end < len(editor.lines) and (field := _FIELD.match(editor.lines[end])):
        name = field["name"].lower()
        existing.setdefault(_ALIASES.get(name, name), end)
        end += 1
    is_separate = (
        end >= len(editor.lines) or not editor.lines[end].strip() or editor.lines[end].lstrip().startswith(":::")
    )
    written = {name: f"{fence['indent']}{name}: {value}" for name, value in fields.items()}
    if not is_separate:  # text follows without a blank line, so these lines would be part of its paragraph
        editor.insert(first, [*written.values(), ""])
        return True
    for name in set(written) & set(existing):
        editor.lines[existing[name]] = written[name]
    editor.insert(end, [line for name, line in written.items() if name not in existing])
    return True


def escape_field(name: str, value: str) -> str:
    """Return text from a page escaped for a field, so that nothing in it is read as Markdown or HTML."""
    if name == "picture":
        return value
    if name == "alt":  # which is not Markdown
        return value.replace("{", "(").replace("}", ")").strip(" \"'<>")
    value = _MARKS.sub(r"\\\1", _ENTITY.sub("&amp;", value))
    return value.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def format_directive(url: str, values: Mapping[str, str], *, is_video: bool) -> str:
    """Return a complete card directive, to be pasted."""
    fields = [f"{name}: {values[name]}" for name in FIELDS if values.get(name)]
    return "\n".join([f"::: {'video' if is_video else 'card'}", f"url: {url}", *fields, ":::"])
