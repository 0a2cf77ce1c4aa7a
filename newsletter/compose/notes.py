"""Notes that a text refers to and does not define: they would stand in the letter as `[^x]`, so each is said."""

import re
from collections.abc import Mapping, Sequence

from markdown_it.token import Token

from newsletter.compose.remarks import Remarks

_DEFINITION = re.compile(r" {0,3}\[\^(?P<label>[^\]\s]+)\]:")
_REFERENCE = re.compile(r"\[\^(?P<label>\w[\w.-]*)\]")


def notes_in(lines: Sequence[str]) -> dict[str, int]:
    """Return the labels of the notes that lines define, each with the first of its lines, 0-based."""
    found: dict[str, int] = {}
    for number, line in enumerate(lines):
        if definition := _DEFINITION.match(line):
            found.setdefault(definition["label"], number)
    return found


def remark_undefined(tokens: Sequence[Token], in_parts: Mapping[str, int], remarks: Remarks) -> None:
    """Say which references have no note; `in_parts` are notes that its readers may not get."""
    for token in tokens:
        line = token.map[0] if token.map else 0
        for child in token.children or ():
            if child.type in {"softbreak", "hardbreak"}:
                line += 1
            for reference in _REFERENCE.finditer(child.content) if child.type == "text" else ():
                if f"\\{reference[0]}" not in token.content:  # which its author meant as it stands
                    _remark(reference["label"], line, in_parts, remarks)


def _remark(label: str, line: int, in_parts: Mapping[str, int], remarks: Remarks) -> None:
    if label in in_parts:
        remarks.add(
            "note",
            line,
            f"the note '[^{label}]' is defined only in a part (line {remarks.line(in_parts[label])}), "
            "and whoever does not get that part sees the bare mark",
            "Define it outside the part, or refer to it only inside",
        )
        return
    message = f"the note '[^{label}]' is defined nowhere, so the mark stays as it is written"
    remarks.add("note", line, message, f"Write a line that begins with [^{label}]:")
