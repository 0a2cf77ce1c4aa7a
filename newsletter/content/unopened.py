"""Keys at the top of a file with no line that opens them: Hexo closes them by `---`, Pelican by a blank line."""

import re
from collections.abc import Sequence

from newsletter.content.fields import KNOWN, OTHERS, UNDERSTOOD

_KEY = re.compile(r"([A-Za-z][\w-]*):(?:[ \t]+(.*))?$")
_CONTINUED = re.compile(r"[ \t]+\S|-[ \t]+\S")
_MOST_LINES = 200


def unopened_end(lines: Sequence[str]) -> int:
    """Return at which line such keys end, counted from 0; 0 when the file begins with its text.

    A sentence may well begin with a word and a colon, so a title and another key that is known are asked for.
    """
    keys: list[str] = []
    for number, line in enumerate(lines[:_MOST_LINES]):
        if match := _KEY.match(line.rstrip()):
            keys.append(match[1].lower())
        elif not line.strip() or line.rstrip() == "---":
            known = {key for key in keys if key in KNOWN or key in UNDERSTOOD or key in OTHERS}
            return number if "title" in known and len(known) > 1 else 0
        elif not (keys and _CONTINUED.match(line)):
            return 0
    return 0


def plain_values(lines: Sequence[str]) -> tuple[dict[str, str], dict[str, int]]:
    """Return what each key says, in small letters and as it is written, and the 1-based line of each."""
    values: dict[str, str] = {}
    at: dict[str, int] = {}
    last = ""
    for number, line in enumerate(lines, 1):
        if match := _KEY.match(line.rstrip()):
            last = match[1].lower()
            values[last], at[last] = (match[2] or "").strip(), number
        else:
            values[last] += f" {line.strip()}"
    return values, at
