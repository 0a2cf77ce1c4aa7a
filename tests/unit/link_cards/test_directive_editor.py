"""A card directive is edited line by line, and text from pages is escaped."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from newsletter.compose import read_card_directives
from newsletter.content import read_issue
from newsletter.link_cards.directive_editor import LineEditor, escape_field, fill_fields
from newsletter.link_cards.page_metadata import clean_text
from newsletter.settings import read_settings
from tests.hypothesis_examples import examples

TOML = '[publication]\ntitle = "T"\n[lists.a]\ntitle = "T"\nfrom = "a@e.example"\nlist_id = "a.e.example"\n'
WORDS = st.text(
    st.sampled_from("ab \\`*_[]{}<>\"'&;:#~^|!()$%=-+./1é\u200d😀") | st.characters(codec="utf-8"), max_size=60
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    root = tmp_path_factory.mktemp("desk")
    (root / "newsletter.toml").write_text(TOML)
    (root / "issues").mkdir()
    (root / "issues" / "one.md").write_text("Words.\n\n::: card https://e.example\n:::\n\nMore.\n")
    return read_settings(root, {})


def letters(text):
    return "".join(char for char in text if char.isalnum())


@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=WORDS, text=WORDS)
def test_text_of_a_page_reads_back_unchanged_from_the_card(desk, title, text):
    title, text = clean_text(title, 200), clean_text(text, 200)
    issue = read_issue(desk, "one")
    editor = LineEditor(issue.body)
    found = {name: escape_field(name, value) for name, value in (("title", title), ("text", text)) if value}
    assert fill_fields(editor, 2, found)
    before, rest = read_card_directives(issue, desk)
    after, rest_after = read_card_directives(replace(issue, body=editor.text()), desk)
    assert rest == rest_after
    [box] = after
    assert letters(box.title) == letters(title)
    assert box.href == before[0].href
    assert not any(tag in box.title for tag in ("subscriber", "zq")) or letters(title)


@given(st.text(st.sampled_from("ab\r\n\u2028\u2029 :"), max_size=40))
def test_lines_put_together_are_the_text(text):
    assert LineEditor(text).text() == text


@given(st.text(st.sampled_from("ab\r\n"), max_size=30), st.integers(0, 30))
def test_inserting_lines_changes_no_other_line(text, at):
    editor = LineEditor(text)
    before = list(editor.lines)
    at = min(at + 1, len(before))
    editor.insert(at, ["X", "Y"])
    again = LineEditor(editor.text())
    assert again.lines == [*before[:at], "X", "Y", *before[at:]]
