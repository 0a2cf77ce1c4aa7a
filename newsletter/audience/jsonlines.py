"""JSON Lines: a list as this program writes it, one person or one suppression a line, read back as rows."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from newsletter.audience.cells import FIELD_LENGTH, cleaned, cleaned_name
from newsletter.audience.fields import FieldKind, read_value
from newsletter.audience.records import LINE_LENGTH
from newsletter.audience.rows import Row, field_name, read_tags
from newsletter.audience.sheet import Sheet, row_finding
from newsletter.audience.subscriber import Consent, ConsentAct, SubscriptionState, SuppressionReason
from newsletter.finding import Finding, Level

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
    sheet: Sheet, kinds: Mapping[str, FieldKind] | None = None
) -> Iterator[Row | HashRow | Finding]:
    """Read a file's people and suppressions in order; a line that is neither is a finding."""
    with sheet.path.open(encoding=sheet.encoding, errors="replace", newline="\n") as file:
        for line, text in enumerate(iter(lambda: file.readline(LINE_LENGTH), ""), 1):
            if not text.strip():
                continue
            try:
                yield from _read_line(sheet, line, json.loads(text), kinds or {})
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                message = f"no line of an export: {cleaned(str(error), 80) or type(error).__name__}"
                yield row_finding(sheet.name, line, message, _REMEDY)


def _read_line(
    sheet: Sheet, line: int, told: Any, kinds: Mapping[str, FieldKind]
) -> Iterator[Row | HashRow | Finding]:
    if not isinstance(told, dict):
        raise TypeError("no object")
    if "suppressed_hash" in told:
        yield _hash_row(line, told)
    else:
        yield from _person(sheet, line, told, kinds)


def _person(
    sheet: Sheet, line: int, told: Mapping[str, Any], kinds: Mapping[str, FieldKind]
) -> Iterator[Row | Finding]:
    fields: dict[str, str] = {}
    for name, value in dict(told.get("fields") or {}).items():
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
        SubscriptionState(told.get("state") or SubscriptionState.CONFIRMED),
        SuppressionReason(told["suppressed"]) if told.get("suppressed") else None,
        "",
        tuple(read_tags(",".join(map(str, told.get("tags") or ())))),
        tuple(_consent(each) for each in told.get("consents") or ()),
        _moment(told["named_at"]) if told.get("named_at") else None,
    )


def _consent(told: Mapping[str, Any]) -> Consent:
    return Consent(
        act=ConsentAct(told["act"]),
        at=_moment(told["at"]),
        **{
            name: cleaned(str(told.get(name) or ""), FIELD_LENGTH)
            for name in ("origin", "evidence", "words", "mail")
        },
    )


def _hash_row(line: int, told: Mapping[str, Any]) -> HashRow:
    address_hash = bytes.fromhex(told["suppressed_hash"])
    if len(address_hash) != 16:
        raise ValueError("a hash has 32 digits")
    reason = SuppressionReason(told["reason"])
    origin = cleaned(str(told.get("origin") or ""), FIELD_LENGTH)
    return HashRow(line, address_hash, str(told.get("key") or ""), reason, _moment(told["at"]), origin)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
