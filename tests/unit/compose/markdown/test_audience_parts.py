"""Audience parts: each reader gets a complete email, and private parts are never published."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from newsletter.compose import Edition, fill_merge_tags
from newsletter.compose.markdown.audience_parts import find_audience_parts
from newsletter.content import Issue, read_issue
from newsletter.content.issue import Slug
from newsletter.errors import ContentError
from tests.hypothesis_examples import examples

BODY = """
# The harbour

[[toc]]

For all.[^all]

::: only country = "PT"
## Lisbon

Olá to [Lisbon](https://lisbon.example).[^pt]
:::

::: except country = "PT"
## Elsewhere

Hello [elsewhere](https://elsewhere.example).
:::

## The end

More for all.[^more] See [the end](https://end.example).

[^all]: Note for all.
[^pt]: Note for Portugal.
[^more]: Another note.
"""


ISSUE = Issue(
    slug=Slug("one"), path=Path("one.md"), file="one.md", title="T", subject="T", language="en", body="", extra={}
)


def texts(edition: Edition, number: int) -> tuple[str, str]:
    variant = edition.variant(number)
    return fill_merge_tags(variant.html, {}), fill_merge_tags(variant.text, {})


def test_each_reader_gets_a_complete_email(publication):
    edition = publication.compose(BODY).edition
    assert edition.segments == ('country = "PT"',)
    assert [(variant.number, variant.inside) for variant in edition.variants] == [(1, ('country = "PT"',))]
    html, text = texts(edition, 0)
    assert "Hello" in text
    assert "Olá" not in html + text
    assert "- Elsewhere" in text
    assert "Lisbon" not in text
    assert "[1] https://elsewhere.example\n[2] https://end.example" in text
    assert "Note for Portugal" not in html + text
    assert html.count('id="fn') - html.count('id="fnref') == 2
    html, text = texts(edition, 1)
    assert "Olá" in text
    assert "Hello" not in html + text
    assert "- Lisbon" in text
    assert "Elsewhere" not in text
    assert "[1] https://lisbon.example\n[2] https://end.example" in text
    for number, note in ((1, "Note for all."), (2, "Note for Portugal."), (3, "Another note.")):
        assert f"{'¹²³'[number - 1]}  {note}" in text


def test_a_part_is_never_published(publication):
    composed = publication.compose(BODY)
    page = publication.article(BODY)
    for public in (composed.edition.web, page.html, page.text):
        assert "More for all." in public
        assert not any(word in public for word in ("Olá", "Lisbon", "Hello", "Elsewhere", "Portugal"))


def test_pictures_of_parts_are_put_beside_the_page_that_does_not_show_them(publication, picture):
    picture("secret.png")
    picture("open.png", (640, 300))
    page = publication.article("![Open](open.png)\n\n::: only has vip\n![Secret](secret.png)\n:::\n")
    assert len(page.pictures) == 2
    assert sum(shown.name in page.html for shown in page.pictures) == 1
    assert "Secret" not in page.html


def test_a_name_and_its_expression_are_one_segment(publication):
    with (publication.root / "newsletter.toml").open("a") as file:
        file.write("\n[segments]\nportugal = 'COUNTRY = “PT”'\n")
    body = 'a\n\n::: only portugal\nb\n:::\n\n::: except country == "PT"\nc\n:::\n\n::: only not portugal\nd\n:::\n'
    composed = publication.compose(body)
    assert composed.edition.segments == ('country = "PT"',)
    assert [(asked.written, asked.line) for asked in composed.part_segments] == [("portugal", 6)]
    assert composed.findings == ()
    paragraphs = [texts(composed.edition, number)[1].split("\n\n") for number in (0, 1)]
    assert [[word for word in ("a", "b", "c", "d") if word in said] for said in paragraphs] == [
        ["a", "c", "d"],
        ["a", "b"],
    ]


def test_parts_and_containers_may_be_nested(publication):
    body = (
        "::: note Title\n::: only has a\nInner A.\n::: only has b\nInner B.\n:::\n:::\nAlways.\n:::\n\n"
        ":::: columns\n::: column\nLeft.\n::: except has a\nNot A.\n:::\n:::\n::: column\nRight.\n:::\n::::\n"
    )
    edition = publication.compose(body).edition
    assert edition.segments == ("has a", "has b")
    found = [
        [word for word in ("Inner A", "Inner B", "Always", "Left", "Not A", "Right") if word in texts(edition, n)[0]]
        for n in range(4)
    ]
    assert found == [
        ["Always", "Left", "Not A", "Right"],
        ["Inner A", "Always", "Left", "Right"],
        ["Always", "Left", "Not A", "Right"],
        ["Inner A", "Inner B", "Always", "Left", "Right"],
    ]
    assert ":::" not in "".join(texts(edition, n)[1] for n in range(4))


@pytest.mark.parametrize(
    ("part", "line", "said"),
    [
        ("::: only country = PT\nSecret.\n:::", 6, "'PT' needs quotation marks at column 11"),
        ("::: only\nSecret.\n:::", 6, "there is no condition at column 1"),
        ("::: only portugl\nSecret.\n:::", 6, "unknown segment 'portugl'"),
        ("> ::: only has a\n> Secret.\n> :::", 6, "inside a list or a quotation"),
        ("- one\n\n    ::: only has a\n    Secret.\n    :::", 8, "inside a list or a quotation"),
        ("::: only country = 'x\nSecret.\n:::\n", 6, "quotation mark is never closed"),
    ],
)
def test_a_part_that_cannot_be_asked_about_is_an_error_and_reaches_nobody(publication, part, line, said):
    composed = publication.compose(f"words\n\n{part}\n\nafter")
    [finding] = composed.findings
    assert (finding.level, finding.line) == ("error", line)
    assert said in finding.message
    everything = json.dumps(composed.edition.as_json()) + publication.article(f"words\n\n{part}\n\nafter").html
    assert "Secret" not in everything
    assert "after" in everything


def test_an_unclosed_part_extends_to_the_end_of_its_container(publication):
    composed = publication.compose(
        "words\n\n:::: note\n::: only has a\nSecret.\n::::\n\nafter\n\n::: only has a\nMore secret."
    )
    assert [(finding.level, finding.line) for finding in composed.findings] == [("warning", 7), ("warning", 13)]
    assert "ecret" not in composed.edition.web
    assert "after" in composed.edition.web
    assert "More secret." in texts(composed.edition, 1)[1]


def test_a_fifth_segment_is_an_error_at_its_line(publication):
    body = "words\n\n" + "\n".join(f"::: only has f{number % 5}\nPart {number}.\n:::\n" for number in range(7))
    composed = publication.compose(body)
    assert [(finding.level, finding.line) for finding in composed.findings] == [("error", 22)]
    assert len(composed.edition.variants) == 15
    assert "Part 4." not in json.dumps(composed.edition.as_json())
    assert all(f"Part {number}." in texts(composed.edition, 15)[0] for number in (0, 1, 2, 3, 5, 6))


def test_fences_of_parts_in_a_listing_are_its_text(publication):
    composed = publication.compose("```\n::: only country = PT\n:::\n```\n")
    assert composed.findings == ()
    assert "    ::: only country = PT\n" in texts(composed.edition, 0)[1]


def test_an_email_empty_for_some_is_a_warning_and_one_empty_for_all_is_refused(publication):
    [finding] = publication.compose("::: only has a\nFor A.\n:::").findings
    assert (finding.level, finding.line) == ("warning", 4)
    assert publication.compose("::: only has a\nFor A.\n:::", "title: T\nsegment: has a").findings == ()
    with pytest.raises(ContentError, match="is for everybody"):
        publication.compose("::: only has a\n:::")
    with pytest.raises(ContentError, match="is for everybody"):
        publication.article("::: only has a\nFor A.\n:::")


def test_composing_twice_gives_the_same_bytes_and_comes_back_from_json(publication):
    one, other = publication.compose(BODY).edition, publication.compose(BODY).edition
    assert one == other
    assert one.digest == other.digest
    assert Edition.from_json(json.loads(json.dumps(one.as_json()))) == one
    changed = publication.compose(BODY.replace("Olá", "Bom dia")).edition
    assert (changed.html, changed.text) == (one.html, one.text)
    assert changed.digest != one.digest


def test_an_edition_without_parts_keeps_the_digest_it_had(publication):
    written = publication.compose("words").edition.as_json()
    assert (written["segments"], written["variants"]) == ((), ())
    old = Edition.from_json({name: value for name, value in written.items() if name not in {"segments", "variants"}})
    assert old == publication.compose("words").edition


@pytest.mark.parametrize(
    ("segment", "said"), [("country = PT", "needs quotation marks"), ("prtugal", "unknown segment")]
)
def test_the_issues_own_segment_is_checked(publication, segment, said):
    composed = publication.compose("words", f"title: T\nsegment: {segment}")
    assert [(finding.rule, finding.level, finding.line) for finding in composed.findings] == [("segment", "error", 3)]
    assert said in composed.findings[0].message
    assert composed.segment is None


def test_the_issues_own_segment_is_spelled_out(publication):
    composed = publication.compose("words", 'title: T\nsegment: country == "PT" and has company')
    assert composed.findings == ()
    assert composed.segment is not None
    assert composed.segment.expression == 'country = "PT" and has company'
    assert Path(publication.issue("x").file).name == "index.md"


def test_a_heading_of_a_part_is_nobodys_title(publication):
    path = publication.root / "issues" / "secret-plan.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text("::: only has a\n::: note\n# Secret\n:::\n## Secret too\n:::\n\n# Open\n\nwords\n")
    assert read_issue(publication.settings, "secret-plan").title == "Open"


nodes = st.recursive(
    st.sampled_from("abcdefgh").map(lambda letter: ("word", letter, [])),
    lambda inner: st.tuples(
        st.sampled_from(["only", "except", "note"]),
        st.sampled_from(["has x", "has y"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=12,
)


def _markdown(several, depth):
    for number, (kind, what, inner) in enumerate(several):
        if kind == "word":
            yield f"word-{what}-{depth}-{number}"
            continue
        yield f"::: {kind} {what if kind != 'note' else 'Title'}"
        yield from _markdown(inner, f"{depth}{number}")
        yield ":::"


def _seen(several, depth, inside):
    """What readers inside these segments see; None stands for anybody."""
    for number, (kind, what, inner) in enumerate(several):
        if kind == "word":
            yield f"word-{what}-{depth}-{number}"
        elif kind == "note" or (inside is not None and (what in inside) == (kind == "only")):
            yield from _seen(inner, f"{depth}{number}", inside)


@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(nodes, min_size=1, max_size=5))
def test_however_parts_are_nested_readers_see_only_theirs(publication, several):
    body = "\n".join(_markdown(several, "d"))
    parts = find_audience_parts(replace(ISSUE, body=body), publication.settings)
    for inside in ([], ["has x"], ["has y"], ["has x", "has y"]):
        seen = re.findall(r"word-\S+", parts.issue_for(frozenset(inside)).body)
        assert seen == list(_seen(several, "d", inside))
    assert re.findall(r"word-\S+", parts.issue_for_all().body) == list(_seen(several, "d", None))
    assert len(parts.issue_for_all().body.split("\n")) == len(body.split("\n"))
