"""Markdown becomes blocks, each with its line; what cannot be kept is a finding."""

import pytest

from newsletter.compose import blocks as kinds
from newsletter.compose.images.resolver import PictureResolver
from newsletter.compose.markdown.block_reader import read_body
from newsletter.compose.merge_tags import Placeholders


def blocks_of(desk, body):
    issue = desk.issue(body)
    return read_body(issue, desk.settings, Placeholders(issue.body), PictureResolver(desk.settings, issue)).blocks


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
def test_each_kind_is_recognised(desk, body, kind):
    assert [type(block) for block in blocks_of(desk, body)] == [kind]


def test_a_run_of_prose_is_one_block(desk):
    assert len(blocks_of(desk, "## A\n\nb\n\n- c\n\n> d\n")) == 1


def test_blocks_know_their_line_in_the_file(desk):
    found = blocks_of(desk, "\nOne.\n\n***\n\n```\nx\n```\n")
    assert [block.line for block in found] == [5, 7, 9]


def test_pictures_in_one_paragraph_are_side_by_side(desk):
    [row] = blocks_of(desk, "![a](https://e.example/a.png)\n![b](https://e.example/b.png)")
    assert [image.alt for image in row.images] == ["a", "b"]


def test_many_pictures_form_rows_of_two_or_three(desk):
    [block] = blocks_of(desk, "\n".join(f"![{n}](missing-{n}.png){{width=300}}" for n in range(5)))
    assert [len(row) for row in block.rows] == [3, 2]


def test_many_pictures_of_unknown_size_stay_in_the_text(desk):
    [block] = blocks_of(desk, "\n".join(f"![{n}](https://e.example/{n}.svg)" for n in range(5)))
    assert block.kind == "prose"
    assert block.html.count("<img") == 5


def test_an_emphasised_line_below_a_picture_is_its_caption(desk):
    [picture] = blocks_of(desk, "![a](https://e.example/a.png)\n*What [is](https://e.example) seen*")
    assert picture.images[0].caption == 'What <a href="https://e.example">is</a> seen'


def test_invalid_columns_keep_their_text(desk):
    assert "lost" in desk.text(":::: columns\nnot lost\n::::")
    assert "kept" in desk.text("::: strange\nkept\n:::")


@pytest.mark.parametrize("body", ["> ::: note\n> ", "> ::: note\n>", "- ::: tip\n  x", "::: note"])
def test_a_container_may_be_left_open(desk, body):
    assert desk.compose(f"words\n\n{body}").findings == ()


def test_an_unknown_directive_is_a_finding(desk):
    [finding] = desk.compose("text\n\n::: nte\nx\n:::").findings
    assert (finding.line, finding.remedy) == (6, "Did you mean 'note'?")


def test_a_heading_that_repeats_the_title_is_left_out(desk):
    assert desk.html("# A title\n\nwords").count("A title") == desk.html("words").count("A title")
    assert "A title" in desk.text("# A title")


def test_a_heading_of_the_first_order_is_the_titles_own(desk):
    page = desk.article("# Part one\n\n## Section\n\nx").html
    assert '<h2 class="first" id="part-one">Part one</h2>' in page
    assert '<h3 id="section">Section</h3>' in page


def test_headings_have_ids_that_differ(desk):
    page = desk.article("## Same\n\n## Same\n\n## Über *alles* {#mine}\n").html
    assert 'id="same"' in page
    assert 'id="same-2"' in page
    assert 'id="mine"' in page


def test_task_lists_use_ballot_boxes(desk):
    assert "☑ done\n☐ open" in desk.text("- [x] done\n- [ ] open")


def test_wide_scripts_need_no_blanks_for_emphasis(desk):
    page = desk.article("**标题：**内容，**“引号”**也。\n换行").html
    assert page == "<p><strong>标题：</strong>内容，<strong>“引号”</strong>也。换行</p>"


@pytest.mark.parametrize(
    ("language", "quoted"), [("en", "“a”"), ("de", "„a“"), ("fr", "«\u00a0a\u00a0»"), ("pl", "„a”"), ("sv", "”a”")]
)
def test_quotation_marks_follow_the_language(desk, language, quoted):
    assert quoted in desk.text('He said "a".', f"title: T\nlanguage: {language}")


def test_typed_signs_stay_and_dashes_are_set(desk):
    assert "a – b — c… (c) 1" in desk.text("a -- b --- c... (c) 1")


def test_kramdowns_attributes_go_with_a_finding(desk):
    composed = desk.compose("words\n\n[a](https://e.example/a){: .center}\n")
    assert "{:" not in desk.html("words {: .center}\n")
    assert [(finding.rule, finding.line) for finding in composed.findings] == [("attributes", 6)]
