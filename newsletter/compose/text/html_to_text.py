"""XHTML as typed text: paragraphs wrapped by columns, lists indented, tables aligned, links numbered."""

import re
import textwrap
import unicodedata
from dataclasses import dataclass, field

from lxml import html

WIDTH = 72
_MAX_DEPTH = 12
_RAISED = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_BLOCKS = frozenset(
    {
        "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "dt", "dd", "li", "blockquote", "pre",
        "table", "hr", "figure", "figcaption", "section", "article", "aside", "header", "footer", "main", "nav",
        "details", "summary", "center", "caption", "thead", "tbody", "tfoot", "tr", "td", "th",
    }
)  # fmt: skip


@dataclass(slots=True)
class Links:
    """The links of a text in the order they are first met."""

    urls: list[str] = field(default_factory=list)

    def mark(self, url: str) -> str:
        """Return `[3]` for a link, the same for the same link."""
        if url not in self.urls:
            self.urls.append(url)
        return f"[{self.urls.index(url) + 1}]"


def parsed(markup: str) -> html.HtmlElement:
    """Return the tree of a piece of XHTML."""
    return html.fragment_fromstring(markup, create_parent="div")


def elements(parent: html.HtmlElement, links: Links, width: int, depth: int = 0) -> list[str]:
    """Return the paragraphs inside `parent`, each one wrapped to `width` columns."""
    found: list[str] = []
    inline = [parent.text or ""]
    for child in parent:
        if child.tag in _BLOCKS and depth < _MAX_DEPTH:
            _close(found, inline, width)
            found.extend(_element(child, links, width, depth + 1))
        else:
            inline.append(_inline(child, links, depth + 1))
        inline.append(child.tail or "")
    _close(found, inline, width)
    return [text for text in found if text.strip()]


def wrapped(text: str, width: int) -> str:
    """Wrap text by columns, a wide character counting two; words that are too long stay whole."""
    return "\n".join(_wrapped_line(line, max(width, 20)) for line in text.split("\n"))


