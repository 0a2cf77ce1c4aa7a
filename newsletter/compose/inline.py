"""Inlining: premailer, told to leave MJML's own work alone and never to touch the network."""

import functools
import logging
import re
import xml.dom
from typing import Any

import cssutils
from premailer import Premailer

_OPTIONS: dict[str, Any] = {
    "allow_network": False,
    "allow_loading_external_files": False,
    "strip_important": False,
    "disable_validation": True,
    "align_floating_images": False,
    "remove_unset_properties": False,
    "disable_leftover_css": True,
    "disable_basic_attributes": ["width", "height", "align", "valign", "bgcolor"],
    "cssutils_logging_level": logging.CRITICAL,
}
_STYLE = re.compile(r"(<!--.*?-->)|<style\b", re.DOTALL)


class StyleSheetFault(ValueError):
    """A style sheet that cannot be written into a letter."""


def inlined(html: str, css: str) -> str:
    """Return `html` with the rules of `css` written into its elements; its own `<style>`s stay as they are.

    StyleSheetFault when `css` cannot be used. Every option answers a measured defect: the doctype is compared in
    capitals, `!important` would be taken out of media queries, and the widths that Outlook needs overwritten.
    """
    html = html.replace("<!doctype html>", "<!DOCTYPE html>", 1)
    html = _STYLE.sub(lambda match: match[1] or '<style data-premailer="ignore"', html)
    inliner = _Offline(html, css_text=[css], **_OPTIONS)
    try:
        written: str = inliner.transform(pretty_print=False)
    except (AttributeError, TypeError, ValueError, SyntaxError, xml.dom.DOMException) as error:
        raise StyleSheetFault(str(error)) from error
    return written.replace(' data-premailer="ignore"', "")


class _Offline(Premailer):  # type: ignore[misc]
    """premailer with a parser that fetches nothing; with its own, `@import` reaches network and disk."""

    def _parse_css_string(self, css_body: str, validate: bool = True) -> Any:  # noqa: ARG002 - premailer's signature
        parser = cssutils.CSSParser(loglevel=logging.CRITICAL, validate=False, fetcher=lambda _url: (None, b""))
        return parser.parseString(css_body)

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> Any:
        return _rules(css_body, ruleset_index)


@functools.lru_cache(maxsize=64)
def _rules(css: str, index: int) -> Any:
    """Return the rules of a sheet, which letters of one language and template share."""
    return Premailer._parse_style_rules(_Offline("<p/>", **_OPTIONS), css, index)
