"""Links and pictures that stand in a letter as they were typed, since they are none the way they are written."""

import re
from collections.abc import Sequence

from markdown_it.token import Token

from newsletter.compose.remarks import Remarks

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
                _remark(child.content, token.content, line, remarks)


def _remark(text: str, source: str, line: int, remarks: Remarks) -> None:
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
