"""JSON front matter, as Hugo writes it."""

import pytest

from newsletter.content.front_matter import split_front_matter


def test_json_is_read_with_its_lines() -> None:
    read = split_front_matter('{\n\t"title": "T: one",\n  "tags": ["a", "b"]\n}\n\nBody\n')
    assert read.values == {"title": "T: one", "tags": ["a", "b"]}
    assert read.lines["title"] == 2
    assert (read.body, read.body_line) == ("\nBody\n", 5)


def test_json_on_one_line_is_read() -> None:
    read = split_front_matter('{"title": "T"}\nBody\n')
    assert (read.values, read.body, read.body_line) == ({"title": "T"}, "Body\n", 2)


@pytest.mark.parametrize(
    "text",
    [
        "{{ subscriber.first_name }}, hello\n",
        "{% raw %}\n",
        "{\nno end\n",
        "{} and more\n",
        "{ 'a': 1 }\nx",
        "{" * 9000,
    ],
)
def test_text_in_braces_that_is_not_json_is_body(text: str) -> None:
    read = split_front_matter(text)
    assert (read.values, read.body, read.body_line) == ({}, text, 1)
