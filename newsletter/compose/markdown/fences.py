"""Fences of `:::` containers: each closing fence ends the innermost container, whatever its number of colons."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_FENCE = re.compile(r"^(?P<indent> {0,3})(?P<colons>:{3,})(?P<info>.*)$")
_CODE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})")
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A container between two fences."""

    begin: int
    """The 0-based line of its opening fence."""
    end: int
    """The line of its closing fence, or of the end of whatever encloses it."""
    is_closed: bool
    """Whether the closing fence is its own."""
    depth: int
    info: str
    """The text behind the colons of its opening fence: a name and arguments."""


def find_fences(lines: Sequence[str]) -> list[Fence]:
    """Return all containers in the order in which they begin."""
    open_fences: list[tuple[int, int, str]] = []
    fences: list[Fence] = []

    def end(until: int, at: int, *, is_closed: bool) -> None:
        while len(open_fences) > at:
            begin, _colons, info = open_fences.pop()
            is_own = is_closed and len(open_fences) == at
            fences.append(Fence(begin=begin, end=until, is_closed=is_own, depth=len(open_fences), info=info))

    for number, fence in _fences(lines):
        colons = len(fence["colons"])
        if fence["info"].strip(" :\t"):
            open_fences.append((number, colons, fence["info"]))
        elif open_fences:
            same = [at for at, (_line, other, _info) in enumerate(open_fences) if other == colons]
            end(number, same[-1] if same else len(open_fences) - 1, is_closed=True)
    end(len(lines), 0, is_closed=False)
    return sorted(fences, key=lambda fence: fence.begin)


def normalise_fences(text: str) -> str:
    """Return `text` with the number of colons that each fence needs for its depth; the lines stay the same.

    The parser ends a container at the next fence of the same length, even one that belongs to a container inside it.
    Containers nested too deep lose their fences and keep their content.
    """
    if ":::" not in text:
        return text
    lines = text.split("\n")
    for fence in find_fences(lines):
        is_too_deep = fence.depth >= _MAX_DEPTH
        colons = ":" * (3 + _MAX_DEPTH - fence.depth)
        if is_too_deep:
            lines[fence.begin] = ""
        elif fence.is_closed:
            lines[fence.begin] = _FENCE.sub(rf"\g<indent>{colons}\g<info>", lines[fence.begin])
        if fence.is_closed:
            lines[fence.end] = "" if is_too_deep else colons
    return "\n".join(lines)


def _fences(lines: Sequence[str]) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield the fences and their lines, except those in code blocks."""
    code = ""
    for number, line in enumerate(lines):
        match = _CODE.match(line)
        if code:
            code = "" if match and match["mark"].startswith(code) and not line.strip(" `~") else code
        elif match:
            code = match["mark"]
        elif fence := _FENCE.match(line):
            yield number, fence
