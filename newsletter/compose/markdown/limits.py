"""Limits on an issue's text: one that would take seconds to compose is truncated, and deep nesting is flattened."""

import re

MAX_WEIGHT = 1_400_000
"""The largest weight that is composed whole; a unit is about a microsecond."""
_WEIGHTS = {
    "\n": 40, "|": 60, "<": 20, "[": 20, "]": 20, "*": 20, "_": 20, "`": 20, '"': 20, "'": 20, "~": 20, "#": 20,
    "- ": 20, ":::": 150, "![": 200, "{.": 200, "\n: ": 60, "[^": 60, "://": 60,
}  # fmt: skip
_MAX_DEPTH = 16
_BRACKETS = re.compile(r"(?:!?\[){60,}")
_MARKERS = re.compile(r"^(?P<indent>[ \t]*)(?P<markers>(?:(?:[-*+>]|\d{1,9}[.)])[ \t]*){17,})(?=\S)", re.MULTILINE)
_DEEP_INDENT = re.compile(r"^[ \t]{80,}(?=([-*+>]|\d{1,9}[.)])[ \t])", re.MULTILINE)


def truncate_text(text: str) -> tuple[str, int | None]:
    """Return as much of `text` as can be composed, and the 0-based line of the cut; None if all of it can."""
    if _weight(text) <= MAX_WEIGHT:
        return text, None
    lines = text.split("\n")
    remaining = MAX_WEIGHT
    for number, line in enumerate(lines):
        weight = _weight(f"\n{line}")
        if weight > remaining:
            kept = lines[:number]
            if not kept or weight > MAX_WEIGHT // 2:
                kept.append(_truncate_line(line, remaining))
            return "\n".join(kept), number
        remaining -= weight
    return text, None


def _weight(text: str) -> int:
    return len(text) // 2 + sum(text.count(mark) * weight for mark, weight in _WEIGHTS.items())


def _truncate_line(line: str, remaining: int) -> str:
    """Return as many words of a line as the remaining weight allows."""
    share = max(remaining, 0) / max(_weight(line), 1)
    head = line[: int(len(line) * share)]
    return head.rpartition(" ")[0] or head


def flatten_nesting(text: str) -> tuple[str, int | None]:
    """Flatten lists and quotations nested too deep; return the text and the first changed line, 1-based."""
    changed_lines: list[int] = []

    def flatten(match: re.Match[str]) -> str:
        if len(set(match["markers"].replace(" ", "").replace("\t", ""))) == 1 and match["markers"][0] in "-*+":
            rest = text[match.end() : text.find("\n", match.end()) if "\n" in text[match.end() :] else len(text)]
            if not rest.strip(f"{match['markers'][0]} \t"):
                return match[0]  # a thematic break
        changed_lines.append(text.count("\n", 0, match.start()) + 1)
        kept = re.findall(r"(?:[-*+>]|\d{1,9}[.)])[ \t]*", match["markers"])[:_MAX_DEPTH]
        return match["indent"] + "".join(kept)

    flattened = _MARKERS.sub(flatten, text)
    if deep := _DEEP_INDENT.search(flattened):
        changed_lines.append(flattened.count("\n", 0, deep.start()) + 1)
        flattened = _DEEP_INDENT.sub(" " * 40, flattened)
    if run := _BRACKETS.search(flattened):
        changed_lines.append(flattened.count("\n", 0, run.start()) + 1)
        flattened = _BRACKETS.sub(lambda brackets: brackets[0].replace("[", "\\["), flattened)
    return flattened, min(changed_lines, default=None)
