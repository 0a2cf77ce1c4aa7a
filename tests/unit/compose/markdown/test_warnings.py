"""References to undefined footnotes are reported with line and remedy."""

import pytest

FRONT = 3
"""Lines before the body."""


def said(publication, body: str) -> list[tuple[int, str]]:
    return [
        (finding.line - FRONT, finding.message)
        for finding in publication.compose(body).findings
        if finding.rule == "note" and finding.file.endswith("index.md")
    ]


@pytest.mark.parametrize("box", ["only", "except"])
def test_a_footnote_defined_only_in_a_part_is_reported_where_it_is_used_outside(publication, box):
    body = f'One.\nTwo.[^x]\n\n::: {box} country = "PT"\nOlá.[^x]\n\n[^x]: Words.\n:::\n'
    ((line, message),) = said(publication, body)
    assert line == 2
    assert "'[^x]' is defined only in a part (line 10)" in message


def test_a_note_of_one_part_is_not_one_of_another(publication):
    theirs = '::: only country = "PT"\nOlá.[^x]\n\n[^x]: Words.\n:::'
    body = f'All.\n\n{theirs}\n\n::: except country = "PT"\nHi.[^x]\n:::\n'
    assert [line for line, _ in said(publication, body)] == [10]


@pytest.mark.parametrize(
    "body",
    [
        'All.\n\n::: only country = "PT"\nOlá.[^x]\n:::\n\n[^x]: Words.\n',
        'All.[^x]\n\n::: except country = "PT"\nHi.[^x]\n:::\n\n[^x]: Words.\n',
        'All.\n\n::: only country = "PT"\nOlá.[^x]\n\n[^x]: Words.\n:::\n',
        "All.[^x]\n\n[^x]: Words.\n\n[^unused]: Words.\n",
        "As `[^x]` in code, \\[^x] escaped and [^ x] none.\n\n```\n[^x]\n```\n",
        "A link [^up](https://a.example) and an inline note.^[Words.]\n",
    ],
)
def test_a_footnote_that_its_readers_get_is_not_reported(publication, body):
    assert said(publication, body) == []


def test_an_undefined_footnote_is_reported_once_at_its_first_line(publication):
    ((line, message),) = said(publication, "One.\nTwo [^x].\n\n| a | b |\n|---|---|\n| c | d |\n")
    assert line == 2
    assert message == "the footnote '[^x]' is not defined anywhere, so the mark is left as it is"


def test_the_article_reports_it_too(publication):
    findings = publication.article('All.[^x]\n\n::: only country = "PT"\n[^x]: Words.\n:::\n').findings
    assert [finding.line for finding in findings if finding.rule == "note"] == [1 + FRONT]
