"""Charset of an imported file: UTF-8, UTF-16 or UTF-32 where it is one, else the best guess among spreadsheets' own.

Spreadsheets save in the charset of their country without saying so, and the non-ASCII part of a list of people is a
few names. So the guess does not use general language statistics: it decodes the non-ASCII lines in each charset that
spreadsheets write, and prefers the one whose letters read like names.
"""

import codecs
import hashlib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

CANDIDATES = ("cp1252", "mac_roman", "cp1250", "cp1251", "koi8_r", "gb18030", "cp932", "big5", "euc_kr")
"""What spreadsheets have saved; of two that read equally well the earlier one is chosen."""
_DISPLAY_NAMES = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "gb18030": "GB18030", "cp932": "Shift JIS"}
_WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒ")
_CENTRAL = frozenset("ąćęłńóśźżáčďéěíňřšťúůýžöüőűäăâîșțŢţŞşĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽÖÜŐŰÄß")
_LETTERS = {"cp1252": _WESTERN, "mac_roman": _WESTERN, "cp1250": _CENTRAL}
_PUNCTUATION = frozenset("’‘“”„–—…«»€©®°")
_COMMON_LEADS = {"gb18030": (0xB0, 0xD7), "cp932": (0x88, 0x97), "big5": (0xA4, 0xC6)}
"""The first bytes of the characters that a standard lists first, since they are used most."""
_SAMPLE_BYTES = 64_000


def charset_name(encoding: str) -> str:
    """Return a charset's name for messages."""
    return _DISPLAY_NAMES.get(encoding, encoding.replace("cp", "Windows-").replace("_", "-").upper())


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSurvey:
    """What one pass over a file's bytes reveals."""

    digest: str
    """SHA-256 of its bytes, in hex."""
    encoding: str
    """As Python names it."""
    not_utf8_line: int | None
    """The first line that is not UTF-8, where that is why another charset was guessed."""


def survey(path: Path) -> FileSurvey:
    """Read a file once for its digest and its charset; memory stays flat."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    not_utf8_line: int | None = None
    sample = b""
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(0)
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            if not_utf8_line is None:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    not_utf8_line = lines + error.object[: error.start].count(b"\n")
                lines += chunk.count(b"\n")
            if not_utf8_line is not None and len(sample) < _SAMPLE_BYTES:
                sample += b"".join(line for line in chunk.splitlines(True) if not line.isascii())[:_SAMPLE_BYTES]
    encoding = _wide_charset(head)
    if encoding is not None:
        not_utf8_line = None
    elif not_utf8_line is None:
        encoding = "utf-8-sig"
    else:
        encoding = guess_charset(sample)
    return FileSurvey(digest=digest.hexdigest(), encoding=encoding, not_utf8_line=not_utf8_line)


def guess_charset(sample: bytes) -> str:
    """Return the charset in which some lines of a file read best; cp1252 where nothing decides."""
    scores = {encoding: _score(sample, encoding) for encoding in CANDIDATES}
    return max(CANDIDATES, key=lambda encoding: scores[encoding])


def _wide_charset(head: bytes) -> str | None:
    """Return UTF-16 or UTF-32 if a file begins in one of them, with or without a byte order mark; else None."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 4:
        return "utf-16-be"
    return None


def _score(sample: bytes, encoding: str) -> float:
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        if encoding != "cp1252":  # five bytes are unassigned in it, and occur in such files all the same
            return float("-inf")
        text = sample.decode(encoding, "replace")
    score = 0.0
    before = " "
    for place, char in enumerate(text):
        if char > "\x7f":
            after = text[place + 1] if place + 1 < len(text) else " "
            score += _plausibility(before, char, after, encoding)
        elif char.isupper() and before > "\x7f" and before.islower():
            score -= 2
        before = char
    return score


def _plausibility(before: str, char: str, after: str, encoding: str) -> float:
    kind = unicodedata.category(char)
    if kind in {"Cn", "Co", "Cc", "Cs"} or char == "\ufffd":
        return -5
    if char > "\u2fff":
        is_amid_latin = any(beside.isascii() and beside.isalpha() for beside in (before, after))
        return -2 if is_amid_latin else _wide_plausibility(char, encoding)
    if not char.isalpha():
        return 0.5 if char in _PUNCTUATION and not (before > "\x7f" and after > "\x7f") else -2
    if before.islower() and char.isupper():
        return -2
    if char < "\u0250":
        runs_on = before > "\x7f" and before.isalpha() and after > "\x7f" and after.isalpha()
        return -1 if runs_on else 1 if char in _LETTERS.get(encoding, ()) else 0
    return 1 if encoding in {"cp1251", "koi8_r"} else 0


def _wide_plausibility(char: str, encoding: str) -> float:
    if "\u3040" <= char <= "\u30ff":
        return 2.5 if encoding == "cp932" else 0
    if "\uac00" <= char <= "\ud7a3":
        return 2.2 if encoding == "euc_kr" else 0
    low, high = _COMMON_LEADS.get(encoding, (1, 0))
    return 2 if low <= char.encode(encoding)[0] <= high else 0.5
