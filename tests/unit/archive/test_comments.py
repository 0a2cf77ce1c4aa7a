"""Comments stand once each, under what they reply to, and a stranger's text stays text."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.archive.comments import comment_html, thread_comments, without_direction_marks
from newsletter.content import Comment

START = datetime(2026, 3, 1, tzinfo=UTC)


def comment(id_: str, minute: int, to: str | None = None) -> Comment:
    return Comment(id=id_, author=id_.upper(), date=START + timedelta(minutes=minute), text="...", in_reply_to=to)


NAMES = st.sampled_from("abcdefgh")
COMMENTS = st.lists(
    st.builds(comment, NAMES, st.integers(0, 5), st.none() | NAMES), unique_by=lambda one: one.id, max_size=8
)


@given(COMMENTS)
def test_every_comment_appears_exactly_once(comments: list[Comment]) -> None:
    placed = [threaded.comment.id for threaded in thread_comments(comments)]
    assert sorted(placed) == sorted(one.id for one in comments)


@given(COMMENTS)
def test_a_reply_is_below_its_comment_and_one_deeper(comments: list[Comment]) -> None:
    depth = {None: -1}
    for threaded in thread_comments(comments):
        assert threaded.depth == depth[threaded.parent.id if threaded.parent else None] + 1
        depth[threaded.comment.id] = threaded.depth


@given(COMMENTS)
def test_the_order_of_the_files_does_not_matter(comments: list[Comment]) -> None:
    assert thread_comments(comments) == thread_comments(reversed(comments))


def test_replies_come_right_under_their_comment_by_age() -> None:
    placed = thread_comments([comment("a", 0), comment("b", 1), comment("c", 3, "a"), comment("d", 2, "a")])
    assert [(threaded.comment.id, threaded.depth) for threaded in placed] == [
        ("a", 0),
        ("d", 1),
        ("c", 1),
        ("b", 0),
    ]


def test_a_reply_to_a_comment_that_is_gone_opens_a_thread() -> None:
    (only,) = thread_comments([comment("a", 0, "gone")])
    assert only.parent is None
    assert only.depth == 0


def test_comments_that_reply_to_each_other_in_a_circle_are_all_shown() -> None:
    placed = thread_comments([comment("a", 0, "b"), comment("b", 1, "a"), comment("c", 2, "c")])
    assert {threaded.comment.id for threaded in placed} == {"a", "b", "c"}


def test_a_thread_of_thousands_does_not_exhaust_the_stack() -> None:
    chain = [comment("c0", 0)] + [comment(f"c{n}", n, f"c{n - 1}") for n in range(1, 3000)]
    assert thread_comments(chain)[-1].depth == 2999


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
    page = Page(comment_html(text))
    assert {tag for tag, _ in page.tags} <= {"p", "br", "a"}
    for tag, attributes in page.tags:
        if tag == "a":
            assert attributes["rel"] == "nofollow ugc noopener"
            assert str(attributes["href"]).startswith(("http://", "https://"))
            assert set(attributes) == {"href", "rel"}


@given(st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp"), blacklist_characters="\u061c")))
def test_every_word_is_kept(text: str) -> None:
    def words(value: str) -> list[str]:
        return re.sub(r"\s", " ", without_direction_marks(value)).split()

    assert words(Page(comment_html(text)).text) == words(text)


@pytest.mark.parametrize("text", ["javascript:alert(1)", "www.example.org", "me@example.org", "//example.org/x"])
def test_only_whole_web_addresses_are_linked(text: str) -> None:
    assert "<a " not in comment_html(text)


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
    page = Page(comment_html(text))
    assert [attributes["href"] for tag, attributes in page.tags if tag == "a"] == [address]
    assert page.text == text


@pytest.mark.parametrize(
    ("text", "links"),
    [("http://a.b " * 20_000, 20_000), ("https://a" + ")" * 200_000, 1), ("http://" * 30_000, 105)],
)
def test_a_long_text_is_formatted_whole(text: str, links: int) -> None:
    assert comment_html(text).count("<a href") == links


def test_a_blank_line_begins_a_paragraph() -> None:
    assert comment_html("One.\n\n \nTwo.") == "<p>One.</p>\n<p>Two.</p>"


def test_short_lines_stay_lines_and_wrapped_ones_flow() -> None:
    wrapped = "This line was wrapped by a mail program that likes seventy\ntwo columns."
    assert "<br>" not in comment_html(wrapped)
    assert comment_html("A short line\nand another") == "<p>A short line<br>\nand another</p>"


def test_a_list_keeps_its_lines_even_when_they_are_long() -> None:
    text = f"- {'long ' * 14}\n- second"
    assert "<br>" in comment_html(text)


def test_marks_that_change_the_direction_of_writing_are_dropped() -> None:
    assert without_direction_marks("pdf.\u202egpj") == "pdf.gpj"
    assert "\u2067" not in comment_html("a\u2067b")
