"""Charset decoding of mail and web pages: byte order mark, declared charset, UTF-8, then a guess.

Labels mean what browsers take them for (WHATWG Encoding Standard, section 4.2): `iso-8859-1` is Windows-1252, `gb2312`
is GB 18030. A declared charset counts only where the octets are valid in it. Text without a usable label that is
not UTF-8 is guessed by charset-normalizer, and only among charsets of other scripts than Latin: a few accented
letters tell one Latin charset from another too badly, so Latin text is Windows-1252.
"""

import codecs
import re
from collections.abc import Iterable

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(rb"<meta[^>]{1,400}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{1,400}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_MARKUP_HEAD = 4096
"""Octets of a page in which it may declare its charset."""

_ALIASES = {
    "ansi": "cp1252", "big5": "big5hkscs", "euc-kr": "cp949", "gb2312": "gb18030", "gbk": "gb18030",
    "iso-8859-8-e": "iso-8859-8", "iso-8859-8-i": "iso-8859-8", "iso-8859-9": "cp1254", "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949", "ks_c_5601-1989": "cp949", "shift-jis": "cp932", "shift_jis": "cp932", "sjis": "cp932",
    "tis-620": "cp874", "unicode-1-1-utf-7": "utf-7", "unicode-1-1-utf-8": "utf-8", "utf8": "utf-8",
    "utf8mb4": "utf-8", "x-gbk": "gb18030", "x-mac-cyrillic": "mac-cyrillic", "x-mac-roman": "mac-roman",
    "x-sjis": "cp932", "x-unknown": "us-ascii", "x-user-defined": "us-ascii",
}  # fmt: skip
"""Python's codec for a label that it does not know, or takes for a smaller charset than is meant."""
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
"""Python codecs that are no charset; some take quadratic time."""
_MULTI_BYTE = ("utf", "big5", "cp949", "cp932", "cp950", "gb18030", "euc", "iso2022", "hz", "johab", "shift")
_WEB_CHARSETS = re.compile(
    r"utf-8|utf-16-[lb]e|cp(?:125\d|437|850|866|874|932|949)|iso8859-\d+|koi8-[ru]|euc_jp|iso2022_jp|gb18030|big5hkscs"
    r"|mac-(?:roman|cyrillic)"
)
"""Python's names of the charsets that browsers know."""
_GUESSED = (
    *("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"),
    *("cp932", "euc_jp", "gb18030", "big5hkscs", "cp949", "cp1252"),
)
_GUESS_OCTETS = 8_000
_FEWEST_HIGH_OCTETS = 24
"""Octets above 127 below which nothing is guessed."""


def decode_mail(octets: bytes, declared: str = "") -> str:
    """Decode the text of a mail or of a header field; `declared` is its charset parameter, if it has one.

    UTF-8 goes before a charset of one octet a character: those can be read into anything, while text that happens to
    be valid UTF-8 is UTF-8.
    """
    if octets.startswith(codecs.BOM_UTF8):
        octets, declared = octets[len(codecs.BOM_UTF8) :], "utf-8"
    charset = _mail_codec(declared)
    order = ["utf-8", charset]
    if charset.startswith(_MULTI_BYTE) and not (charset.startswith(("utf-16", "utf-32")) and b"\0" not in octets):
        order.reverse()
    text = _first_valid(octets, filter(None, order))
    if text is None:
        text = _first_valid(octets, ("cp1252" if charset else _guess(octets), "cp1252"))
    return octets.decode("latin-1") if text is None else text


def decode_page(octets: bytes, declared: str = "") -> str:
    """Decode a web page, which may be cut off at its end; `declared` is the charset of its Content-Type, if any.

    The header goes before what the page says of itself; a charset that the octets belie is passed over.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if octets.startswith(mark):
            return octets[len(mark) :].decode(name, errors="replace")
    head = octets[:_MARKUP_HEAD]
    xml = _XML.search(head)
    labels = (declared, charset_in_markup(head), xml[1].decode("ascii") if xml else "")
    known = [name for name in map(_web_codec, labels) if name]
    text = _first_valid(octets, (*known, "utf-8"), is_cut=True)
    if text is not None:
        return text
    is_declared = bool(known) and known[0] != "utf-8"
    return octets.decode(known[0] if is_declared else _guess(octets), errors="replace")


def charset_in_markup(octets: bytes) -> str:
    """Return the charset that a page's `<meta>` declares, or ""."""
    match = _META.search(octets[:_MARKUP_HEAD])
    return match[1].decode("ascii") if match else ""


def _mail_codec(label: str) -> str:
    """Return Python's codec for a label in mail; "" where it says nothing of the charset."""
    codec = _codec(label.strip(" \t\"'")[:40])
    return "" if codec == "ascii" or codec.replace("-", "_") in _NO_CHARSETS else codec


def _web_codec(label: str) -> str:
    """Return Python's codec for a label on the web; "" where browsers know no such charset."""
    codec = {"ascii": "cp1252", "utf-16": "utf-16-le"}.get(_codec(label), _codec(label))
    return codec if _WEB_CHARSETS.fullmatch(codec) else ""


def _codec(label: str) -> str:
    label = label.strip().lower()
    if not label or not label.isascii():
        return ""
    try:
        codec = codecs.lookup(_ALIASES.get(label, label)).name
    except (LookupError, ValueError):
        return ""
    return "cp1252" if codec == "iso8859-1" else codec


def _first_valid(octets: bytes, names: Iterable[str], *, is_cut: bool = False) -> str | None:
    """Decode by the first charset in which the octets are valid; with `is_cut` the last character may be incomplete."""
    for name in names:
        try:
            return codecs.getincrementaldecoder(name)().decode(octets) if is_cut else octets.decode(name)
        except (UnicodeError, LookupError, ValueError):
            continue
    return None


def _guess(octets: bytes) -> str:
    """Return the most likely charset of unlabelled octets; Windows-1252 if there is too little evidence."""
    sample = octets[:_GUESS_OCTETS]
    if sum(octet > 127 for octet in sample) < _FEWEST_HIGH_OCTETS:
        return "cp1252"
    import charset_normalizer  # takes a while to load, and little mail needs it

    best = charset_normalizer.from_bytes(sample, cp_isolation=list(_GUESSED)).best()
    return best.encoding if best is not None else "cp1252"
