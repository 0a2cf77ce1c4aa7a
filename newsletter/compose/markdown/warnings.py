"""Warnings while an issue is read: collects findings with their lines, and finds text that stays unparsed.

Reported are references to undefined footnotes, and links and pictures that are not valid Markdown as written: the
reader would see them literally.
"""

import re
from collections.abc import Mapping, Sequence

from markdown_it.token import Token

from newsletter.content import Issue
from newsletter.finding import Finding, Level


class FindingCollector:
    """Collects the findings about one issue's text, each once, in order."""

    def __init__(self, issue: Issue) -> None:
        self._issue = issue
        self._findings: dict[Finding, None] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings so far."""
        return tuple(self._findings)

    def line(self, line: int) -> int:
        """Return the 1-based line of the file for a 0-based line of the body."""
        return self._issue.body_line + line

    def add(self, rule: str, line: int, message: str, remedy: str = "", level: Level = Level.WARNING) -> None:
        """Add a finding; `line` is 0-based in the body."""
        finding = Finding(
            rule=rule, level=level, file=self._issue.file, line=self.line(line), message=message, remedy=remedy
        )
        self._findings[finding] = None


_DEFINITION = re.compile(r" {0,3}\[\^(?P<label>[^\]\s]+)\]:")
_REFERENCE = re.compile(r"\[\^(?P<label>\w[\w.-]*)\]")


def footnote_lines(lines: Sequence[str]) -> dict[str, int]:
    """Return the label of each footnote that is defined in `lines`, with the 0-based line of its definition."""
    definitions: dict[str, int] = {}
    for number, line in enumerate(lines):
        if definition := _DEFINITION.match(line):
            definitions.setdefault(definition["label"], number)
    return definitions


def warn_undefined_footnotes(tokens: Sequence[Token], in_parts: Mapping[str, int], collector: FindingCollector) -> None:
    """Report references without a footnote; `in_parts` are footnotes in parts that only some readers get."""
    for token in tokens:
        line = token.map[0] if token.map else 0
        for child in token.children or ():
            if child.type in {"softbreak", "hardbreak"}:
                line += 1
            for reference in _REFERENCE.finditer(child.content) if child.type == "text" else ():
                if f"\\{reference[0]}" not in token.content:  # escaped, so meant literally
                    _warn_undefined_footnote(reference["label"], line, in_parts, collector)


def _warn_undefined_footnote(label: str, line: int, in_parts: Mapping[str, int], collector: FindingCollector) -> None:
    if label in in_parts:
        collector.add(
            "note",
            line,
            f"the footnote '[^{label}]' is defined only in a part (line {collector.line(in_parts[label])}), "
            "and readers who do not get that part see only its mark",
            "Define it outside the part, or refer to it only inside",
        )
        return
    message = f"the footnote '[^{label}]' is not defined anywhere, so the mark is left as it is"
    collector.add("note", line, message, f"Write a line that begins with [^{label}]:")


_UNPARSED_PICTURE = re.compile(r"!\[[^\]\n]*\]\((?P<file>[^()\n]+(?:\([^()\n]*\)[^()\n]*)*)\)")
_WIKI_LINK = re.compile(r"(?P<bang>!?)\[\[(?P<name>[^\[\]\n]+)\]\]")
_TABLE_OF_CONTENTS = frozenset({"toc", "_toc_"})


def warn_unparsed_links(tokens: Sequence[Token], collector: FindingCollector) -> None:
    """Report pictures and wiki links that are not Markdown and stay as they were typed."""
    for token in tokens:
        line = token.map[0] if token.map else 0
        for child in token.children or ():
            if child.type in {"softbreak", "hardbreak"}:
                line += 1
            if child.type == "text":
                _warn_unparsed_link(child.content, token.content, line, collector)


def _warn_unparsed_link(text: str, source: str, line: int, collector: FindingCollector) -> None:
    for picture in _UNPARSED_PICTURE.finditer(text):
        if picture[0] not in source or f"\\{picture[0]}" in source:
            continue  # escaped, so meant literally
        file = picture["file"].strip()
        has_blank = " " in file and "<" not in file
        collector.add(
            "picture",
            line,
            f"'{picture[0][:60]}' is not a valid picture, so it is shown as text",
            f"Put the file name in <>: ![...](<{file[:40]}>)" if has_blank else "Name a file beside the issue",
        )
    for wiki_link in _WIKI_LINK.finditer(text):
        if (
            wiki_link[0] in source
            and f"\\{wiki_link[0]}" not in source
            and wiki_link["name"].strip().lower() not in _TABLE_OF_CONTENTS
        ):
            remedy = "Write ![what it shows](<file>)" if wiki_link["bang"] else "Write [text](address)"
            collector.add(
                "link",
                line,
                f"'{wiki_link[0][:60]}' is a wiki link, which only Obsidian understands, so it is shown as text",
                remedy,
            )
