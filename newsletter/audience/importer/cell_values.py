"""Cell values: parse one cell of an imported file: an address, tags, fields as JSON, a consent, a date."""

import contextlib
import json
import re
from datetime import UTC, datetime
from typing import NamedTuple

from newsletter.address import Address, parse_simple
from newsletter.audience.custom_fields import FieldKind, read_value
from newsletter.audience.importer.columns import RESERVED_NAMES
from newsletter.audience.models import Consent, ConsentAct
from newsletter.audience.text_cleanup import FIELD_LENGTH, cleaned, cleaned_name, cleaned_tag

MAX_ATTRIBUTES = 100
_CONSENT = re.compile(rf"({'|'.join(ConsentAct)}) (\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ), (.*)")
_begins_with_an_iso_day = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])").match
_UNIX_SECONDS = re.compile(r"([12][0-9]{9})(?:[0-9]{3})?(?:\.[0-9]+)?")
_ADDRESS_WITH_NAME = re.compile(r"\s*(?:mailto:\s*|([^<>]*)<\s*(?:mailto:)?)([^<>\s]+)\s*>?\s*", re.IGNORECASE)


class WrittenAddress(NamedTuple):
    """An address as written in a cell, with the name if there is one."""

    local: str
    domain: str
    """In lower case."""
    first_name: str = ""
    last_name: str = ""


def read_address(cell: str) -> WrittenAddress:
    """Read `ann@example.org`, `mailto:ann@example.org` or `Ann Lee <ann@example.org>`; ValueError otherwise."""
    if parts := parse_simple(cell):
        return WrittenAddress(*parts)
    match = _ADDRESS_WITH_NAME.fullmatch(cell)
    if match and "@" in (match[1] or ""):  # two addresses, and it is not clear which one is meant
        match = None
    address = Address.parse(match[2] if match else cell)
    first_name, last_name = _split_name(cleaned_name(match[1]).strip(" \"'")) if match and match[1] else ("", "")
    return WrittenAddress(address.local, address.domain.lower(), first_name, last_name)


def field_name(text: str) -> str:
    """Return the name under which a field is kept; empty if the text has no letter or digit."""
    name = re.sub(r"\W+", "_", cleaned(text, 60).casefold()).strip("_")
    return f"{name}_2" if name in RESERVED_NAMES else name


def read_tags(text: str) -> list[str]:
    """Return the tags in a cell: separated by commas, semicolons or bars, perhaps quoted, or a JSON list."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        with contextlib.suppress(ValueError, RecursionError):
            text = ",".join(map(str, json.loads(text)))
    tags = (cleaned_tag(tag) for tag in re.split(r"[,;|]", text)) if text else ()
    return list(dict.fromkeys(tag for tag in tags if tag))


def read_attributes(cell: str) -> dict[str, str] | None:
    """Return the members of a JSON object in a cell as texts; None if the cell holds no JSON object."""
    if cell in {"", "{}", "null", "[]"}:
        return {}
    try:
        attributes = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    if not isinstance(attributes, dict):
        return None
    members = list(attributes.items())[:MAX_ATTRIBUTES]
    return {str(name): text for name, value in members if (text := _field_text(value))}


def read_consent(cell: str) -> tuple[Consent, ...]:
    """Return the last consent as our own CSV exports write it; empty if the cell holds something else."""
    if (match := _CONSENT.fullmatch(cell)) is None:
        return ()
    try:
        at = datetime.fromisoformat(match[2])
    except ValueError:
        return ()
    return (Consent(act=ConsentAct(match[1]), at=at, origin=match[3]),)


def with_iso_day(cell: str) -> str:
    """Return a date or time so that it begins with its ISO 8601 day; unchanged if no day can be read from it."""
    if _begins_with_an_iso_day(cell):
        return cell
    if match := _UNIX_SECONDS.fullmatch(cell):
        return datetime.fromtimestamp(int(match[1]), UTC).date().isoformat()
    return read_value(FieldKind.DATE, cell) or cell


def _split_name(name: str) -> tuple[str, str]:
    """Return the first and the last name in `Ann Lee` or `Lee, Ann`."""
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.partition(" ")
    return first.strip(), last.strip()


def _field_text(value: object) -> str:
    """Return a JSON value as the text of a field: the elements of a list joined; "" for an object or null."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return cleaned(str(value), FIELD_LENGTH)
        case list():
            return cleaned(", ".join(filter(None, map(_field_text, value))), FIELD_LENGTH)
        case _:
            return ""
