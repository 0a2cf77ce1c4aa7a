"""Written: an address in a cell as people write it, with a name before it or as a link, and not it alone."""

import re

from newsletter.address import Address, parse_simple
from newsletter.audience.importer.csv_file import ImportFile, row_finding
from newsletter.audience.importer.rows import Row
from newsletter.audience.text_cleaning import cleaned, cleaned_name
from newsletter.finding import Finding

_WRITTEN = re.compile(r"\s*(?:mailto:\s*|([^<>]*)<\s*(?:mailto:)?)([^<>\s]+)\s*>?\s*", re.IGNORECASE)


def read_address(sheet: ImportFile, row: Row) -> tuple[Row, tuple[str, str]] | Finding:
    """Return a row with the two parts of its address, the domain in small letters; a finding if it has none.

    `Ann Lee <ann@example.org>` gives a name too, where no other column does.
    """
    if parts := parse_simple(row.email):
        return row, parts
    found = _WRITTEN.fullmatch(row.email)
    if found and "@" in (found[1] or ""):  # which of the two is meant?
        found = None
    try:
        address = Address.parse(found[2] if found else row.email)
    except ValueError as error:
        reason = f"'{cleaned(row.email, 60)}' is no address: {error}" if row.email else "no address"
        return row_finding(sheet.name, row.line, reason, "Mend the line and import again; the rest was read")
    if found and found[1] and not row.first_name and not row.last_name:
        first_name, last_name = _parted(cleaned_name(found[1]).strip(" \"'"))
        row = row._replace(first_name=first_name, last_name=last_name)
    return row, (address.local, address.domain.lower())


def _parted(name: str) -> tuple[str, str]:
    """Return the first and the last name in `Ann Lee` or `Lee, Ann`."""
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.partition(" ")
    return first.strip(), last.strip()
