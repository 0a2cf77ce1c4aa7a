"""Converts XHTML to plain text: wraps paragraphs by display width, indents lists, aligns tables, numbers links."""

import re
import textwrap
import unicodedata
from dataclasses import dataclass, field

from lxml import html

WIDTH = 72
_MAX_DEPTH = 12
_SUPERSCRIPT = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_BLOCKS = frozenset(
    {
        "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "dt", "dd", "li", "blockquote", "pre",
        "table", "hr", "figure", "figcaption", "section", "article", "aside", "header", "footer", "main", "nav",
        "details", "summary", "center", "caption", "thead", "tbody", "tfoot", "tr", "td", "th",
    }
)  # fmt: skip


@dataclass(slots=True)
class Links:
    """The links of a text, numbered in the order of first use."""

    urls: list[str] = field(default_factory=list)

    def reference(self, url: str) -> str:
        """Return the number of a link as `[3]`; the same URL has the same number."""
        if url not in self.urls:
            self.urls.append(url)
        return f"[{self.urls.index(url) + 1}]"


def parse_fragment(markup: str) -> html.HtmlElement:
    """Parse a fragment of XHTML into a tree."""
    return html.fragment_fromstring(markup, create_parent="div")


def to_paragraphs(parent: html.HtmlElement, links: Links, width: int, depth: int = 0) -> list[str]:
    """Return the paragraphs inside `parent`, each wrapped to `width` columns."""
    paragraphs: list[str] = []
    inline = [parent.text or ""]
    for child in parent:
        if child.tag in _BLOCKS and depth < _MAX_DEPTH:
            _end_paragraph(paragraphs, inline, width)
            paragraphs.extend(_element(child, links, width, depth + 1))
        else:
            inline.append(_inline(child, links, depth + 1))
        inline.append(child.tail or "")
    _end_paragraph(paragraphs, inline, width)
    return [text for text in paragraphs if text.strip()]


def wrap(text: str, width: int) -> str:
    """Wrap text by display width; words that are too long stay whole."""
    return "\n".join(_wrapped_line(line, max(width, 20)) for line in text.split("\n"))


