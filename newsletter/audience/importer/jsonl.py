"""JSON Lines reader: a list as `newsletter subscribers export --json` writes it, read back as rows.

Each line is one person with all their consents, or one suppression whose address is known only as a hash.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from newsletter.audience.custom_fields import FieldKind, read_value
from newsletter.audience.importer.cell_values import field_name, read_tags
from newsletter.audience.importer.csv_file import ImportFile, row_finding
from newsletter.audience.importer.csv_reader import LINE_LENGTH
from newsletter.audience.importer.rows import Row
from newsletter.audience.models import Consent, ConsentAct, SubscriptionState, SuppressionReason
from newsletter.audience.text_cleanup import FIELD_LENGTH, cleaned, cleaned_name
from newsletter.finding import Finding, Level

_HASH = re.compile("[0-9a-fA-F]{32}")
_Value = TypeVar("_Value", bound=StrEnum)
_Kind = TypeVar("_Kind", dict[str, Any], list[Any])
_REMEDY = "Correct the line and import again; the rest was read"


class HashRow(NamedTuple):
    """A suppression whose address is known only as a hash."""

    line: int
    address_hash: bytes
    key_name: str
    """Names the key with which the hash was made."""
    reason: SuppressionReason
    at: datetime
    origin: str


def read_json_rows(
    source: ImportFile, kinds: Mapping[str, FieldKind] | None = None
) -> Iterator[Row | HashRow | Finding]:
    """Yield a file's people and suppressions in order; a line that is neither is a finding."""
    with source.path.open(encoding=source.encoding, errors="replace", newline="\n") as file:
        for line, text in enumerate(iter(lambda: file.readline(LINE_LENGTH), ""), 1):
            if not text.strip():
                continue
            try:
                yield from _read_line(source, line, json.loads(text), kinds or {})
            except json.JSONDecodeError as error:
                message = f"not JSON: {error.msg}, at column {error.colno}"
                yield row_finding(source.name, line, message, _REMEDY)
            except RecursionError:
                yield row_finding(source.name, line, "JSON that is nested too deeply", _REMEDY)
            except KeyError as error:
                yield row_finding(source.name, line, f"not a line of an export: {error} is missing", _REMEDY)
            except (ValueError, TypeError) as error:
                yield row_finding(source.name, line, f"not a line of an export: {cleaned(str(error), 80)}", _REMEDY)


def _read_line(
    source: ImportFile, line: int, record: Any, kinds: Mapping[str, FieldKind]
) -> Iterator[Row | HashRow | Finding]:
    if not isinstance(record, dict):
        raise TypeError("it is not an object")
    if "suppressed_hash" in record:
        yield _read_hash(line, record)
    else:
        yield from _read_person(source, line, record, kinds)


def _read_person(
    source: ImportFile, line: int, record: Mapping[str, Any], kinds: Mapping[str, FieldKind]
) -> Iterator[Row | Finding]:
    fields: dict[str, str] = {}
    for name, value in _member(record, "fields", dict).items():
        key, text = field_name(str(name)), cleaned(str(value), FIELD_LENGTH)
        kind = kinds.get(key, FieldKind.TEXT)
        converted = read_value(kind, text)
        if key and converted:
            fields[key] = converted
        elif key and text:
            message = f"{key} '{cleaned(text, 40)}' is not a {kind}, so it was left out"
            yield row_finding(source.name, line, message, "Correct it and import again", Level.WARNING)
    yield Row(
        line,
        cleaned(str(record.get("email") or ""), FIELD_LENGTH),
        cleaned_name(str(record.get("first_name") or "")),
        cleaned_name(str(record.get("last_name") or "")),
        fields,
        _enum_value(SubscriptionState, record.get("state") or SubscriptionState.CONFIRMED),
        _enum_value(SuppressionReason, record["suppressed"]) if record.get("suppressed") else None,
        "",
        tuple(dict.fromkeys(tag for text in _member(record, "tags", list) for tag in read_tags(str(text)))),
        tuple(map(_read_consent, _member(record, "consents", list))),
        _read_time(record["changed_at"]) if record.get("changed_at") else None,
        _read_time(record["named_at"]) if record.get("named_at") else None,
    )


def _read_consent(record: Any) -> Consent:
    if not isinstance(record, dict):
        raise TypeError("a consent is not an object")

    def text(name: str) -> str:
        return cleaned(str(record.get(name) or ""), FIELD_LENGTH)

    return Consent(
        act=_enum_value(ConsentAct, record["act"]),
        at=_read_time(record["at"]),
        origin=text("origin"),
        evidence=text("evidence"),
        consent_text=text("words"),
        mail=text("mail"),
    )


def _read_hash(line: int, record: Mapping[str, Any]) -> HashRow:
    if not _HASH.fullmatch(digits := str(record["suppressed_hash"])):
        raise ValueError(f"'{digits[:40]}' is not a hash of 32 hex digits")
    reason = _enum_value(SuppressionReason, record["reason"])
    origin = cleaned(str(record.get("origin") or ""), FIELD_LENGTH)
    at = _read_time(record["at"])
    return HashRow(line, bytes.fromhex(digits), str(record.get("key") or ""), reason, at, origin)


def _member(record: Mapping[str, Any], name: str, kind: type[_Kind]) -> _Kind:
    """Return a member of a record, empty if it is missing; TypeError if it is of another kind."""
    member = record.get(name) or kind()
    if not isinstance(member, kind):
        raise TypeError(f"{name} is not {'a list' if kind is list else 'an object'}")
    return member


def _enum_value(kind: type[_Value], value: Any) -> _Value:
    """Return the member of an enumeration with this value; ValueError if it has none."""
    if value not in list(kind):
        raise ValueError(f"unknown word '{str(value)[:40]}'. Known here: {', '.join(kind)}")
    return kind(value)


def _read_time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"'{str(text)[:40]}' is not a time such as 2026-11-03T08:00:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
