"""How much text one letter can hold: what would take seconds to compose is cut, at a line and with a finding."""

MOST = 1_400_000
"""The weight of the longest text that is composed whole; about a microsecond each."""
_MARKS = {
    "\n": 40, "|": 60, "<": 20, "[": 20, "]": 20, "*": 20, "_": 20, "`": 20, '"': 20, "'": 20, "~": 20, "#": 20,
    "- ": 20, ":::": 150, "![": 200, "{.": 200, "\n: ": 60, "[^": 60, "://": 60,
}  # fmt: skip


def cut(text: str) -> tuple[str, int | None]:
    """Return what of `text` can be composed, and the 0-based line from which on it cannot; None for all of it."""
    if _weight(text) <= MOST:
        return text, None
    lines = text.split("\n")
    left = MOST
    for number, line in enumerate(lines):
        weight = _weight(f"\n{line}")
        if weight > left:
            kept = lines[:number]
            if not kept or weight > MOST // 2:
                kept.append(_cut_line(line, left))
            return "\n".join(kept), number
        left -= weight
    return text, None


def _weight(text: str) -> int:
    return len(text) // 2 + sum(text.count(mark) * weight for mark, weight in _MARKS.items())


def _cut_line(line: str, room: int) -> str:
    """Return as many words of a line as there is room for."""
    share = max(room, 0) / max(_weight(line), 1)
    head = line[: int(len(line) * share)]
    return head.rpartition(" ")[0] or head
