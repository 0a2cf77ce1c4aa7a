"""Lines of a mail's body and what each of them is, before anything is cut."""

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_LINES = 20_000
"""Lines looked at; nobody's answer is longer."""

_INVISIBLE = re.compile(
    "[\u200b\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f]"
)
_BREAKS = re.compile("\r\n|[\r\u2028\u2029\u0085\u000b\u000c]")
_QUOTED = re.compile(r"^\s{0,3}>")


class Kind(StrEnum):
    """What a line is taken for."""

    TEXT = "text"
    QUOTE = "quote"
    OWN_QUOTE = "own quote"
    """A quotation that the writer made on purpose, unless an attribution stands before it."""
    ATTRIBUTION = "attribution"
    """Introduces a quotation: "On Monday Jo wrote:"."""
    DIVIDER = "divider"
    """From here on nothing is the writer's."""
    SIGNATURE = "signature"


@dataclass(slots=True)
class Line:
    """One line; `kind` is refined step by step."""

    text: str
    kind: Kind = Kind.TEXT
    reason: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to read."""
        return not self.text.strip()


def cleaned(text: str) -> str:
    """Return `text` with plain line ends and without characters that cannot be seen or that reorder others."""
    text = _INVISIBLE.sub("", _BREAKS.sub("\n", text))
    return text.replace("\u00a0", " ").replace("\u3000", " ").replace("\u202f", " ")


def read_lines(text: str) -> list[Line]:
    """Return the lines of a plain-text body, those beginning with `>` as quotations."""
    written = cleaned(text).split("\n", MAX_LINES)[:MAX_LINES]
    return [Line(line.rstrip(), Kind.QUOTE if _QUOTED.match(line) else Kind.TEXT) for line in written]
