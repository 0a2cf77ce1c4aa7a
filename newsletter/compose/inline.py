"""Inlining: premailer, told to leave MJML's own work alone and never to touch the network."""

import logging
import re

from premailer import Premailer

_STYLE = re.compile(r"(<!--.*?-->)|<style\b", re.DOTALL)


def inlined(html: str, css: str) -> str:
    """Return `html` with the rules of `css` written into its elements; its own `<style>`s stay as they are.

    Every option answers a measured defect: the doctype is compared in capitals, `!important` would be
    taken out of media queries, and the widths that Outlook needs would be overwritten.
    """
    html = html.replace("<!doctype html>", "<!DOCTYPE html>", 1)
    html = _STYLE.sub(lambda match: match[1] or '<style data-premailer="ignore"', html)
    written: str = Premailer(
        html,
        css_text=[css],
        allow_network=False,
        allow_loading_external_files=False,
        strip_important=False,
        disable_validation=True,
        align_floating_images=False,
        remove_unset_properties=False,
        disable_leftover_css=True,
        disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
        cssutils_logging_level=logging.CRITICAL,
    ).transform(pretty_print=False)
    return written.replace(' data-premailer="ignore"', "")
