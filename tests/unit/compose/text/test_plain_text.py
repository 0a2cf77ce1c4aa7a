"""The plain text part: wrapping, lists, tables, links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.compose.text.html_to_text import display_width, wrap


def body_of(text: str) -> str:
    return text.split("\n\n", 3)[3].split("\n\nReply to this email")[0]


@pytest.mark.parametrize(
    ("markdown", "typed"),
    [
        ("One *two* **three** `four`", "One two three four"),
        ("[a](https://e.example) and [b](https://e.example)", "a [1] and b [1]"),
        ("<https://e.example>", "https://e.example"),
        ("- one\n- two\n  - three", "- one\n- two\n  - three"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("> said\n>\n> twice", "> said\n>\n> twice"),
        ("a  \nb", "a\nb"),
        ("## Head\n\nx", "Head\n----\n\nx"),
        ("```\nx  = 1\n\ny\n```", "    x  = 1\n\n    y"),
        ("|a|bb|\n|-|-|\n|ccc|d|", "a    bb\n---  --\nccc  d"),
        ("|a|\n|-|\n|ccc|", "a\n\nccc"),
        ("***", f"{'* * *':^72}".rstrip()),
        ("::: tip\nx\n:::", "| TIP\n|\n| x"),
        ("[Go](https://e.example){.button}", "Go: https://e.example"),
        ("![A lamp](https://e.example/a.png)", "[Picture: A lamp]"),
        ('![A lamp](https://e.example/a.png "At dusk")', "[Picture: A lamp] At dusk"),
        ("term\n: meaning", "term\n    meaning"),
        ("a[^1]\n\n[^1]: note", "a¹\n\nNotes:\n¹  note"),
        ("H<sub>2</sub>O 10<sup>3</sup> &amp; &lt;b&gt;", "H2O 10³ & <b>"),
    ],
)
def test_each_thing_is_typed_as_by_hand(publication, markdown, typed):
    assert body_of(publication.text(markdown)) == typed


def test_links_are_listed_once_each(publication):
    text = publication.text("[a](https://a.example) [b](https://b.example) [c](https://a.example)")
    assert "\nLinks:\n[1] https://a.example\n[2] https://b.example\n" in text


def test_no_line_of_prose_is_wider_than_72_columns(publication):
    text = publication.text("word " * 200 + "\n\n> " + "said " * 100 + "\n\n- " + "item " * 100 + "\n\n" + "字" * 200)
    assert max(display_width(line) for line in text.split("\n")) <= 72


def test_a_table_too_wide_is_set_row_below_row(publication):
    text = publication.text(f"|name|what|\n|-|-|\n|a|{'long ' * 20}|")
    assert "name: a\nwhat: long long" in text


@given(st.text("字，。（）「」a b.한국어", min_size=1, max_size=200))
def test_a_line_of_wide_characters_holds_its_marks_and_is_never_too_wide(text):
    said = " ".join(text.split())
    lines = wrap(said, 24).split("\n")
    assert "".join(lines).replace(" ", "") == said.replace(" ", "")
    assert max(display_width(line) for line in lines) <= 24


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("这是一句话，" * 3, ["这是一句话，这是一句", "话，这是一句话，"]),
        ("他问“你好吗”我说“好”。", ["他问“你好吗”我说", "“好”。"]),
        ("한국어는 낱말을 자르지 않습니다.", ["한국어는 낱말을", "자르지 않습니다."]),
        ("表 [.Search, .Group, .Item] 单", ["表 [.Search, .Group,", ".Item] 单"]),
    ],
)
def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one(text, lines):
    assert wrap(text, 20).split("\n") == lines


def test_no_markup_is_left(publication):
    text = publication.text("<div><b>bold</b><br>and <span style='color:red'>red</span></div>\n\n**x** ~~y~~")
    assert not set("<>") & set(body_of(text))
