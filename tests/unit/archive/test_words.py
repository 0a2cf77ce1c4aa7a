"""A stranger's words stay words."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.archive.words import paragraphs, unsteered


class Page(HTMLParser):
    """What a browser would make of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text() | st.from_regex(r"(<|&|https?://|[a-z/.>\"' \n]){1,40}"))
def test_nothing_a_reader_writes_becomes_markup(text: str) -> None:
    page = Page(paragraphs(text))
    assert {tag for tag, _ in page.tags} <= {"p", "br", "a"}
    for tag, attributes in page.tags:
        if tag == "a":
            assert attributes["rel"] == "nofollow ugc noopener"
            assert str(attributes["href"]).startswith(("http://", "https://"))
            assert set(attributes) == {"href", "rel"}


@given(st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp"), blacklist_characters="\u061c")))
def test_every_word_is_kept(text: str) -> None:
    def words(value: str) -> list[str]:
        return re.sub(r"\s", " ", unsteered(value)).split()

    assert words(Page(paragraphs(text)).text) == words(text)


@pytest.mark.parametrize("text", ["javascript:alert(1)", "www.example.org", "me@example.org", "//example.org/x"])
def test_only_whole_web_addresses_are_linked(text: str) -> None:
    assert "<a " not in paragraphs(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://example.org/a?b=1&c=2. Or not.", "https://example.org/a?b=1&c=2"),
        ("(https://example.org/a)", "https://example.org/a"),
        ("https://example.org/a_(b), so", "https://example.org/a_(b)"),
        ("HTTPS://EXAMPLE.ORG!", "HTTPS://EXAMPLE.ORG"),
        ("“https://例え.example/é”", "https://例え.example/é"),
        ("<https://example.org/>", "https://example.org/"),
    ],
)
def test_a_link_ends_where_the_address_does(text: str, address: str) -> None:
    page = Page(paragraphs(text))
    assert [attributes["href"] for tag, attributes in page.tags if tag == "a"] == [address]
    assert page.text == text


@pytest.mark.parametrize(
    ("text", "links"),
    [("http://a.b " * 20_000, 20_000), ("https://a" + ")" * 200_000, 1), ("http://" * 30_000, 105)],
)
def test_a_long_text_is_no_trouble(text: str, links: int) -> None:
    assert paragraphs(text).count("<a href") == links


def test_a_blank_line_begins_a_paragraph() -> None:
    assert paragraphs("One.\n\n \nTwo.") == "<p>One.</p>\n<p>Two.</p>"


def test_short_lines_stay_lines_and_wrapped_ones_flow() -> None:
    wrapped = "This line was wrapped by a mail program that likes seventy\ntwo columns."
    assert "<br>" not in paragraphs(wrapped)
    assert paragraphs("A short line\nand another") == "<p>A short line<br>\nand another</p>"


def test_a_list_keeps_its_lines_even_when_they_are_long() -> None:
    text = f"- {'long ' * 14}\n- second"
    assert "<br>" in paragraphs(text)


def test_marks_that_turn_the_direction_of_writing_are_dropped() -> None:
    assert unsteered("pdf.\u202egpj") == "pdf.gpj"
    assert "\u2067" not in paragraphs("a\u2067b")
