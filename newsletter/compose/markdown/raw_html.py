"""Raw HTML: sanitised by an allow-list (nh3), made well-formed, and narrowed to what mail clients can show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import nh3
from lxml import etree, html

_TAGS = frozenset({
    "a", "abbr", "article", "aside", "b", "bdi", "bdo", "blockquote", "br", "caption", "center", "cite", "code",
    "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark",
    "nav", "ol", "p", "picture", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strike",
    "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u",
    "ul", "var", "wbr",
})  # fmt: skip
_ATTRIBUTES = {
    "*": {"id", "class", "lang", "dir", "title", "align", "style", "role", "aria-label", "aria-hidden"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height", "border", "data-line"},
    "td": {"colspan", "rowspan", "valign", "width", "bgcolor"},
    "th": {"colspan", "rowspan", "valign", "width", "bgcolor", "scope"},
    "table": {"width", "border", "cellpadding", "cellspacing", "bgcolor"},
    "col": {"span", "width"},
    "colgroup": {"span"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
    "font": {"color"},
    "time": {"datetime"},
    "q": {"cite"},
    "blockquote": {"cite"},
    "details": {"open"},
}
_STYLES = {
    "color", "background-color", "text-align", "font-weight", "font-style", "font-size", "font-family",
    "text-decoration", "line-height", "letter-spacing", "width", "max-width", "margin", "margin-left",
    "margin-right", "margin-top", "margin-bottom", "padding", "padding-left", "padding-right", "padding-top",
    "padding-bottom", "border", "border-left", "border-right", "border-top", "border-bottom", "border-radius",
    "vertical-align", "list-style-type", "white-space", "direction", "display",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "tel", "sms"}
_REMOVED_WITH_CONTENT = {
    "script",
    "style",
    "title",
    "textarea",
    "noscript",
    "svg",
    "math",
    "template",
    "object",
    "select",
    "head",
}
"""Elements that are removed with their content."""
_EMBEDS = {"iframe", "video", "audio", "embed", "source"}
"""Elements that do not work in email; each is replaced by a link to its source."""
_VOID = frozenset({"br", "hr", "img", "wbr", "col"})
_LISTS = frozenset({"ul", "ol"})
_DEEP_LIST = 4
"""From this depth on, lists are indented less, so that their text has room on a phone."""
_NEVER_EMPTY = frozenset({"li", "dt", "dd"})
"""Elements whose end tag the CSS inliner's serialiser omits where they are empty."""
_CONTAINERS = frozenset({
    "div", "section", "article", "aside", "header", "footer", "main", "nav", "center", "details", "figure",
    "table", "thead", "tbody", "tfoot", "tr", "td", "th", "ul", "ol", "dl", "blockquote",
})  # fmt: skip
_START = re.compile(r"<([A-Za-z][\w:-]*)([^<>]{0,4000})>")
_ANY_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]*)([^<>]{0,4000})>")
_ATTRIBUTE = re.compile(r"([^\s\"'=<>/]+)\s*(?:=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|<![A-Za-z][^<>]*>", re.DOTALL)
_FLEX_OR_GRID = re.compile(r"((?:\A|;)\s*)display:\s*(?:inline-)?(?:flex|grid)\b[^;]*;?", re.IGNORECASE)
"""Layouts that set children side by side however narrow the screen is; half of all mail clients lack them."""
_FIXED_WIDTH = re.compile(r"((?:\A|;)\s*)width:(?=\s*[\d.]+\s*[a-z])", re.IGNORECASE)
_WIDTH = re.compile(r"((?:\A|;)\s*(?:max-)?width:\s*)(\d{1,9}(?:\.\d{1,9})?)(px|pt|r?em|in|cm|vw)", re.IGNORECASE)
_MAX_DEPTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Something removed from raw HTML."""

    what: str
    line: int


def find_dropped(raw: str, line: int) -> Iterator[Dropped]:
    """Yield what is removed from raw HTML that begins on `line`: comments, elements, attributes, URLs, styles."""
    for comment in _COMMENT.finditer(raw):
        kind = "a comment" if comment[0].startswith("<!--") else f"'{comment[0][:12]}'"
        yield Dropped(what=kind, line=line + raw.count("\n", 0, comment.start()))
    uncommented = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), raw)
    for start in _START.finditer(uncommented):
        tag_line = line + uncommented.count("\n", 0, start.start())
        name = start[1].lower()
        if name not in _TAGS:
            yield Dropped(what=f"<{name}>", line=tag_line)
            continue
        allowed = _ATTRIBUTES["*"] | _ATTRIBUTES.get(name, set())
        for attribute in _ATTRIBUTE.finditer(start[2]):
            key = attribute[1].lower()
            value = (attribute[2] or "").strip("\"'").strip().lower()
            if key not in allowed and not key.startswith(("data-", "aria-")):
                yield Dropped(what=f"{key}= of <{name}>", line=tag_line)
            elif key in {"href", "src"} and _has_disallowed_scheme(value):
                yield Dropped(what=f'{key}="{value.split(":")[0]}:" of <{name}>', line=tag_line)
            elif key == "style":
                yield from (Dropped(what=f"'{style}' of <{name}>", line=tag_line) for style in _dropped_styles(value))


def _dropped_styles(style: str) -> Iterator[str]:
    for declaration in unescape(style).split(";"):
        name, colon, value = (part.strip() for part in declaration.partition(":"))
        if colon and (name not in _STYLES or _FLEX_OR_GRID.match(f"display:{value}" if name == "display" else "")):
            yield f"{name}: {value[:20]}"


def unclosed_opening(raw: str) -> str:
    """Return the opening of raw HTML that is never closed and would hide everything after it; "" if there is none."""
    start = re.match(r"\s*(<!--|<\?|<!\[CDATA\[|<(?:script|style|pre|textarea)(?=[\s>]))", raw, re.IGNORECASE)
    if start is None:
        return ""
    opening = start[1].lower()
    ending = {"<!--": "-->", "<?": "?>", "<![cdata[": "]]>"}.get(opening, f"</{opening[1:]}")
    return "" if ending in raw[start.end() :].lower() else start[1]


def limit_widths(root: html.HtmlElement, max_width: int) -> None:
    """Change styles and attributes in place so that nothing inside `root` is wider than `max_width` pixels."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        style = element.get("style") or ""
        if "display" in style:
            element.set("style", style := _FLEX_OR_GRID.sub(r"\1", style))
        if "width" in style:
            if next(element.iterancestors("td", "th"), None) is not None:
                style = _FIXED_WIDTH.sub(r"\1max-width:", style)  # otherwise a column could not shrink on a phone
            element.set("style", _WIDTH.sub(lambda width: _limit_width(width, max_width), style))
        pixels = re.fullmatch(r"\s*(\d{1,9})(?:px)?\s*", element.get("width") or "")
        if pixels and element.tag != "img" and int(pixels[1]) > max_width:
            element.set("width", "100%")
        if element.tag in _LISTS and sum(outer.tag in _LISTS for outer in element.iterancestors()) >= _DEEP_LIST:
            element.set("style", "padding:0 10px")


