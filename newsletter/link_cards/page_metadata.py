"""Metadata of a web page: Open Graph, Twitter cards and JSON-LD, else plain HTML; and oEmbed descriptions."""

import html
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin

from lxml import etree
from lxml import html as markup

_MAX_TITLE, _MAX_TEXT = 200, 300
_MAX_DEPTH = 12
_PICTURE_PROPERTIES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200c\u200d"
"""Invisible too, but Persian and emoji are misspelt without them."""
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMetadata:
    """What a page says about itself; what it does not say is ""."""

    title: str = ""
    text: str = ""
    alt: str = ""
    """The alt text of its picture."""
    pictures: tuple[str, ...] = ()
    """Absolute URLs, the likeliest first."""
    oembed: str = ""
    """The URL of its oEmbed description (oembed.com)."""

    def or_else(self, other: "PageMetadata") -> "PageMetadata":
        """Return this metadata with missing values filled in from `other`."""
        return replace(
            self,
            title=self.title or other.title,
            text=self.text or other.text,
            alt=self.alt or other.alt,
            pictures=tuple(dict.fromkeys((*self.pictures, *other.pictures))),
            oembed=self.oembed or other.oembed,
        )


def read_page(text: str, url: str) -> PageMetadata:
    """Read the metadata of a page whose URL is `url`."""
    try:
        tree = markup.document_fromstring(text.encode(), parser=markup.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return PageMetadata()
    properties = _meta_properties(tree)
    linked_data = _linked_data(tree)
    base = _base(tree, url)

    def first(*names: str) -> str:
        return next((properties[name][0] for name in names if properties.get(name)), "")

    pictures = [
        *(picture for name in _PICTURE_PROPERTIES for picture in properties.get(name, ())),
        *linked_data.pictures,
        *(str(link.get("href")) for link in tree.iter("link") if "image_src" in _rel(link) and link.get("href")),
    ]
    return PageMetadata(
        title=clean_text(first("og:title", "twitter:title"), _MAX_TITLE)
        or linked_data.title
        or clean_text(next((str(title.text_content()) for title in tree.iter("title")), ""), _MAX_TITLE),
        text=clean_text(first("og:description", "twitter:description", "description"), _MAX_TEXT) or linked_data.text,
        alt=clean_text(first("og:image:alt", "twitter:image:alt"), _MAX_TITLE),
        pictures=tuple(dict.fromkeys(filter(None, (_join(base, picture) for picture in pictures)))),
        oembed=_join(
            base,
            next(
                (
                    str(link.get("href") or "")
                    for link in tree.iter("link")
                    if str(link.get("type") or "").strip().lower() == "application/json+oembed"
                ),
                "",
            ),
        ),
    )


def read_oembed(content: bytes, url: str) -> PageMetadata:
    """Read an oEmbed response; empty metadata if it is not one."""
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return PageMetadata()
    if not isinstance(values, dict):
        return PageMetadata()
    picture = _text(values.get("thumbnail_url") or (values.get("url") if values.get("type") == "photo" else ""))
    larger = picture.replace("/hqdefault.jpg", "/maxresdefault.jpg")  # YouTube has it for most videos
    return PageMetadata(
        title=clean_text(html.unescape(_text(values.get("title"))), _MAX_TITLE),
        pictures=tuple(dict.fromkeys(filter(None, (_join(url, address) for address in (larger, picture))))),
    )


def clean_text(text: str, max_length: int) -> str:
    """Return text from a page on one line, without markup and invisible characters, at most `max_length` long."""
    text = _MARKUP.sub(" ", unicodedata.normalize("NFC", text))
    text = "".join(
        " "
        if char.isspace()
        else ""
        if unicodedata.category(char) in _INVISIBLE_CATEGORIES and char not in _JOINERS
        else char
        for char in text
    )
    text = " ".join(text.split())
    if len(text) <= max_length:
        return text
    start = text[: max_length - 1]
    return f"{(start.rpartition(' ')[0] or start).rstrip(' ,;:.-–—')}…"


def _meta_properties(tree: markup.HtmlElement) -> dict[str, list[str]]:
    properties: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = str(element.get("property") or element.get("name") or element.get("itemprop") or "").strip().lower()
        content = str(element.get("content") or "").strip()
        if name and content:
            properties.setdefault(name, []).append(content)
    return properties


def _linked_data(tree: markup.HtmlElement) -> PageMetadata:
    """Read JSON-LD: the first object that has a headline, else the first that has a name."""
    objects = []
    for script in tree.iter("script"):
        if str(script.get("type") or "").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        try:
            objects += list(_objects(json.loads(script.text or ""), 0))
        except (ValueError, RecursionError):
            continue
    chosen = next((item for item in objects if _text(item.get("headline"))), None)
    chosen = chosen or next((item for item in objects if _is_work(item)), None)
    if chosen is None:
        return PageMetadata()
    pictures = [*_urls(chosen.get("image")), *_urls(chosen.get("thumbnailUrl"))]
    return PageMetadata(
        title=clean_text(html.unescape(_text(chosen.get("headline")) or _text(chosen.get("name"))), _MAX_TITLE),
        text=clean_text(html.unescape(_text(chosen.get("description"))), _MAX_TEXT),
        pictures=tuple(pictures),
    )


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for inner in value:
            yield from _objects(inner, depth + 1)
    elif isinstance(value, dict):
        yield value
        yield from _objects(value.get("@graph"), depth + 1)
        yield from _objects(value.get("mainEntity"), depth + 1)


def _is_work(item: dict[str, Any]) -> bool:
    """Whether an object is what the page is about, and not its publisher or its breadcrumbs."""
    kinds = item.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    is_frame = any(name in {"Organization", "WebSite", "BreadcrumbList", "Person", "ImageObject"} for name in names)
    return bool(_text(item.get("name"))) and not is_frame


def _urls(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for inner in values if (text := _text(inner.get("url") if isinstance(inner, dict) else inner))]


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _rel(link: markup.HtmlElement) -> list[str]:
    return str(link.get("rel") or "").lower().split()


def _base(tree: markup.HtmlElement, url: str) -> str:
    """Return the base URL of the page's relative URLs."""
    base = next((str(element.get("href")) for element in tree.iter("base") if element.get("href")), "")
    return _join(url, base) or url


def _join(base: str, address: str) -> str:
    """Return a URL made absolute; "" if there is none or it is not http or https."""
    try:
        joined = urljoin(base, address.strip().replace(" ", "%20")) if address.strip() else ""
    except ValueError:
        return ""
    return joined if joined.startswith(("http://", "https://")) else ""
