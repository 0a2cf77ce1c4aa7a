"""Inlining: the rules of a style sheet, as premailer reads them, written into a letter's elements.

premailer's own walk is left aside: it looks for every rule by XPath, which took most of the time of composing,
and has to be kept from the widths that Outlook needs, from `!important` and from the network. What it read of a
sheet is kept as rules and declarations, for loading it takes longer than all the rest of composing.
"""

import functools
import hashlib
import json
import logging
import operator
import re
import xml.dom
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from lxml import etree

from newsletter.compose.html.cache import Cache, made_by

_NAME = re.compile(r"\.?[\w-]+")
_SIMPLE = re.compile(r"(?:[A-Za-z][\w-]*)?(?:\.[\w-]+)*(?: (?:[A-Za-z][\w-]*)?(?:\.[\w-]+)*)*")
"""Elements and classes within one another: all that is looked for here; the rest is left to XPath."""


class StyleSheetFault(ValueError):
    """A style sheet that cannot be written into a letter."""


def inlined(html: str, css: str, cache: Cache | None = None) -> str:
    """Return `html` with the rules of `css` written into its elements; its own `<style>`s stay as they are.

    Nothing is fetched, whatever the sheet imports. StyleSheetFault when `css` cannot be used.
    """
    html = html.strip().replace("<!doctype html>", "<!DOCTYPE html>", 1)
    try:
        tree = etree.fromstring(html, etree.HTMLParser())
        sheet = _Sheet(css, cache)
        _write(_Letter(tree), sheet)
        sheet.keep()
        return str(etree.tostring(tree.getroottree(), method="html", encoding="utf-8").decode())
    except (AttributeError, TypeError, ValueError, SyntaxError, xml.dom.DOMException) as error:
        raise StyleSheetFault(str(error)) from error


class _Letter:
    """The elements of a letter by the names that rules know them by: `p`, `.prose`."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._names: dict[Any, set[str]] = {}
        self._named: dict[str, list[Any]] = {}
        for element in tree.iter(etree.Element):
            names = {element.tag, *(f".{name}" for name in (element.get("class") or "").split())}
            self._names[element] = names
            for name in names:
                self._named.setdefault(name, []).append(element)

    def matching(self, selector: str) -> Iterable[Any]:
        """Return the elements that `selector` stands for."""
        if not _SIMPLE.fullmatch(selector):
            return _xpath(selector)(self._tree)  # type: ignore[no-any-return]
        *outer, inner = (set(_NAME.findall(part)) for part in selector.split())
        if any(name not in self._named for part in (*outer, inner) for name in part):
            return ()
        candidates = min((self._named[name] for name in inner), key=len)
        return (one for one in candidates if inner <= self._names[one] and self._is_within(one, outer))

    def _is_within(self, element: Any, outer: list[set[str]]) -> bool:
        waiting = len(outer)
        while waiting and (element := element.getparent()) is not None:
            if outer[waiting - 1] <= self._names[element]:
                waiting -= 1
        return not waiting


class _Sheet:
    """A sheet's rules, and the declarations of the elements that it met: as kept, else as premailer reads them."""

    def __init__(self, css: str, cache: Cache | None) -> None:
        self._css = css
        self._cache = cache
        self._name = f"sheet-{hashlib.sha256(css.encode()).hexdigest()[:32]}-{_reader()}" if cache else ""
        self._rules: list[tuple[str, _Pairs]] | None = None
        self._styles: dict[str, _Pairs] = {}
        self._is_new = False
        if found := cache.read(self._name) if cache else None:
            with suppress(ValueError, TypeError, KeyError):
                written = json.loads(found)
                styles = {str(style): _pairs(pairs) for style, pairs in written["styles"].items()}
                self._rules = [(str(selector), _pairs(pairs)) for selector, pairs in written["rules"]]
                self._styles = styles

    @property
    def rules(self) -> Sequence[tuple[str, "_Pairs"]]:
        """Selectors and declarations, the weightiest last."""
        if self._rules is None:
            self._rules = [(selector, _declarations(style)) for selector, style in _rules(self._css)]
            self._is_new = True
        return self._rules

    def declarations(self, style: str) -> "_Pairs":
        """Return what an element's own style says."""
        if style not in self._styles:
            self._styles[style] = _declarations(style)
            self._is_new = True
        return self._styles[style]

    def keep(self) -> None:
        """Keep what was read anew."""
        if self._cache and self._is_new and len(self._styles) <= _MOST_STYLES:
            written = {"rules": self._rules, "styles": self._styles}
            self._cache.write(self._name, json.dumps(written, separators=(",", ":")).encode())


_Pairs = list[tuple[str, str]]
_MOST_STYLES = 1000
"""Styles of elements beyond which a sheet is not kept: a letter that writes so many is no usual one."""


def _pairs(written: Any) -> _Pairs:
    return [(str(name), str(value)) for name, value in written]


def _write(letter: _Letter, sheet: _Sheet) -> None:
    """Write the rules, the weightiest last, into the elements, whose own style goes before all."""
    styles: dict[Any, list[_Pairs]] = {}
    for selector, declarations in sheet.rules:
        for element in letter.matching(selector):
            styles.setdefault(element, []).append(declarations)
    for element, found in styles.items():
        element.set("style", _merged([*found, sheet.declarations(element.get("style", ""))]))


def _merged(styles: Iterable[Iterable[tuple[str, str]]]) -> str:
    """Return one style; what came last stands last, so that it also beats a longhand of what came before."""
    merged: dict[str, str] = {}
    for name, value in (pair for style in styles for pair in style):
        merged.pop(name, None)
        merged[name] = value
    return "; ".join(f"{name}:{value}" for name, value in merged.items())


@functools.lru_cache(maxsize=64)
def _rules(css: str) -> tuple[tuple[str, str], ...]:
    """Return selectors and declarations, the weightiest last."""
    from premailer import Premailer

    reader = Premailer("<p/>", strip_important=False, disable_validation=True, cssutils_logging_level=logging.CRITICAL)
    reader._parse_css_string = _parsed
    rules, _left_over = reader._parse_style_rules(css, 0)
    return tuple(_split(rules))


def _split(rules: list[Any]) -> Iterator[tuple[str, str]]:
    for _weight, selector, style in sorted(rules, key=operator.itemgetter(0)):
        yield " ".join(selector.split()), style


def _parsed(css: str, validate: bool = True) -> Any:  # noqa: ARG001 - premailer's signature
    """Parse a sheet and fetch nothing; with premailer's own parser, `@import` reaches network and disk."""
    import cssutils

    parser = cssutils.CSSParser(loglevel=logging.CRITICAL, validate=False, fetcher=lambda _url: (None, b""))
    return parser.parseString(css)


def _declarations(style: str) -> _Pairs:
    from premailer.merge_style import csstext_to_pairs

    return _pairs(csstext_to_pairs(style, validate=False)) if style else []


@functools.lru_cache(maxsize=1)
def _reader() -> str:
    """Return which readers of style sheets are installed."""
    return f"{made_by('premailer')}{made_by('cssutils')}"


@functools.lru_cache(maxsize=256)
def _xpath(selector: str) -> Any:
    from lxml.cssselect import CSSSelector

    return CSSSelector(selector)
