"""Lines of a message's body: the kind of each, and whether it holds an address, a date or a time."""

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_LINES = 10_000
"""Lines looked at; nobody's answer is longer."""

_INVISIBLE = re.compile(
    "[\u200b\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f]"
)
_BREAKS = re.compile("\r\n|[\r\u2028\u2029\u0085\u000b\u000c]")
_BARRED = re.compile(r"^\s{0,3}[|│](?: |$)")
_INITIALLED = re.compile(r"^\s{0,3}[A-Z]{1,4}>(?: |$)")
_CLOSING = re.compile(r"^>\s?[^>\s]{0,40}[^>]{0,40}[:：]$")
_WRAP_WIDTH = 60
_QUOTED = re.compile(r"^\s{0,3}>")
_PICTURE = re.compile(r"\[cid:[^\]\s]{1,200}\]|\[image: [^\]\n]{0,200}\]|<image\d{1,4}\.\w{3,4}>")

WIDEST = 600
"""Characters of a line that are looked at."""
RULE_CHARACTERS = "-_=*~#+‐‑‒–—―─━═ᐧ \t"

ADDRESS = re.compile(r"[\w.+'=%-]{1,80}@[\w-]{1,60}\.[\w.-]{2,80}")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d年|(?<!\d)25[5-9]\d(?!\d)")
_DATE = re.compile(r"(?<!\d)\d{1,4}([./-])\s?\d{1,2}\1\s?\d{2,4}(?!\d)|\d{1,2}\s?月\s?\d{1,2}\s?日|\d{1,2}월")
TIME = re.compile(
    r"(?<!\d)\d{1,2}\s?[:.h٫]\s?\d{2}(?!\d)|\d{1,2}\s?(?:am|pm|uhr|h)\b|[上下]午|오[전후]|\d{1,2}[時时]",
    re.IGNORECASE,
)


class LineKind(StrEnum):
    """The kind of a line."""

    TEXT = "text"
    QUOTE = "quote"
    OWN_QUOTE = "own quote"
    """A quotation that the writer made on purpose, unless an attribution precedes it."""
    ATTRIBUTION = "attribution"
    """Introduces a quotation: "On Monday Jo wrote:"."""
    DIVIDER = "divider"
    """From here on nothing is the writer's."""
    SIGNATURE = "signature"


@dataclass(slots=True)
class BodyLine:
    """One line; `kind` is refined step by step."""

    text: str
    kind: LineKind = LineKind.TEXT
    reason: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to read."""
        return not self.text.strip()


def cleaned(text: str) -> str:
    """Return `text` with plain line ends, without invisible or reordering characters and names of pictures."""
    text = _INVISIBLE.sub("", _BREAKS.sub("\n", text))
    text = _PICTURE.sub("", text)
    return text.replace("\u00a0", " ").replace("\u3000", " ").replace("\u202f", " ")


def read_lines(text: str) -> list[BodyLine]:
    """Return the lines of a plain-text body, those beginning with `>` as quotations."""
    written = _without_armour(cleaned(text).split("\n", MAX_LINES)[:MAX_LINES])
    lines = [BodyLine(line.rstrip(), LineKind.QUOTE if _QUOTED.match(line) else LineKind.TEXT) for line in written]
    _mark_other_quoting(lines)
    _mend_wrapped(lines)
    return lines


def _without_armour(lines: list[str]) -> list[str]:
    """Take off what signs a message in its own text, with its escapes (RFC 9580 section 7)."""
    start = next((n for n, line in enumerate(lines[:40]) if line.strip()), 0)
    if not lines or lines[start].rstrip() != "-----BEGIN PGP SIGNED MESSAGE-----":
        return lines
    body = next((n for n in range(start + 1, min(start + 10, len(lines))) if not lines[n].strip()), start)
    end = next((n for n, line in enumerate(lines) if line.rstrip() == "-----BEGIN PGP SIGNATURE-----"), len(lines))
    return [line.removeprefix("- ") for line in lines[body + 1 : end]]


def _mark_other_quoting(lines: list[BodyLine]) -> None:
    """Mark runs of `| ` and of initials (`JS> `), as some programs quote; a table's rows end with a bar too."""
    run: list[BodyLine] = []
    for line in [*lines, BodyLine("")]:
        is_barred = bool(_BARRED.match(line.text)) and not line.text.rstrip().endswith("|", 2)
        if line.kind is LineKind.TEXT and (is_barred or _INITIALLED.match(line.text)):
            run.append(line)
            continue
        if len(run) > 1 and any(quoted.text.strip("| \t") for quoted in run):  # bars alone are a frame
            for quoted in run:
                quoted.kind = LineKind.QUOTE
        run = []


def _mend_wrapped(lines: list[BodyLine]) -> None:
    """Undo what hard wrapping did: a `>` that closes an address above, and the torn-off end of a quoted line."""
    for before, line, after in zip(lines, lines[1:], [*lines[2:], BodyLine("")], strict=False):
        if line.kind is LineKind.QUOTE and before.kind is LineKind.TEXT and not before.is_blank:
            if before.text.rfind("<") > before.text.rfind(">") and _CLOSING.match(line.text):
                line.kind = LineKind.TEXT
        elif line.kind is LineKind.TEXT and before.kind is LineKind.QUOTE and len(before.text) >= _WRAP_WIDTH:
            is_torn = line.text[:1].islower() or line.text[:1] in ",.;)"
            if is_torn and after.kind is LineKind.QUOTE:
                line.kind = LineKind.QUOTE


def holds_address(text: str) -> bool:
    """Whether it contains an email address."""
    return "@" in text and ADDRESS.search(text) is not None


def is_rule(text: str) -> bool:
    """Whether a line is blank or only drawn."""
    return not text.strip(RULE_CHARACTERS)


def shows_date(text: str) -> bool:
    """Whether it contains a year or a numeric date."""
    return _YEAR.search(text) is not None or _DATE.search(text) is not None
