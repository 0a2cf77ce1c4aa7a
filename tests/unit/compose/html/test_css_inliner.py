"""The CSS inliner writes the same styles as premailer, and fetches nothing."""

import logging

import pytest
from lxml import html as lxml_html
from premailer import Premailer

from newsletter.compose.html.css_inliner import inline_css

PAGE = """<!doctype html><html><head><style>p { color: red }</style></head><body class="ground">
<div class="prose wide"><h2 class="first">A</h2><p style="color: green">B <a href="#x">c</a> <em>d</em></p>
<div class="box last"><p>E</p><ul><li><p>F</p></li></ul></div></div><p>G</p><img class="wide" width="20">
</body></html>"""
SHEETS = [
    "p { margin: 0 }",
    ".prose p { margin: 0; color: blue } p { margin: 4px }",
    ".prose .box p { margin: 1px } .prose p { margin: 2px !important; }",
    ".prose h2, .prose h3 { margin: 3px } .prose .first { margin: 4px }",
    "div.prose > p { margin: 5px } .prose > .box > p { margin: 6px }",
    ".prose.wide a { color: teal } .wide { width: 9px } [href] { color: navy } h2 + p { margin: 7px }",
    "a:hover { color: red } @media print { p { margin: 8px } } * { margin: 9px } li:first-child { margin: 1px }",
    ".none p, table td { margin: 0 } body { margin: 0 } .ground .box.last { margin: 2px }",
]


def styled(element: lxml_html.HtmlElement) -> tuple[object, list[str]]:
    """Return an element's tag and its declarations, in any order."""
    return element.tag, sorted(part.strip() for part in (element.get("style") or "").split(";"))


@pytest.mark.parametrize("css", SHEETS)
def test_the_same_is_written_as_by_premailer(css: str) -> None:
    theirs = Premailer(
        PAGE.replace("<style>", '<style data-premailer="ignore">').replace("<!doctype", "<!DOCTYPE"),
        css_text=[css],
        allow_network=False,
        strip_important=False,
        disable_validation=True,
        align_floating_images=False,
        disable_leftover_css=True,
        remove_unset_properties=False,
        disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
        cssutils_logging_level=logging.CRITICAL,
    ).transform(pretty_print=False)
    ours = lxml_html.document_fromstring(inline_css(PAGE, css))
    wanted = lxml_html.document_fromstring(theirs)
    assert [styled(element) for element in ours.iter()] == [styled(element) for element in wanted.iter()]


def test_an_elements_own_style_goes_before_every_rule() -> None:
    tree = lxml_html.document_fromstring(inline_css(PAGE, "p { color: blue }"))
    assert tree.xpath("//p/@style")[0] == "color:green"


def test_a_shorthand_that_comes_later_beats_a_longhand_before_it() -> None:
    tree = lxml_html.document_fromstring(
        inline_css(PAGE, "p { margin: 0 } p { margin-bottom: 9px } .box p { margin: 1px }")
    )
    assert tree.xpath("//*[@class='box last']/p/@style") == ["margin-bottom:9px; margin:1px"]
