"""Markdown becomes blocks with their lines; whatever cannot be kept is a finding."""

import pytest

from newsletter.compose import blocks as kinds
from newsletter.compose.images.resolver import PictureResolver
from newsletter.compose.markdown.block_reader import read_body
from newsletter.compose.merge_tags import Placeholders


def blocks_of(publication, body):
    issue = publication.issue(body)
    return read_body(
        issue, publication.settings, Placeholders(issue.body), PictureResolver(publication.settings, issue)
    ).blocks


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Some *words*.", kinds.Prose),
        ("- a\n- b", kinds.Prose),
        ("> said", kinds.Prose),
        ("***", kinds.Divider),
        ("```\nx\n```", kinds.Code),
        ("|a|b|\n|-|-|\n|1|2|", kinds.Table),
        ("[go](https://example.com){.button}", kinds.Buttons),
        ("![a](https://example.com/a.png)", kinds.PictureRow),
        ("[![a](https://example.com/a.png)](https://example.com)", kinds.PictureRow),
        ("{.pull}\n> large", kinds.PullQuote),
        ("::: pullquote\nlarge\n:::", kinds.PullQuote),
        ("::: tip\nx\n:::", kinds.Callout),
        (":::: columns\n::: column\na\n:::\n::: column\nb\n:::\n::::", kinds.Columns),
    ],
)
def test_each_kind_is_recognised(publication, body, kind):
    assert [type(block) for block in blocks_of(publication, body)] == [kind]


def test_a_run_of_prose_is_one_block(publication):
    assert len(blocks_of(publication, "## A\n\nb\n\n- c\n\n> d\n")) == 1


def test_blocks_know_their_line_in_the_file(publication):
    found = blocks_of(publication, "\nOne.\n\n***\n\n```\nx\n```\n")
    assert [block.line for block in found] == [5, 7, 9]


def test_pictures_in_one_paragraph_are_side_by_side(publication):
    [row] = blocks_of(publication, "![a](https://e.example/a.png)\n![b](https://e.example/b.png)")
    assert [image.alt for image in row.images] == ["a", "b"]


def test_many_pictures_form_rows_of_two_or_three(publication):
    [block] = blocks_of(publication, "\n".join(f"![{n}](missing-{n}.png){{width=300}}" for n in range(5)))
    assert [len(row) for row in block.rows] == [3, 2]


def test_many_pictures_of_unknown_size_stay_in_the_text(publication):
    [block] = blocks_of(publication, "\n".join(f"![{n}](https://e.example/{n}.svg)" for n in range(5)))
    assert block.kind == "prose"
    assert block.html.count("<img") == 5


def test_an_emphasised_line_below_a_picture_is_its_caption(publication):
    [picture] = blocks_of(publication, "![a](https://e.example/a.png)\n*What [is](https://e.example) seen*")
    assert picture.images[0].caption == 'What <a href="https://e.example">is</a> seen'


def test_invalid_columns_keep_their_text(publication):
    assert "lost" in publication.text(":::: columns\nnot lost\n::::")
    assert "kept" in publication.text("::: strange\nkept\n:::")


@pytest.mark.parametrize("body", ["> ::: note\n> ", "> ::: note\n>", "- ::: tip\n  x", "::: note"])
def test_a_container_may_be_left_open(publication, body):
    assert publication.compose(f"words\n\n{body}").findings == ()


def test_an_unknown_directive_is_a_finding(publication):
    [finding] = publication.compose("text\n\n::: nte\nx\n:::").findings
    assert (finding.line, finding.remedy) == (6, "Did you mean 'note'?")


def test_a_heading_that_repeats_the_title_is_left_out(publication):
    assert publication.html("# A title\n\nwords").count("A title") == publication.html("words").count("A title")
    assert "A title" in publication.text("# A title")


def test_a_heading_of_the_first_order_is_the_titles_own(publication):
    page = publication.article("# Part one\n\n## Section\n\nx").html
    assert '<h2 class="first" id="part-one">Part one</h2>' in page
    assert '<h3 id="section">Section</h3>' in page


def test_headings_have_ids_that_differ(publication):
    page = publication.article("## Same\n\n## Same\n\n## Über *alles* {#mine}\n").html
    assert 'id="same"' in page
    assert 'id="same-2"' in page
    assert 'id="mine"' in page


def test_task_lists_use_ballot_boxes(publication):
    assert "☑ done\n☐ open" in publication.text("- [x] done\n- [ ] open")


def test_wide_scripts_need_no_blanks_for_emphasis(publication):
    page = publication.article("**标题：**内容，**“引号”**也。\n换行").html
    assert page == "<p><strong>标题：</strong>内容，<strong>“引号”</strong>也。换行</p>"


@pytest.mark.parametrize(
    ("language", "quoted"), [("en", "“a”"), ("de", "„a“"), ("fr", "«\u00a0a\u00a0»"), ("pl", "„a”"), ("sv", "”a”")]
)
def test_quotation_marks_follow_the_language(publication, language, quoted):
    assert quoted in publication.text('He said "a".', f"title: T\nlanguage: {language}")


def test_typed_signs_stay_and_dashes_are_set(publication):
    assert "a – b — c… (c) 1" in publication.text("a -- b --- c... (c) 1")


def test_kramdowns_attributes_go_with_a_finding(publication):
    composed = publication.compose("words\n\n[a](https://e.example/a){: .center}\n")
    assert "{:" not in publication.html("words {: .center}\n")
    assert [(finding.rule, finding.line) for finding in composed.findings] == [("attributes", 6)]
