"""Page metadata is found in Open Graph, Twitter cards, JSON-LD and plain HTML."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.charset import decode_page
from newsletter.link_cards.page_metadata import clean_text, read_oembed, read_page

ARTICLE = {"@type": "Article", "headline": "T", "description": "W", "image": "/p.jpg"}
VIDEO = {"@type": "VideoObject", "name": "T", "description": "W", "thumbnailUrl": "/p.jpg"}
URL = "https://e.example/a/page"


def page(head, url=URL):
    return read_page(f"<!doctype html><html><head>{head}</head><body><h1>Heading</h1></body></html>", url)


def test_open_graph_goes_before_all_else():
    said = page(
        '<title>Plain</title><meta name="twitter:title" content="Twitter">'
        '<meta property="og:title" content=" Open &amp; graph ">'
        '<meta name="description" content="Plain words"><meta property="og:description" content="Words">'
    )  # fmt: skip
    assert (said.title, said.text) == ("Open & graph", "Words")


@pytest.mark.parametrize(
    ("head", "title", "text"),
    [
        ("<meta name=twitter:title content=T><meta name=twitter:description content=W>", "T", "W"),
        ("<meta property=twitter:title content=T><meta property=description content=W>", "T", "W"),
        ('<title>\n T\n  t </title><meta name=Description content="W">', "T t", "W"),
        ('<TITLE>T</TITLE><META NAME="og:description" CONTENT="W">', "T", "W"),
        ('<meta property="og:title" content=""><title>T</title>', "T", ""),
        ("", "", ""),
    ],
)
def test_missing_values_come_from_other_metadata(head, title, text):
    assert (page(head).title, page(head).text) == (title, text)


@pytest.mark.parametrize(
    "data",
    [
        ARTICLE,
        [{"@type": "Organization", "name": "Paper"}, {**ARTICLE, "image": ["/p.jpg"]}],
        {"@graph": [{"@type": "WebSite", "name": "Paper"}, VIDEO]},
        {"@type": "WebPage", "mainEntity": {**VIDEO, "thumbnailUrl": None, "image": {"url": "/p.jpg"}}},
    ],
)  # fmt: skip
def test_linked_data_is_read(data):
    said = page(f'<title>Paper</title><script type="application/ld+json">{json.dumps(data)}</script>')
    assert (said.title, said.text, said.pictures) == ("T", "W", ("https://e.example/p.jpg",))


@pytest.mark.parametrize("script", ["{", "[" * 100_000, "null", '{"headline": 1}', '{"@graph": "x"}', "[[[{}]]]"])
def test_broken_linked_data_is_passed_over(script):
    assert page(f'<title>T</title><script type="application/ld+json">{script}</script>').title == "T"


def test_addresses_are_made_absolute_and_only_the_webs_are_kept():
    head = '<base href="/base/"><meta property="og:image" content="p q.jpg"><meta property=og:image content=data:x>'
    assert page(f'{head}<meta name="twitter:image" content="//cdn.example/x.png">').pictures == (
        "https://e.example/base/p%20q.jpg",
        "https://cdn.example/x.png",
    )
    assert page('<meta property="og:image" content="http://[">').pictures == ()
    assert page('<link type="application/json+oembed" href="javascript:x">').oembed == ""


@pytest.mark.parametrize("text", ["", "\0", "<", "<!--", "<html", "plain", "<a" * 5000, "<div>" * 5000])
def test_a_broken_page_has_no_metadata(text):
    assert read_page(text, URL).title == ""


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"[" * 100_000, b'{"title": 5}', b"\xff\xfe"])
def test_an_invalid_oembed_response_has_no_metadata(content):
    assert read_oembed(content, URL).title == ""


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\u202eb\u2066c\x07d\ue000", "abcd"),
        ("a\n\u2028b\u00a0 c", "a b c"),
        ("<b>a</b> 1 < 2", "a 1 < 2"),
        ("می\u200cخواهم 👩\u200d🚀", "می\u200cخواهم 👩\u200d🚀"),
        ("one two, three", "one two…"),
        ("x" * 50, "x" * 11 + "…"),
    ],
)
def test_text_is_one_short_line_without_invisible_characters(text, cleaned):
    assert clean_text(text, 12) == cleaned


PIECES = (
    "<meta ", 'property="og:image" ', 'content="', "og:title", "//", "http://[", "data:", '">', "<title>",
    "</title>", "<base href=", '<script type="application/ld+json">', "</script>", '{"@graph":[', '{"headline":',
    '"image":', "]}", "\0", "\ud7ff", "é", "&#0;", "<!--",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30).map("".join), st.text(max_size=20))
def test_no_page_and_no_charset_trips_the_reader(text, charset):
    said = read_page(decode_page(text.encode(errors="ignore"), charset), URL)
    assert all(address.startswith(("http://", "https://")) for address in said.pictures)
    assert "\n" not in said.title + said.text + said.alt


@given(
    st.binary(max_size=200),
    st.sampled_from(["", "utf-8", "utf-16", "gb18030", "iso-2022-jp", "hz", "idna", "rot13", "\0"]),
)
def test_no_bytes_trip_the_reader(content, charset):
    assert isinstance(decode_page(content, charset), str)
    read_oembed(content, URL)


def test_the_larger_picture_of_a_video_is_tried_first():
    said = read_oembed(b'{"title": "T", "thumbnail_url": "https://i.example/vi/x/hqdefault.jpg"}', URL)
    assert said.pictures == ("https://i.example/vi/x/maxresdefault.jpg", "https://i.example/vi/x/hqdefault.jpg")
