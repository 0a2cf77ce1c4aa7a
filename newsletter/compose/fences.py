"""The `:::` fences around boxes: each closes the innermost box, however many colons its author typed."""

import re

_FENCE = re.compile(r"^(?P<indent> {0,3})(?P<colons>:{3,})(?P<words>.*)$")
_CODE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})")
_MAX_DEPTH = 8


def paired(text: str) -> str:
    """Return `text` with as many colons at each fence as its depth needs, line by line as it was.

    The parser closes a box at the next fence of its length, also where another box of that length lies within.
    Boxes deeper than anybody reads lose their fences and keep their content.
    """
    if ":::" not in text:
        return text
    lines = text.split("\n")
    waiting: list[tuple[int, int]] = []
    pairs: list[tuple[int, int, int]] = []
    code = ""
    for number, line in enumerate(lines):
        mark = _CODE.match(line)
        if code:
            code = "" if mark and mark["mark"].startswith(code) and not line.strip(" `~") else code
            continue
        if mark:
            code = mark["mark"]
            continue
        fence = _FENCE.match(line)
        if fence is None:
            continue
        if fence["words"].strip(" :\t"):
            waiting.append((number, len(fence["colons"])))
            if len(waiting) > _MAX_DEPTH:
                lines[number] = ""
        elif waiting:
            same = [at for at, (_line, colons) in enumerate(waiting) if colons == len(fence["colons"])]
            del waiting[(same[-1] if same else len(waiting) - 1) + 1 :]
            begin, _colons = waiting.pop()
            pairs.append((begin, number, len(waiting)))
    for begin, end, depth in pairs:
        colons = ":" * (3 + _MAX_DEPTH - depth) if depth < _MAX_DEPTH else ""
        lines[begin] = _FENCE.sub(rf"\g<indent>{colons}\g<words>", lines[begin])
        lines[end] = colons
    return "\n".join(lines)
