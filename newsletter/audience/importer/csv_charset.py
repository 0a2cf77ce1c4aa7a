"""Encodings: in which one a file that is not UTF-8 was written, judged by how much its letters read like words."""

import codecs
import unicodedata

CANDIDATES = ("cp1252", "mac_roman", "cp1250", "cp1251", "koi8_r", "gb18030", "cp932", "big5", "euc_kr")
"""What spreadsheets have saved; of two that read equally well the earlier one counts."""
_SPREADSHEETS = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "gb18030": "GB18030", "cp932": "Shift JIS"}
_WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒ")
_CENTRAL = frozenset("ąćęłńóśźżáčďéěíňřšťúůýžöüőűäăâîșțŢţŞşĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽÖÜŐŰÄß")
_LETTERS = {"cp1252": _WESTERN, "mac_roman": _WESTERN, "cp1250": _CENTRAL}
_PUNCTUATION = frozenset("’‘“”„–—…«»€©®°")
_COMMON_LEADS = {"gb18030": (0xB0, 0xD7), "cp932": (0x88, 0x97), "big5": (0xA4, 0xC6)}
"""The first octets of the characters that a standard puts first, for they are used most."""


def spoken(encoding: str) -> str:
    """Return an encoding's name as people say it."""
    return _SPREADSHEETS.get(encoding, encoding.replace("cp", "Windows-").replace("_", "-").upper())


def wide_encoding(head: bytes) -> str | None:
    """Return which of UTF-16 and UTF-32 a file begins in, with or without its mark; None if it is neither."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 4:
        return "utf-16-be"
    return None


def guess_encoding(sample: bytes) -> str:
    """Return the encoding in which some lines of a file read best; cp1252 where nothing tells."""
    scores = {encoding: _score(sample, encoding) for encoding in CANDIDATES}
    return max(CANDIDATES, key=lambda encoding: scores[encoding])


def _score(sample: bytes, encoding: str) -> float:
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        if encoding != "cp1252":  # five octets mean nothing in it, and still are found in such files
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
