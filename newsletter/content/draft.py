"""A new draft (`newsletter new`): the issue's file with the front matter that an author fills in."""

import json
import os
import re
import unicodedata
from datetime import datetime
from pathlib import Path

from newsletter.atomic_file import write_atomically
from newsletter.content.issue import Slug
from newsletter.errors import UsageError
from newsletter.settings import Settings

_TRANSLITERATION = str.maketrans({
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h",
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "i",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "iu",
    "я": "ia", "є": "ie", "і": "i", "ї": "i", "ґ": "g",
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
    "'": "", "’": "",
})  # fmt: skip
_DRAFT = """\
---
title: {title}
preheader: ""      # what an inbox shows after the subject
date: {date:%Y-%m-%d}
status: draft      # 'ready' includes it in 'newsletter send' and in the archive
---

Dear {{{{ subscriber.first_name | default("friend") }}}},

"""


def create_draft(settings: Settings, title: str, *, now: datetime) -> Path:
    """Write `issues/<slug>/index.md` for a new issue and return its path.

    UsageError if the title is empty or an issue of that name exists; nothing is ever replaced.
    """
    title = re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", title).strip()
    if not title:
        raise UsageError("an issue needs a title: newsletter new 'A title'")
    slug = _slug_of_title(title) or _slug_of_date(settings, now)
    folder = settings.issues / slug.text
    for path in (folder, settings.issues / f"{slug}.md"):
        if os.path.lexists(path):
            raise UsageError(f"{path.relative_to(settings.root)} already exists. Choose another title, or edit it")
    folder.mkdir(parents=True)
    path = folder / "index.md"
    try:
        write_atomically(path, _DRAFT.format(title=json.dumps(title, ensure_ascii=False), date=now).encode())
    except OSError:
        folder.rmdir()
        raise
    return path


def _slug_of_title(title: str) -> Slug | None:
    """Return the title transliterated to a slug; None if ASCII can carry less than half of its letters."""
    composed = unicodedata.normalize("NFKC", title).lower().translate(_TRANSLITERATION)
    plain = unicodedata.normalize("NFKD", composed).translate(_TRANSLITERATION)
    letters = [char for char in plain if char.isalnum()]
    ascii_letters = [char for char in letters if char.isascii()]
    text = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")
    if not text or len(ascii_letters) * 2 < len(letters):
        return None
    return Slug(text if len(text) <= 60 else text[:61].rpartition("-")[0] or text[:60])


def _slug_of_date(settings: Settings, now: datetime) -> Slug:
    """Return the date as a slug, numbered if an issue has it already."""
    day, number = f"{now:%Y-%m-%d}", 1
    slug = Slug(day)
    while os.path.lexists(settings.issues / slug.text) or os.path.lexists(settings.issues / f"{slug}.md"):
        number += 1
        slug = Slug(f"{day}-{number}")
    return slug
