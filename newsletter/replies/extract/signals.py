"""What introductions of quotations have in common in every language: addresses, dates, times and drawn lines."""

import re

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


def holds_address(text: str) -> bool:
    """Whether an e-mail address stands in it."""
    return "@" in text and ADDRESS.search(text) is not None


def is_rule(text: str) -> bool:
    """Whether a line is blank or only drawn."""
    return not text.strip(RULE_CHARACTERS)


def shows_date(text: str) -> bool:
    """Whether a year or a date in figures stands in it."""
    return _YEAR.search(text) is not None or _DATE.search(text) is not None
