"""A page's bytes become text, as browsers read them: by mark, by header, by what the page says of itself."""

import codecs
import re

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(rb"<meta[^>]+?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]+?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]+)", re.IGNORECASE)
_HEAD = 4096
_MEANT = {
    "ascii": "cp1252", "us-ascii": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "shift_jis": "cp932",
    "shift-jis": "cp932", "x-sjis": "cp932", "sjis": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
    "iso-8859-9": "cp1254", "tis-620": "cp874", "utf8": "utf-8", "x-mac-roman": "mac-roman", "big5": "big5hkscs",
    "utf-16": "utf-16-le",
}  # fmt: skip
"""What a label means to browsers (the WHATWG's Encoding Standard) where Python takes it at its word."""
_OF_PAGES = re.compile(
    r"utf-8|utf-16-[lb]e|cp(?:125\d|437|850|866|874|932|949)|iso8859-\d+|koi8-[ru]|euc_jp|iso2022_jp|gb18030|big5hkscs"
    r"|mac-(?:roman|cyrillic)"
)
"""Python's names of the charsets that pages have; it knows others that are none."""
_LAST = "cp1252"


def read_text(content: bytes, charset: str = "") -> str:
    """Return a page as text; a charset that the page's own bytes belie is passed over."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(name, errors="replace")
    head = content[:_HEAD]
    said = [charset, *(match[1].decode("ascii") for match in (_META.search(head), _XML.search(head)) if match)]
    known = [name for name in map(_known, said) if name]
    for name in (*known, "utf-8"):
        text = _strict(content, name)
        if text is not None:
            return text
    return content.decode(known[0] if known and known[0] != "utf-8" else _LAST, errors="replace")


def _known(label: str) -> str:
    label = label.strip().lower()
    name = _MEANT.get(label, label)
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return found if _OF_PAGES.fullmatch(found) else ""


def _strict(content: bytes, name: str) -> str | None:
    """Return the text, None where bytes are none of that charset's; a character cut off at the end is left out."""
    try:
        return codecs.getincrementaldecoder(name)("strict").decode(content)
    except UnicodeError:
        return None