def display_width(text: str) -> int:
    """Return the width of a text in a fixed-width font: a wide character counts two columns, a combining one none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def superscript(text: str) -> str:
    """Return text in superscript characters; unchanged if one of its characters has none."""
    return text.translate(_SUPERSCRIPT) if all(ord(char) in _SUPERSCRIPT for char in text) else text


def _end_paragraph(paragraphs: list[str], inline: list[str], width: int) -> None:
    text = re.sub(r"[ \t\r\n]+", " ", "".join(inline)).replace(" \x0b", "\x0b").replace("\x0b ", "\x0b")
    paragraphs.append(wrap(text.strip().replace("\x0b", "\n"), width))
    inline.clear()


def _element(element: html.HtmlElement, links: Links, width: int, depth: int) -> list[str]:
    tag = str(element.tag)
    width = max(width, 24)
    if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
        return _heading(tag, " ".join(to_paragraphs(element, links, width, depth)).replace("\n", " "), width)
    if tag in {"ul", "ol"}:
        return [_list(element, links, width, depth)]
    if tag == "blockquote":
        quoted = "\n\n".join(to_paragraphs(element, links, width - 2, depth))
        return [textwrap.indent(quoted, "> ", lambda _line: True)]
    if tag == "pre":
        return [textwrap.indent(str(element.text_content()).rstrip("\n"), "    ")]
    if tag == "table":
        return [_table(element, links, width, depth)]
    if tag == "hr":
        return ["* * *".center(width).rstrip()]
    if tag == "dl":
        return [_definitions(element, links, width, depth)]
    if tag == "dd":
        return [textwrap.indent("\n\n".join(to_paragraphs(element, links, width - 4, depth)), "    ")]
    return to_paragraphs(element, links, width, depth)


def _heading(tag: str, text: str, width: int) -> list[str]:
    if tag in {"h1", "h2"}:
        lines = wrap(text, width)
        return [f"{lines}\n{'-' * max(display_width(line) for line in lines.split(chr(10)))}"]
    return [wrap(text, width)]


def _list(element: html.HtmlElement, links: Links, width: int, depth: int) -> str:
    start = str(element.get("start") or "1")
    number = int(start) if start.lstrip("-").isdigit() and len(start) < 9 else 1
    items = []
    is_loose = False
    for child in element:
        if not isinstance(child.tag, str):
            continue
        prefix = f"{number}. " if element.tag == "ol" else "- "
        is_task = bool(child.xpath("./span[@class='task'] | ./p[1]/span[@class='task']"))
        paragraphs = to_paragraphs(child, links, width - len(prefix), depth)
        is_loose = is_loose or any(kind.tag == "p" for kind in child)
        content = ("\n\n" if is_loose else "\n").join(paragraphs)
        prefix = "" if is_task and element.tag == "ul" else prefix
        items.append(prefix + textwrap.indent(content, " " * (len(prefix) or 2)).lstrip() if content else "")
        number += 1
    return ("\n\n" if is_loose else "\n").join(item for item in items if item.strip())


def _definitions(element: html.HtmlElement, links: Links, width: int, depth: int) -> str:
    """Return definitions with each term directly above its meaning."""
    groups: list[str] = []
    for child in element:
        text = "\n\n".join(_element(child, links, width, depth + 1)) if isinstance(child.tag, str) else ""
        if child.tag == "dd" and groups:
            groups[-1] = f"{groups[-1]}\n{text}"
        elif text:
            groups.append(text)
    return "\n\n".join(groups)


def _table(element: html.HtmlElement, links: Links, width: int, depth: int) -> str:
    rows = [
        [
            " ".join(to_paragraphs(cell, links, 1000, depth)).replace("\n", " ")
            for cell in row
            if cell.tag in {"td", "th"}
        ]
        for row in element.iter("tr")
    ]
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return ""
    count = max(len(row) for row in rows)
    widths = [max((display_width(row[at]) for row in rows if at < len(row)), default=0) for at in range(count)]
    if count > 1 and sum(widths) + 2 * (count - 1) <= max(width, 72):
        lines = ["  ".join(_padded(cell, widths[at]) for at, cell in enumerate(row)).rstrip() for row in rows]
        if element.find(".//th") is not None:
            lines.insert(1, "  ".join("-" * size for size in widths))
        return "\n".join(lines)
    return _stacked(element, rows, width)


def _stacked(element: html.HtmlElement, rows: list[list[str]], width: int) -> str:
    """Return a table that is too wide as one paragraph a row, each cell on a line behind its heading."""
    heads = rows[0] if element.find(".//th") is not None and len(rows) > 1 and len(rows[0]) > 1 else []
    paragraphs = []
    for row in rows[1:] if heads else rows:
        cells = [
            f"{heads[at]}: {cell}" if at < len(heads) and heads[at].strip() else cell
            for at, cell in enumerate(row)
            if cell.strip()
        ]
        paragraphs.append("\n".join(wrap(cell, width) for cell in cells))
    return "\n\n".join(paragraphs)


def _padded(text: str, size: int) -> str:
    return text + " " * (size - display_width(text))


def _inline(element: html.HtmlElement, links: Links, depth: int) -> str:
    """Return an inline element as text; a line break in it is \\x0b."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    if tag == "br":
        return "\x0b"
    if tag == "img":
        alt = (element.get("alt") or "").strip()
        return f"[{alt}]" if alt else ""
    if tag == "a" and element.get("class") == "back":
        return ""
    if tag == "sup" and element.get("class") == "ref":
        return superscript(str(element.text_content()))
    if depth > _MAX_DEPTH:
        return str(element.text_content())
    inner = (element.text or "") + "".join(_inline(child, links, depth + 1) + (child.tail or "") for child in element)
    if tag == "a":
        return _link(element, inner, links)
    if tag == "sup":
        return superscript(inner.strip()) or inner
    if tag == "li":
        return f"{inner} "
    return inner


def _link(element: html.HtmlElement, inner: str, links: Links) -> str:
    href = (element.get("href") or "").strip()
    text = " ".join(inner.split())
    if not href or href.startswith("#") or text == href or href in {f"mailto:{text}", f"tel:{text}"}:
        return inner
    return f"{inner} {links.reference(href)}" if text else links.reference(href)


def _wrapped_line(text: str, width: int) -> str:
    if display_width(text) <= width:
        return text
    if any(unicodedata.east_asian_width(char) in "WF" for char in text):
        return "\n".join(_wide_lines(text, width))
    return "\n".join(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False, drop_whitespace=True))


def _wide_lines(text: str, width: int) -> list[str]:
    """Wrap text at spaces and between wide characters, but not before closing or after opening punctuation."""
    lines, line = [], ""
    for unit in _units(text, width):
        if display_width(line) + display_width(unit.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = ""
        line += unit if line or not unit.isspace() else ""
    return [*lines, line.rstrip()] if line.strip() else lines


def _units(text: str, width: int) -> list[str]:
    """Split text into units that stay on one line: a word, or a wide character with its punctuation."""
    units: list[str] = []
    for piece in re.findall(r"[^\s\u2e80-\uabff\ud7b0-\U0003ffff]+|\s+|.", text):
        before = units[-1] if units else " "
        is_joined = all(map(_is_closing, piece)) or _is_opening(before[-1])
        if is_joined and not before.isspace() and not piece.isspace() and display_width(before + piece) <= width:
            units[-1] = before + piece
        elif display_width(piece) > max(width, len(piece)):  # Hangul without any blank
            units.extend(piece)
        else:
            units.append(piece)
    return units


def _is_closing(char: str) -> bool:
    return char in "，。、；：！？・ー…,.!?;:" or unicodedata.category(char) in {"Pe", "Pf"}


def _is_opening(char: str) -> bool:
    return unicodedata.category(char) in {"Ps", "Pi"}
