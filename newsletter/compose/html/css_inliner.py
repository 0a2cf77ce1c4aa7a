"""CSS inliner: premailer's declarations, written into the `style` attributes of an email's elements.

premailer reads the declarations (`premailer.merge_style`), and rules are selected and ordered as it does, which a test
holds them to. Its own walk over the document is not used: it looks up every rule by XPath, which took most of the time
of composing, sets width attributes that break layouts in Outlook, and lets cssutils fetch `@import`s even with
`allow_network=False`. Parsed rules are cached, since loading premailer takes longer than all the rest of composing.
"""

import functools
import hashlib
import json
import logging
import operator
import re
import xml.dom
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from lxml import etree

from newsletter.compose.html.cache import FileCache, version_key

_NAME = re.compile(r"\.?[\w-]+")
_SIMPLE_SELECTOR = re.compile(r"(?:[A-Za-z][\w-]*)?(?:\.[\w-]+)*(?: (?:[A-Za-z][\w-]*)?(?:\.[\w-]+)*)*")
"""Type and class selectors with descendant combinators, matched here; any other selector is left to XPath."""
_TYPE_SELECTOR = re.compile(r"(?:^|\s)\w")
_STRUCTURAL_PSEUDO_CLASSES = (":last-child", ":first-child", ":nth-child")
_MAX_STYLES = 1000
"""A sheet is not cached with more distinct `style` attributes than this."""
_FORMAT_VERSION = "3"
"""Increase it when the same style sheet is to be cached differently."""

_IMPORTANT = " !important"

_Declarations = list[tuple[str, str]]
"""Names and values of properties, in order; a value may end in `!important`."""


class StyleSheetError(ValueError):
    """A style sheet that cannot be inlined."""


def inline_css(html: str, css: str, cache: FileCache | None = None) -> str:
    """Return `html` with the rules of `css` inlined; its own `<style>` elements stay as they are.

    Nothing is fetched, whatever the sheet imports. StyleSheetError if `css` cannot be used.
    """
    html = html.strip().replace("<!doctype html>", "<!DOCTYPE html>", 1)
    try:
        tree = etree.fromstring(html, etree.HTMLParser())
        sheet = _StyleSheet(css, cache)
        _apply(_ElementIndex(tree), sheet)
        sheet.save()
        return str(etree.tostring(tree.getroottree(), method="html", encoding="utf-8").decode())
    except (AttributeError, TypeError, ValueError, SyntaxError, xml.dom.DOMException) as error:
        raise StyleSheetError(str(error)) from error


class _ElementIndex:
    """The elements of a document by the names that selectors use for them: `p`, `.prose`."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._names: dict[Any, set[str]] = {}
        self._elements: dict[str, list[Any]] = {}
        for element in tree.iter(etree.Element):
            names = {element.tag, *(f".{name}" for name in (element.get("class") or "").split())}
            self._names[element] = names
            for name in names:
                self._elements.setdefault(name, []).append(element)

    def matching(self, selector: str) -> Iterable[Any]:
        """Return the elements that match `selector`."""
        if not _SIMPLE_SELECTOR.fullmatch(selector):
            return _xpath(selector)(self._tree)  # type: ignore[no-any-return]
        *ancestors, subject = (set(_NAME.findall(part)) for part in selector.split())
        if any(name not in self._elements for part in (*ancestors, subject) for name in part):
            return ()
        candidates = min((self._elements[name] for name in subject), key=len)
        return (
            element for element in candidates if subject <= self._names[element] and self._is_within(element, ancestors)
        )

    def _is_within(self, element: Any, ancestors: list[set[str]]) -> bool:
        remaining = len(ancestors)
        while remaining and (element := element.getparent()) is not None:
            if ancestors[remaining - 1] <= self._names[element]:
                remaining -= 1
        return not remaining


class _StyleSheet:
    """The rules of a sheet and the declarations of `style` attributes, from the cache or parsed by premailer."""

    def __init__(self, css: str, cache: FileCache | None) -> None:
        self._css = css
        self._cache = cache
        self._name = f"sheet-{hashlib.sha256(css.encode()).hexdigest()[:32]}-{_parser_version()}" if cache else ""
        self._rules: list[tuple[str, _Declarations]] | None = None
        self._styles: dict[str, _Declarations] = {}
        self._is_changed = False
        if content := cache.read(self._name) if cache else None:
            with suppress(ValueError, TypeError, KeyError):
                cached = json.loads(content)
                styles = {str(style): _declarations(pairs) for style, pairs in cached["styles"].items()}
                self._rules = [(str(selector), _declarations(pairs)) for selector, pairs in cached["rules"]]
                self._styles = styles

    @property
    def rules(self) -> Sequence[tuple[str, _Declarations]]:
        """Selectors and declarations in the order of the cascade, the strongest last."""
        if self._rules is None:
            self._rules = [(selector, list(declarations)) for selector, declarations in _parse_rules(self._css)]
            self._is_changed = True
        return self._rules

    def declarations(self, style: str) -> _Declarations:
        """Return the declarations of an element's `style` attribute."""
        if style not in self._styles:
            self._styles[style] = _parse_style(style)
            self._is_changed = True
        return self._styles[style]

    def save(self) -> None:
        """Cache whatever was parsed."""
        if self._cache and self._is_changed and len(self._styles) <= _MAX_STYLES:
            content = {"rules": self._rules, "styles": self._styles}
            self._cache.write(self._name, json.dumps(content, separators=(",", ":")).encode())


