"""JSON Lines: a list as this program writes it, one person or one suppression a line, read back as rows."""

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
from newsletter.audience.text_cleaning import FIELD_LENGTH, cleaned, cleaned_name
from newsletter.finding import Finding, Level

_HASH = re.compile("[0-9a-fA-F]{32}")
_Word = TypeVar("_Word", bound=StrEnum)
_Kind = TypeVar("_Kind", dict[str, Any], list[Any])
_REMEDY = "Mend the line and import again; the rest was read"


class HashRow(NamedTuple):
    """A suppression whose address is not told."""

    line: int
    address_hash: bytes
    key_name: str
    """Under which key the hash was made."""
    reason: SuppressionReason
    at: datetime
    origin: str


def read_json_rows(
    sheet: ImportFile, kinds: Mapping[str, FieldKind] | None = None
) -> Iterator[Row | HashRow | Finding]:
    """Read a file's people and suppressions in order; a line that is neither is a finding."""
    with sheet.path.open(encoding=sheet.encoding, errors="replace", newline="\n") as file:
        for line, text in enumerate(iter(lambda: file.readline(LINE_LENGTH), ""), 1):
            if not text.strip():
                continue
            try:
                yield from _read_line(sheet, line, json.loads(text), kinds or {})
            except json.JSONDecodeError as error:
                message = f"no JSON: {error.msg}, at column {error.colno}"
                yield row_finding(sheet.name, line, message, _REMEDY)
            except RecursionError:
                yield row_finding(sheet.name, line, "JSON that is nested too deep", _REMEDY)
            except KeyError as error:
                yield row_finding(sheet.name, line, f"no line of an export: {error} is missing", _REMEDY)
            except (ValueError, TypeError) as error:
                yield row_finding(sheet.name, line, f"no line of an export: {cleaned(str(error), 80)}", _REMEDY)


def _read_line(
    sheet: ImportFile, line: int, told: Any, kinds: Mapping[str, FieldKind]
) -> Iterator[Row | HashRow | Finding]:
    if not isinstance(told, dict):
        raise TypeError("it is no object")
    if "suppressed_hash" in told:
        yield _hash_row(line, told)
    else:
        yield from _person(sheet, line, told, kinds)


def _person(
    sheet: ImportFile, line: int, told: Mapping[str, Any], kinds: Mapping[str, FieldKind]
) -> Iterator[Row | Finding]:
    fields: dict[str, str] = {}
    for name, value in _part(told, "fields", dict).items():
        key, text = field_name(str(name)), cleaned(str(value), FIELD_LENGTH)
        kind = kinds.get(key, FieldKind.TEXT)
        spelled = read_value(kind, text)
        if key and spelled:
            fields[key] = spelled
        elif key and text:
            message = f"{key} '{cleaned(text, 40)}' is no {kind}, so it was left out"
            yield row_finding(sheet.name, line, message, "Mend it and import again", Level.WARNING)
    yield Row(
        line,
        cleaned(str(told.get("email") or ""), FIELD_LENGTH),
        cleaned_name(str(told.get("first_name") or "")),
        cleaned_name(str(told.get("last_name") or "")),
        fields,
        _word(SubscriptionState, told.get("state") or SubscriptionState.CONFIRMED),
        _word(SuppressionReason, told["suppressed"]) if told.get("suppressed") else None,
        "",
        tuple(dict.fromkeys(tag for each in _part(told, "tags", list) for tag in read_tags(str(each)))),
        tuple(map(_consent, _part(told, "consents", list))),
        _moment(told["changed_at"]) if told.get("changed_at") else None,
        _moment(told["named_at"]) if told.get("named_at") else None,
    )


def _part(told: Mapping[str, Any], name: str, kind: type[_Kind]) -> _Kind:
    """Return a part of a line, empty where it is not there; TypeError if it is of another kind."""
    part = told.get(name) or kind()
    if not isinstance(part, kind):
        raise TypeError(f"{name} is no {'list' if kind is list else 'object'}")
    return part


def _word(kind: type[_Word], told: Any) -> _Word:
    """Return one of a few words; ValueError if it is none of them."""
    if told not in list(kind):
        raise ValueError(f"unknown word '{str(told)[:40]}'. Known here: {', '.join(kind)}")
    return kind(told)


def _consent(told: Any) -> Consent:
    if not isinstance(told, dict):
        raise TypeError("a consent is no object")
    return Consent(
        act=_word(ConsentAct, told["act"]),
        at=_moment(told["at"]),
        **{name: cleaned(str(told.get(name) or ""), FIELD_LENGTH) for name in ("origin", "evidence", "words", "mail")},
    )


def _hash_row(line: int, told: Mapping[str, Any]) -> HashRow:
    if not _HASH.fullmatch(written := str(told["suppressed_hash"])):
        raise ValueError(f"'{written[:40]}' is no hash of 32 hex digits")
    reason = _word(SuppressionReason, told["reason"])
    origin = cleaned(str(told.get("origin") or ""), FIELD_LENGTH)
    return HashRow(line, bytes.fromhex(written), str(told.get("key") or ""), reason, _moment(told["at"]), origin)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"'{str(text)[:40]}' is no time such as 2026-11-03T08:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
