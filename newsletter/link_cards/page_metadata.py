"""What a page says of itself: Open Graph, Twitter cards, JSON-LD, and plain HTML where they say nothing."""

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

_TITLE, _TEXT = 200, 300
_DEEP = 12
_PICTURES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200c\u200d"
"""Unseen too, but Persian and emoji are misspelt without them."""
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A page in a few words; what it does not say is ""."""

    title: str = ""
    text: str = ""
    alt: str = ""
    """What its picture shows."""
    pictures: tuple[str, ...] = ()
    """Absolute addresses, the likeliest first."""
    oembed: str = ""
    """Where the page is described as JSON (oembed.com)."""

    def or_else(self, other: "Description") -> "Description":
        """Return this description with what it does not say taken from another."""
        return replace(
            self,
            title=self.title or other.title,
            text=self.text or other.text,
            alt=self.alt or other.alt,
            pictures=tuple(dict.fromkeys((*self.pictures, *other.pictures))),
            oembed=self.oembed or other.oembed,
        )


def describe(text: str, url: str) -> Description:
    """Read a page that was found at `url`."""
    try:
        tree = markup.document_fromstring(text.encode(), parser=markup.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return Description()
    said = _metas(tree)
    linked = _linked_data(tree)
    base = _base(tree, url)

    def first(*names: str) -> str:
        return next((said[name][0] for name in names if said.get(name)), "")

    pictures = [
        *(picture for name in _PICTURES for picture in said.get(name, ())),
        *linked.pictures,
        *(str(link.get("href")) for link in tree.iter("link") if "image_src" in _rel(link) and link.get("href")),
    ]
    return Description(
        title=clean(first("og:title", "twitter:title"), _TITLE)
        or linked.title
        or clean(next((str(title.text_content()) for title in tree.iter("title")), ""), _TITLE),
        text=clean(first("og:description", "twitter:description", "description"), _TEXT) or linked.text,
        alt=clean(first("og:image:alt", "twitter:image:alt"), _TITLE),
        pictures=tuple(dict.fromkeys(filter(None, (_joined(base, picture) for picture in pictures)))),
        oembed=_joined(
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


def describe_oembed(content: bytes, url: str) -> Description:
    """Read an oEmbed answer; an empty description where it is none."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return Description()
    if not isinstance(said, dict):
        return Description()
    picture = _word(said.get("thumbnail_url") or (said.get("url") if said.get("type") == "photo" else ""))
    larger = picture.replace("/hqdefault.jpg", "/maxresdefault.jpg")  # which YouTube has of most videos
    return Description(
        title=clean(html.unescape(_word(said.get("title"))), _TITLE),
        pictures=tuple(dict.fromkeys(filter(None, (_joined(url, address) for address in (larger, picture))))),
    )


def clean(text: str, most: int) -> str:
    """Return a stranger's words on one line: no markup, nothing invisible, no longer than `most`."""
    text = _MARKUP.sub(" ", unicodedata.normalize("NFC", text))
    text = "".join(
        " " if char.isspace() else "" if unicodedata.category(char) in _UNSEEN and char not in _JOINERS else char
        for char in text
    )
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return f"{(cut.rpartition(' ')[0] or cut).rstrip(' ,;:.-–—')}…"


def _metas(tree: markup.HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = str(element.get("property") or element.get("name") or element.get("itemprop") or "").strip().lower()
        content = str(element.get("content") or "").strip()
        if name and content:
            found.setdefault(name, []).append(content)
    return found


def _linked_data(tree: markup.HtmlElement) -> Description:
    """Read JSON-LD: the first thing that has a headline, else the first that has a name."""
    things = []
    for script in tree.iter("script"):
        if str(script.get("type") or "").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        try:
            things += list(_things(json.loads(script.text or ""), 0))
        except (ValueError, RecursionError):
            continue
    chosen = next((thing for thing in things if _word(thing.get("headline"))), None)
    chosen = chosen or next((thing for thing in things if _is_work(thing)), None)
    if chosen is None:
        return Description()
    pictures = [*_addresses(chosen.get("image")), *_addresses(chosen.get("thumbnailUrl"))]
    return Description(
        title=clean(html.unescape(_word(chosen.get("headline")) or _word(chosen.get("name"))), _TITLE),
        text=clean(html.unescape(_word(chosen.get("description"))), _TEXT),
        pictures=tuple(pictures),
    )


def _things(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _DEEP:
        return
    if isinstance(value, list):
        for inner in value:
            yield from _things(inner, depth + 1)
    elif isinstance(value, dict):
        yield value
        yield from _things(value.get("@graph"), depth + 1)
        yield from _things(value.get("mainEntity"), depth + 1)


def _is_work(thing: dict[str, Any]) -> bool:
    """Whether a thing is what the page is about, and not its publisher or its list of crumbs."""
    kinds = thing.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    is_frame = any(name in {"Organization", "WebSite", "BreadcrumbList", "Person", "ImageObject"} for name in names)
    return bool(_word(thing.get("name"))) and not is_frame


def _addresses(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [word for inner in values if (word := _word(inner.get("url") if isinstance(inner, dict) else inner))]


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _rel(link: markup.HtmlElement) -> list[str]:
    return str(link.get("rel") or "").lower().split()


def _base(tree: markup.HtmlElement, url: str) -> str:
    """Return what the page's relative addresses are relative to."""
    said = next((str(element.get("href")) for element in tree.iter("base") if element.get("href")), "")
    return _joined(url, said) or url


def _joined(base: str, address: str) -> str:
    """Return an address made absolute, "" when there is none or it is not one of the web's."""
    try:
        joined = urljoin(base, address.strip().replace(" ", "%20")) if address.strip() else ""
    except ValueError:
        return ""
    return joined if joined.startswith(("http://", "https://")) else ""