def _limit_width(width: re.Match[str], max_width: int) -> str:
    unit = {"px": 1, "pt": 4 / 3, "em": 18, "rem": 16, "in": 96, "cm": 38, "vw": 6}.get(width[3].lower(), 1)
    return f"{width[1]}100%" if float(width[2]) * unit > max_width else width[0]


def open_containers(raw: str) -> int:
    """Return how many container elements raw HTML leaves open; negative if it closes more than it opens."""
    open_count = 0
    for tag in _ANY_TAG.finditer(_COMMENT.sub("", raw)):
        if tag[2].lower() in _CONTAINERS and not tag[3].endswith("/"):
            open_count += -1 if tag[1] else 1
    return open_count


def flatten(markup: str) -> str:
    """Remove the tags, never the text, of elements nested deeper than any email needs."""
    if markup.count("<") < _MAX_DEPTH:
        return markup
    depth = 0

    def keep(tag: re.Match[str]) -> str:
        nonlocal depth
        if tag[2].lower() in _VOID or tag[3].endswith("/"):
            return tag[0]
        if tag[1]:
            depth = max(depth - 1, 0)
            return tag[0] if depth < _MAX_DEPTH else ""
        depth += 1
        return tag[0] if depth <= _MAX_DEPTH else ""

    return _ANY_TAG.sub(keep, markup)


def replace_embeds(raw: str) -> str:
    """Replace each embedded player or page by a link to it."""
    return _START.sub(_link_to_source, raw)


def sanitise(markup: str) -> html.HtmlElement:
    """Return sanitised HTML as a tree, wrapped in a `<div>` that is not part of it."""
    safe = nh3.clean(
        flatten(markup),
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        clean_content_tags=_REMOVED_WITH_CONTENT,
        url_schemes=_SCHEMES,
        link_rel=None,
        filter_style_properties=_STYLES,
    )
    return html.fragment_fromstring(safe, create_parent="div")


def serialise(root: html.HtmlElement) -> str:
    """Return the content of `root` as XHTML, every element closed."""
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag not in _VOID and not element.text and not len(element):
            element.text = "\u00a0" if element.tag in _NEVER_EMPTY else ""
    written = etree.tostring(root, encoding="unicode", method="xml", with_tail=False)
    return written[written.index(">") + 1 : written.rindex("<")].strip() if not written.endswith("/>") else ""


def _link_to_source(tag: re.Match[str]) -> str:
    if tag[1].lower() not in _EMBEDS:
        return tag[0]
    source = next((match for match in _ATTRIBUTE.finditer(tag[2]) if match[1].lower() == "src"), None)
    url = (source[2] or "").strip("\"'") if source else ""
    url = f"https:{url}" if url.startswith("//") else url
    if not url.startswith(("http://", "https://")):
        return ""
    return f'<a class="embed" href="{url}">{url}</a>'


def _has_disallowed_scheme(value: str) -> bool:
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", re.sub(r"[\x00-\x20]", "", value))
    return scheme is not None and scheme[1] not in _SCHEMES
