"""Text cleaning: names, tags and cells as they are stored, and CSV cells that no spreadsheet takes for a formula."""

import re
import unicodedata

NAME_LENGTH = 200
FIELD_LENGTH = 2000
TAG_LENGTH = 60

_GUARD = re.compile("(?:^|,) ?'")
_PLAIN = re.compile(r"(?:[!-~]+(?: [!-~]+)*)?")
_ENCODED_WORD = re.compile(r"=\?[^\s?]*\?[bqBQ]\?[^?]*\?=|=\?|\?=")
_INVISIBLE = {"Cc", "Cs", "Zl", "Zp"}
_DIRECTIONAL = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF))
"""Characters that change the direction of what follows, so that it reads as something else."""
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠]")


def cleaned(text: str, length: int) -> str:
    """Return `text` as one line in NFC without control characters, cut to `length`; idempotent."""
    if len(text) <= length and _PLAIN.fullmatch(text):
        return text
    text = text[: length * 2].translate(_DIRECTIONAL)
    text = "".join(" " if unicodedata.category(char) in _INVISIBLE else char for char in text)
    return " ".join(unicodedata.normalize("NFC", text).split())[:length].rstrip()


def cleaned_name(text: str) -> str:
    """Return a cleaned name without encoded-words (RFC 2047), which mail programs would show as something else."""
    name = cleaned(text, NAME_LENGTH)
    while "=?" in name or "?=" in name:
        name = cleaned(_ENCODED_WORD.sub("", name), NAME_LENGTH)
    return name


def cleaned_tag(text: str) -> str:
    """Return a cleaned tag, without the characters that separate tags, and without quotation marks around it."""
    tag = re.sub(r"[,;|]", " ", cleaned(text, TAG_LENGTH)).strip(' "')
    return cleaned(tag, TAG_LENGTH)


def guarded(text: str) -> str:
    """Return `text` so that no spreadsheet runs it as a formula (CSV injection); `unguarded` reads it back."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return a cell without the apostrophe that `guarded` put before it."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def cleaned_cells(record: list[str]) -> list[str]:
    """Return a record's cells cleaned and unguarded; the row is checked as one text, which is fast."""
    row = ",".join(record)
    is_clean = len(row) <= FIELD_LENGTH and row.isprintable() and "  " not in row
    if (
        is_clean
        and not ("'" in row and _GUARD.search(row))
        and (row.isascii() or unicodedata.is_normalized("NFC", row))
    ):
        has_edges = ", " in row or " ," in row or row[:1] == " " or row[-1:] == " "
        return [cell.strip() for cell in record] if has_edges else record
    return [cleaned(unguarded(cell.strip()), FIELD_LENGTH) for cell in record]


def name_of_cell(cell: str) -> str:
    """Return a cell that is cleaned already as a name."""
    is_plain = len(cell) <= NAME_LENGTH and "=?" not in cell and "?=" not in cell
    return cell if is_plain else cleaned_name(cell)
