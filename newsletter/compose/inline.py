"""Inlining: the rules of a style sheet, as premailer reads them, written into a letter's elements.

premailer's own walk is left aside: it looks for every rule by XPath, which took most of the time of composing,
and has to be kept from the widths that Outlook needs, from `!important` and from the network.
"""

import functools
import logging
import operator
import re
import xml.dom
from collections.abc import Iterable, Iterator
from typing import Any

import cssutils
from lxml import etree
from lxml.cssselect import CSSSelector
from premailer import Premailer
from premailer.merge_style import csstext_to_pairs

_NAME = re.compile(r"\.?[\w-]+")
_SIMPLE = re.compile(r"(?:[A-Za-z][\w-]*)?(?:\.[\w-]+)*(?: (?:[A-Za-z][\w-]*)?(?:\.[\w-]+)*)*")
"""Elements and classes within one another: all that is looked for here; the rest is left to XPath."""


class StyleSheetFault(ValueError):
    """A style sheet that cannot be written into a letter."""


def inlined(html: str, css: str) -> str:
    """Return `html` with the rules of `css` written into its elements; its own `<style>`s stay as they are.

    Nothing is fetched, whatever the sheet imports. StyleSheetFault when `css` cannot be used.
    """
    html = html.strip().replace("<!doctype html>", "<!DOCTYPE html>", 1)
    try:
        tree = etree.fromstring(html, etree.HTMLParser())
        _write(_Letter(tree), _rules(css))
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


def _write(letter: _Letter, rules: Iterable[tuple[str, str]]) -> None:
    """Write the rules, the weightiest last, into the elements, whose own style goes before all."""
    styles: dict[Any, list[Any]] = {}
    for selector, style in rules:
        for element in letter.matching(selector):
            styles.setdefault(element, []).append(csstext_to_pairs(style, validate=False))
    for element, found in styles.items():
        element.set("style", _merged([*found, csstext_to_pairs(element.get("style", ""), validate=False)]))


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
    reader = _Offline(
        "<p/>", strip_important=False, disable_validation=True, cssutils_logging_level=logging.CRITICAL
    )
    rules, _left_over = reader._parse_style_rules(css, 0)
    return tuple(_split(rules))


def _split(rules: list[Any]) -> Iterator[tuple[str, str]]:
    for _weight, selector, style in sorted(rules, key=operator.itemgetter(0)):
        yield " ".join(selector.split()), style


@functools.lru_cache(maxsize=256)
def _xpath(selector: str) -> Any:
    return CSSSelector(selector)


class _Offline(Premailer):  # type: ignore[misc]
    """premailer with a parser that fetches nothing; with its own, `@import` reaches network and disk."""

    def _parse_css_string(self, css_body: str, validate: bool = True) -> Any:  # noqa: ARG002 - premailer's signature
        parser = cssutils.CSSParser(loglevel=logging.CRITICAL, validate=False, fetcher=lambda _url: (None, b""))
        return parser.parseString(css_body)
