"""Markdown dialects of other programs are read, or reported with their line."""

import pytest


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("> [!WARNING]\n> Mind the *gap*.", ["| WARNING", "| Mind the gap."]),
        ("> [!info]- A folded title\n> Words", ["| A FOLDED TITLE", "| Words"]),
        ("> [!bug] Known\n>\n> - one\n> - two", ["| KNOWN", "| - one"]),
        ("> [!TIP]\n> > [!note] Inner\n> > Deep", ["| TIP", "| | INNER", "| | Deep"]),
    ],
)
def test_an_alert_is_a_callout(publication, written, shown):
    text = publication.text(f"Before.\n\n{written}\n\nAfter.\n")
    assert "[!" not in text
    for line in shown:
        assert line in text.split("\n")


def test_a_quotation_that_only_mentions_an_alert_stays_one(publication):
    text = publication.text("> He wrote [!NOTE] here.\n\n> \\[!NOTE]\n")
    assert "> He wrote [!NOTE] here." in text


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("![a](my pic.png)", "Put the file name in <>"),
        ("![a](bild (1).png)", "Put the file name in <>"),
        ("![a](javascript:alert)", "Name a file"),
        ("[[My Note|the note]]", "Write [text](address)"),
        ("![[picture one.png]]", "Write ![what it shows](<file>)"),
    ],
)
def test_text_that_stays_as_typed_is_reported(publication, written, remedy):
    findings = [
        each
        for each in publication.compose(f"One\ntwo {written} three\n").findings
        if "so it is shown as text" in each.message
    ]
    assert [(each.line, each.remedy.startswith(remedy)) for each in findings] == [(5, True)]


def test_code_and_escaped_text_are_not_reported(publication):
    body = "[[toc]]\n\n## A\n\nAs `![a](my pic.png)` and `[[x]]`, \\[[x]] and \\![a](my pic.png).\n\n    [[x]]\n"
    assert not [each for each in publication.compose(body).findings if "so it is shown as text" in each.message]


def test_a_picture_in_raw_html_is_reported_at_its_own_line(publication):
    block = '<div>\n<p>a</p>\n<IMG src="gone.png" alt="x" data-line="x">\n</div>'
    body = f'One\n\n{block}\n\ntwo\n<img src="lost.png" alt="y"/> z\n'
    findings = [each for each in publication.compose(body).findings if "missing" in each.message]
    assert [(each.line, each.message.split("'")[1]) for each in findings] == [(8, "gone.png"), (12, "lost.png")]
    assert "data-line" not in publication.html(body)