def _declarations(pairs: Any) -> _Declarations:
    return [(str(name), str(value)) for name, value in pairs]


def _apply(elements: _ElementIndex, sheet: _StyleSheet) -> None:
    """Write the rules into the elements; an element's own `style` overrides all of them."""
    styles: dict[Any, list[_Declarations]] = {}
    for selector, declarations in sheet.rules:
        for element in elements.matching(selector):
            styles.setdefault(element, []).append(declarations)
    for element, matched in styles.items():
        element.set("style", _merge([*matched, sheet.declarations(element.get("style", ""))]))


def _merge(styles: Iterable[_Declarations]) -> str:
    """Return one style; a later declaration moves to the end, so that it also overrides longhands before it."""
    merged: dict[str, str] = {}
    for name, value in (declaration for style in styles for declaration in style):
        merged.pop(name, None)
        merged[name] = value
    return "; ".join(f"{name}:{value}" for name, value in merged.items())


@functools.lru_cache(maxsize=64)
def _parse_rules(css: str) -> tuple[tuple[str, _Declarations], ...]:
    """Return selectors and declarations in the order of the cascade: `!important` first of all, then specificity.

    Left out are rules that depend on the state of an element (pseudo-classes), universal selectors, and at-rules.
    """
    rules: list[tuple[tuple[int, ...], str, _Declarations]] = []
    for rule in _parse_sheet(css):
        if rule.type != rule.STYLE_RULE:
            continue
        declared: dict[bool, _Declarations] = {True: [], False: []}
        for name, value in _parse_style(rule.style.cssText):
            declared[value.endswith(_IMPORTANT)].append((name, value))
        for selector in filter(_can_be_inlined, (text.strip() for text in rule.selectorText.split(","))):
            specificity = (selector.count("#"), selector.count("."), len(_TYPE_SELECTOR.findall(selector)))
            for is_important, declarations in declared.items():
                if declarations:
                    order = (is_important, *specificity, len(rules))
                    rules.append((order, " ".join(selector.split()), declarations))
    rules.sort(key=operator.itemgetter(0))
    return tuple((selector, declarations) for _order, selector, declarations in rules)


def _can_be_inlined(selector: str) -> bool:
    if not selector or selector.startswith(("@", ":")) or "*" in selector:
        return False
    return ":" not in selector or f":{selector.split(':', 1)[1]}" in _STRUCTURAL_PSEUDO_CLASSES


def _parse_style(style: str) -> _Declarations:
    from premailer.merge_style import csstext_to_pairs  # loading takes longer than composing

    return _declarations(csstext_to_pairs(style, validate=False)) if style else []


def _parse_sheet(css: str) -> Any:
    """Parse a style sheet and fetch nothing: by default cssutils loads `@import`s from network and disk."""
    import cssutils

    return cssutils.CSSParser(loglevel=logging.CRITICAL, validate=False, fetcher=lambda _url: (None, b"")).parseString(
        css
    )


@functools.lru_cache(maxsize=1)
def _parser_version() -> str:
    return f"{version_key('premailer', _FORMAT_VERSION)}{version_key('cssutils')}"


@functools.lru_cache(maxsize=256)
def _xpath(selector: str) -> Any:
    from lxml.cssselect import CSSSelector

    return CSSSelector(selector)
