"""Remarks: what is found while an issue is read, each once, with its line in the file."""

import re
from collections.abc import Mapping, Sequence

from markdown_it.token import Token

from newsletter.content import Issue
from newsletter.finding import Finding, Level


class Remarks:
    """The findings about one issue's text, in the order they were made."""

    def __init__(self, issue: Issue) -> None:
        self._issue = issue
        self._found: dict[Finding, None] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything found so far."""
        return tuple(self._found)

    def line(self, line: int) -> int:
        """Return the 1-based line of the file for a 0-based line of the body."""
        return self._issue.body_line + line

    def add(self, rule: str, line: int, message: str, remedy: str = "", level: Level = Level.WARNING) -> None:
        """Keep a finding; `line` is 0-based in the body."""
        finding = Finding(
            rule=rule, level=level, file=self._issue.file, line=self.line(line), message=message, remedy=remedy
        )
        self._found[finding] = None


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


_PICTURE = re.compile(r"!\[[^\]\n]*\]\((?P<file>[^()\n]+(?:\([^()\n]*\)[^()\n]*)*)\)")
_WIKI = re.compile(r"(?P<bang>!?)\[\[(?P<name>[^\[\]\n]+)\]\]")
_CONTENTS = frozenset({"toc", "_toc_"})


def remark_strays(tokens: Sequence[Token], remarks: Remarks) -> None:
    """Say which pictures and links are left as they were typed."""
    for token in tokens:
        line = token.map[0] if token.map else 0
        for child in token.children or ():
            if child.type in {"softbreak", "hardbreak"}:
                line += 1
            if child.type == "text":
                _warn_of_strays(child.content, token.content, line, remarks)


def _warn_of_strays(text: str, source: str, line: int, remarks: Remarks) -> None:
    for picture in _PICTURE.finditer(text):
        if picture[0] not in source or f"\\{picture[0]}" in source:
            continue  # escaped, so meant as it stands
        file = picture["file"].strip()
        has_blank = " " in file and "<" not in file
        remarks.add(
            "picture",
            line,
            f"'{picture[0][:60]}' is no picture as it is written, and stays so",
            f"Put its name into <>: ![...](<{file[:40]}>)" if has_blank else "Name a file beside the issue",
        )
    for wiki in _WIKI.finditer(text):
        if wiki[0] in source and f"\\{wiki[0]}" not in source and wiki["name"].strip().lower() not in _CONTENTS:
            remedy = "Write ![what it shows](<file>)" if wiki["bang"] else "Write [words](address)"
            remarks.add("link", line, f"'{wiki[0][:60]}' is known to Obsidian alone and stays as it is written", remedy)
