"""The `:::` fences around boxes: each closes the innermost box, however many colons its author typed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_FENCE = re.compile(r"^(?P<indent> {0,3})(?P<colons>:{3,})(?P<words>.*)$")
_CODE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})")
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A box between two fences."""

    begin: int
    """0-based, the line of its first fence."""
    end: int
    """The line of its last fence, or where what holds it ends."""
    is_closed: bool
    """Whether that fence is its own."""
    depth: int
    words: str
    """What stands behind its colons."""


def fences_in(lines: Sequence[str]) -> list[Fence]:
    """Find all boxes, in the order in which they begin."""
    waiting: list[tuple[int, int, str]] = []
    found: list[Fence] = []

    def end(until: int, at: int, *, is_closed: bool) -> None:
        while len(waiting) > at:
            begin, _colons, words = waiting.pop()
            is_own = is_closed and len(waiting) == at
            found.append(Fence(begin=begin, end=until, is_closed=is_own, depth=len(waiting), words=words))

    for number, fence in _fences(lines):
        colons = len(fence["colons"])
        if fence["words"].strip(" :\t"):
            waiting.append((number, colons, fence["words"]))
        elif waiting:
            same = [at for at, (_line, others, _words) in enumerate(waiting) if others == colons]
            end(number, same[-1] if same else len(waiting) - 1, is_closed=True)
    end(len(lines), 0, is_closed=False)
    return sorted(found, key=lambda fence: fence.begin)


def paired(text: str) -> str:
    """Return `text` with as many colons at each fence as its depth needs, line by line as it was.

    The parser closes a box at the next fence of its length, also where another box of that length lies within.
    Boxes deeper than anybody reads lose their fences and keep their content.
    """
    if ":::" not in text:
        return text
    lines = text.split("\n")
    for fence in fences_in(lines):
        is_too_deep = fence.depth >= _MAX_DEPTH
        colons = ":" * (3 + _MAX_DEPTH - fence.depth)
        if is_too_deep:
            lines[fence.begin] = ""
        elif fence.is_closed:
            lines[fence.begin] = _FENCE.sub(rf"\g<indent>{colons}\g<words>", lines[fence.begin])
        if fence.is_closed:
            lines[fence.end] = "" if is_too_deep else colons
    return "\n".join(lines)


def _fences(lines: Sequence[str]) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield the lines that are fences; those in listings are text."""
    code = ""
    for number, line in enumerate(lines):
        mark = _CODE.match(line)
        if code:
            code = "" if mark and mark["mark"].startswith(code) and not line.strip(" `~") else code
        elif mark:
            code = mark["mark"]
        elif fence := _FENCE.match(line):
            yield number, fence
