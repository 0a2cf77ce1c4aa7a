"""Bytes become text as mail really labels them: the declared charset if it can be true, else what fits."""

import codecs

_ALIASES = {
    "ansi": "cp1252",
    "big5": "big5hkscs",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-8-i": "iso-8859-8",
    "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "shift-jis": "cp932",
    "shift_jis": "cp932",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "x-gbk": "gb18030",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-roman": "mac-roman",
    "x-sjis": "cp932",
    "x-unknown": "us-ascii",
    "x-user-defined": "us-ascii",
}
_UNTRUE = frozenset({"ascii", "iso8859-1", "cp1252"})
"""What software writes when it does not know."""
_REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
"""Codecs of Python that are no charset of mail; some take quadratic time."""
_MANY_BYTES = ("utf", "big5", "cp949", "cp932", "cp950", "gb18030", "euc", "iso2022", "hz", "johab", "shift")


def decode(raw: bytes, declared: str = "") -> str:
    """Return `raw` as text: strictly by the declared charset where it can be true, else UTF-8, cp1252, latin-1.

    UTF-8 goes before a charset of one byte a letter: those can be read into anything, while
    text that happens to be valid UTF-8 is UTF-8.
    """
    if raw.startswith(codecs.BOM_UTF8):
        raw, declared = raw[3:], "utf-8"
    charset = _lookup(declared)
    order = ["utf-8", charset, "cp1252"]
    if charset.startswith(_MANY_BYTES) and not (charset.startswith(("utf-16", "utf-32")) and b"\0" not in raw):
        order = [charset, "utf-8", "cp1252"]
    for name in order:
        try:
            return raw.decode(name)
        except (UnicodeError, LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def _lookup(declared: str) -> str:
    name = declared.strip(" \t\"'").lower()[:40]
    try:
        found = codecs.lookup(_ALIASES.get(name, name)).name if name.isascii() and name else "ascii"
    except (LookupError, ValueError):
        return "cp1252"
    return "cp1252" if found in _UNTRUE or found.replace("-", "_") in _REFUSED else found
