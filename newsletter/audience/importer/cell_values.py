"""Within a cell: several tags, fields as JSON, a consent as our own sheets tell it, a day in whatever spelling."""

import contextlib
import json
import re
from datetime import UTC, datetime

from newsletter.audience.custom_fields import FieldKind, read_value
from newsletter.audience.importer.columns import RESERVED
from newsletter.audience.models import Consent, ConsentAct
from newsletter.audience.text_cleaning import FIELD_LENGTH, cleaned, cleaned_tag

MAX_ATTRIBUTES = 100
_CONSENT = re.compile(rf"({'|'.join(ConsentAct)}) (\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ), (.*)")
_BEGINS_WITH_A_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])").match
_SECONDS = re.compile(r"([12][0-9]{9})(?:[0-9]{3})?(?:\.[0-9]+)?")


def field_name(text: str) -> str:
    """Return the name under which a field is kept; empty if there is none in the text."""
    name = re.sub(r"\W+", "_", cleaned(text, 60).casefold()).strip("_")
    return f"{name}_2" if name in RESERVED else name


def read_tags(text: str) -> list[str]:
    """Return the tags in a cell, parted by commas, semicolons or bars, in quotation marks or a JSON list."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        with contextlib.suppress(ValueError, RecursionError):
            text = ",".join(map(str, json.loads(text)))
    tags = (cleaned_tag(tag) for tag in re.split(r"[,;|]", text)) if text else ()
    return list(dict.fromkeys(tag for tag in tags if tag))


def read_attributes(cell: str) -> dict[str, str] | None:
    """Return what a JSON object in a cell tells, by the names that it has there; None if there is none."""
    if cell in {"", "{}", "null", "[]"}:
        return {}
    try:
        told = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    return {str(name): text for name, value in list(told.items())[:MAX_ATTRIBUTES] if (text := _spelled(value))}


def read_history(cell: str) -> tuple[Consent, ...]:
    """Return the last consent as our own sheets tell it, nothing if a cell says something else."""
    if (found := _CONSENT.fullmatch(cell)) is None:
        return ()
    try:
        at = datetime.fromisoformat(found[2])
    except ValueError:
        return ()
    return (Consent(act=ConsentAct(found[1]), at=at, origin=found[3]),)


def day_first(cell: str) -> str:
    """Return a moment such that it begins with its day as ISO 8601 has it, unchanged if no day is found in it."""
    if _BEGINS_WITH_A_DAY(cell):
        return cell
    if found := _SECONDS.fullmatch(cell):
        return datetime.fromtimestamp(int(found[1]), UTC).date().isoformat()
    return read_value(FieldKind.DATE, cell) or cell


def _spelled(value: object) -> str:
    """Return a JSON value as a field has it; of lists the elements, of objects nothing."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return cleaned(str(value), FIELD_LENGTH)
        case list():
            return cleaned(", ".join(filter(None, map(_spelled, value))), FIELD_LENGTH)
        case _:
            return ""