def columns(text: str) -> int:
    """Return how wide a text is on a typewriter."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def raised(text: str) -> str:
    """Return what stands above the line with raised characters, or as it is where there are none."""
    return text.translate(_RAISED) if all(ord(char) in _RAISED for char in text) else text


def _close(found: list[str], inline: list[str], width: int) -> None:
    text = re.sub(r"[ \t\r\n]+", " ", "".join(inline)).replace(" \x0b", "\x0b").replace("\x0b ", "\x0b")
    found.append(wrapped(text.strip().replace("\x0b", "\n"), width))
    inline.clear()


def _element(element: html.HtmlElement, links: Links, width: int, depth: int) -> list[str]:
    tag = str(element.tag)
    width = max(width, 24)
    if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
        return _heading(tag, " ".join(elements(element, links, width, depth)).replace("\n", " "), width)
    if tag in {"ul", "ol"}:
        return [_list(element, links, width, depth)]
    if tag == "blockquote":
        quoted = "\n\n".join(elements(element, links, width - 2, depth))
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
        return [textwrap.indent("\n\n".join(elements(element, links, width - 4, depth)), "    ")]
    return elements(element, links, width, depth)


def _heading(tag: str, text: str, width: int) -> list[str]:
    if tag in {"h1", "h2"}:
        lines = wrapped(text, width)
        return [f"{lines}\n{'-' * max(columns(line) for line in lines.split(chr(10)))}"]
    return [wrapped(text, width)]


def _list(element: html.HtmlElement, links: Links, width: int, depth: int) -> str:
    start = str(element.get("start") or "1")
    number = int(start) if start.lstrip("-").isdigit() and len(start) < 9 else 1
    items = []
    is_loose = False
    for child in element:
        if not isinstance(child.tag, str):
            continue
        mark = f"{number}. " if element.tag == "ol" else "- "
        is_task = bool(child.xpath("./span[@class='task'] | ./p[1]/span[@class='task']"))
        paragraphs = elements(child, links, width - len(mark), depth)
        is_loose = is_loose or any(kind.tag == "p" for kind in child)
        content = ("\n\n" if is_loose else "\n").join(paragraphs)
        mark = "" if is_task and element.tag == "ul" else mark
        items.append(mark + textwrap.indent(content, " " * (len(mark) or 2)).lstrip() if content else "")
        number += 1
    return ("\n\n" if is_loose else "\n").join(item for item in items if item.strip())


def _definitions(element: html.HtmlElement, links: Links, width: int, depth: int) -> str:
    """Set each term directly above what it means."""
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
        [" ".join(elements(cell, links, 1000, depth)).replace("\n", " ") for cell in row if cell.tag in {"td", "th"}]
        for row in element.iter("tr")
    ]
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return ""
    count = max(len(row) for row in rows)
    widths = [max((columns(row[at]) for row in rows if at < len(row)), default=0) for at in range(count)]
    if count > 1 and sum(widths) + 2 * (count - 1) <= max(width, 72):
        lines = ["  ".join(_padded(cell, widths[at]) for at, cell in enumerate(row)).rstrip() for row in rows]
        if element.find(".//th") is not None:
            lines.insert(1, "  ".join("-" * size for size in widths))
        return "\n".join(lines)
    return _stacked(element, rows, width)


def _stacked(element: html.HtmlElement, rows: list[list[str]], width: int) -> str:
    """Set a table too wide for the page one row below the other, each cell under its heading."""
    heads = rows[0] if element.find(".//th") is not None and len(rows) > 1 and len(rows[0]) > 1 else []
    shown = []
    for row in rows[1:] if heads else rows:
        cells = [
            f"{heads[at]}: {cell}" if at < len(heads) and heads[at].strip() else cell
            for at, cell in enumerate(row)
            if cell.strip()
        ]
        shown.append("\n".join(wrapped(cell, width) for cell in cells))
    return "\n\n".join(shown)


def _padded(text: str, size: int) -> str:
    return text + " " * (size - columns(text))


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
        return raised(str(element.text_content()))
    if depth > _MAX_DEPTH:
        return str(element.text_content())
    inner = (element.text or "") + "".join(_inline(child, links, depth + 1) + (child.tail or "") for child in element)
    if tag == "a":
        return _link(element, inner, links)
    if tag == "sup":
        return raised(inner.strip()) or inner
    if tag == "li":
        return f"{inner} "
    return inner


def _link(element: html.HtmlElement, inner: str, links: Links) -> str:
    href = (element.get("href") or "").strip()
    said = " ".join(inner.split())
    if not href or href.startswith("#") or said == href or href in {f"mailto:{said}", f"tel:{said}"}:
        return inner
    return f"{inner} {links.mark(href)}" if said else links.mark(href)


def _wrapped_line(text: str, width: int) -> str:
    if columns(text) <= width:
        return text
    if any(unicodedata.east_asian_width(char) in "WF" for char in text):
        return "\n".join(_wide_lines(text, width))
    return "\n".join(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False, drop_whitespace=True))


def _wide_lines(text: str, width: int) -> list[str]:
    """Wrap text at blanks and between wide characters, but before no closing mark and after no opening one."""
    lines, line = [], ""
    for unit in _units(text, width):
        if columns(line) + columns(unit.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = ""
        line += unit if line or not unit.isspace() else ""
    return [*lines, line.rstrip()] if line.strip() else lines


def _units(text: str, width: int) -> list[str]:
    """Cut text into what stays together on a line: a word, or a wide character with its marks."""
    units: list[str] = []
    for piece in re.findall(r"[^\s\u2e80-\uabff\ud7b0-\U0003ffff]+|\s+|.", text):
        before = units[-1] if units else " "
        is_held = all(map(_is_closing, piece)) or _is_opening(before[-1])
        if is_held and not before.isspace() and not piece.isspace() and columns(before + piece) <= width:
            units[-1] = before + piece
        elif columns(piece) > max(width, len(piece)):  # Hangul without any blank
            units.extend(piece)
        else:
            units.append(piece)
    return units


def _is_closing(char: str) -> bool:
    return char in "，。、；：！？・ー…,.!?;:" or unicodedata.category(char) in {"Pe", "Pf"}


def _is_opening(char: str) -> bool:
    return unicodedata.category(char) in {"Ps", "Pi"}
