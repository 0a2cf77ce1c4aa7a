"""Galleries, cards, tables of contents and quoted comments, in HTML, text and article."""

import pytest

from newsletter.compose import blocks as kinds
from newsletter.compose.images.resolver import PictureResolver
from newsletter.compose.markdown.block_reader import read_body
from newsletter.compose.merge_tags import Placeholders

COMMENT = """---
id: {id}
author: "{author}"
date: 2026-10-02T10:00:00+00:00
---
{text}
"""


@pytest.fixture
def comment(publication):
    """Return a function that puts a reader's comment under the issue `earlier`."""
    folder = publication.root / "issues" / "earlier" / "comments"
    folder.mkdir(parents=True)
    (folder.parent / "index.md").write_text("words", encoding="utf-8")

    def write(name, text, author="Bea"):
        written = COMMENT.format(id=name, author=author, text=text)
        (folder / f"2026-10-02-{name}.md").write_text(written, encoding="utf-8")

    return write


def blocks_of(publication, body):
    issue = publication.issue(body)
    return read_body(
        issue, publication.settings, Placeholders(issue.body), PictureResolver(publication.settings, issue)
    ).blocks


def body_of(text):
    return text.split("\n\n", 3)[3].split("\n\nReply to this email")[0]


@pytest.mark.parametrize(
    ("count", "rows"), [(1, [1]), (2, [2]), (3, [3]), (4, [2, 2]), (5, [3, 2]), (6, [3, 3]), (7, [3, 2, 2])]
)
def test_no_picture_of_a_gallery_is_alone_in_its_row(publication, count, rows):
    pictures = "\n\n".join(f"![{n}](https://e.example/{n}.png)" for n in range(count))
    [gallery] = blocks_of(publication, f"::: gallery\n{pictures}\n:::")
    assert [len(row) for row in gallery.rows] == rows


def test_a_gallery_keeps_captions_links_and_text(publication, picture):
    picture()
    body = '::: gallery\n![a](lamp.png "One")\n![b](lamp.png)\n*Two*\n\n[![c](lamp.png)](/c)\n\nNot lost.\n:::'
    gallery, prose = blocks_of(publication, body)
    assert [shown.caption for row in gallery.rows for shown in row] == ["One", "Two", ""]
    assert gallery.rows[0][2].href == "https://lantern.example/c"
    assert "Not lost." in prose.html
    assert publication.html(body).count('width="168"') == 3
    assert body_of(publication.text(body)).startswith(
        "[Picture: a] One\n\n[Picture: b] Two\n\n[Picture: c] [1]\n\nNot lost."
    )
    assert publication.article(body).html.count("<figure>") == 3


CARDS = {
    "lines": "::: card\nurl: https://www.e.example/a?x=1&y=2\ntitle: A title\ntext: Some words\npicture: lamp.png\n:::",
    "arguments": '::: card url="https://www.e.example/a?x=1&y=2" title="A title" text="Some words" image=lamp.png\n:::',
    "Markdown": "::: card\n![](lamp.png)\n\n[A title](https://www.e.example/a?x=1&y=2)\n\nSome words\n:::",
    "an address": "::: card https://www.e.example/a?x=1&y=2\n![](lamp.png)\n\n### A title\n\nSome words\n:::",
}


@pytest.mark.parametrize("written", CARDS)
def test_a_card_may_be_written_in_several_ways(publication, picture, written):
    picture()
    [card] = blocks_of(publication, CARDS[written])
    assert isinstance(card, kinds.Card)
    assert (card.href, card.title, card.host) == ("https://www.e.example/a?x=1&y=2", "A title", "e.example")
    assert card.html == "<p>Some words</p>"
    assert card.image is not None
    assert "    A title [1]\n    Some words" in publication.text(CARDS[written])
    for page in (publication.html(CARDS[written]), publication.article(CARDS[written]).html):
        assert page.count('href="https://www.e.example/a?x=1&amp;y=2"') == 2


def test_a_cards_lines_are_markdown(publication):
    body = "::: card\nurl: https://e.example\ntitle: *Lamps* & {{ x }}\ntext: It *knew* <script>x</script> `a`\n:::"
    [card] = blocks_of(publication, body)
    assert card.title == "Lamps & {{ x }}"
    assert card.html == "<p>It <em>knew</em>  <code>a</code></p>"


def test_a_video_is_its_poster_with_a_play_mark(publication, picture):
    picture()
    body = "::: video https://v.example/watch?v=1\n![A boat](lamp.png)\n\n**The boat**\n:::"
    [card] = blocks_of(publication, body)
    assert card.is_video
    assert "▶" in publication.html(body)
    assert '<aside class="card video">' in publication.article(body).html
    assert "▶" not in publication.text(body)


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "data:text/html,x"])
def test_a_card_that_leads_nowhere_is_a_finding_and_no_link(publication, url):
    composed = publication.compose(f'words\n\n::: card url="{url}" title="A title"\n:::')
    assert [(finding.rule, finding.line) for finding in composed.findings] == [("card", 6)]
    assert "javascript" not in publication.html(f'::: card url="{url}" title="A title"\n:::')


@pytest.mark.parametrize("mark", ["[[toc]]", "[TOC]", "::: contents\n:::", "::: toc\n:::"])
def test_a_list_of_contents_links_the_headings(publication, mark):
    body = f"{mark}\n\n# One & {{{{ x }}}}\n\n## Two *and*\n\n### Three\n\n# Four\n"
    assert body_of(publication.text(body)).startswith("- One & {{ x }}\n  - Two and\n- Four\n\n")
    for page in (publication.html(body), publication.article(body).html):
        for name in ("two-and", "four"):
            assert f'href="#{name}"' in page
            assert f'id="{name}"' in page


def test_quoted_comments_are_escaped(publication, comment):
    comment("abcd2345", "I liked *it* & {{ subscriber.email }} <script>x</script>\nvery much.\n\nMore.", "B <b>")
    body = "::: letters earlier abcd2345\n:::"
    letter = publication.html(body, email="secret@e.example")
    for page in (letter, publication.article(body).html):
        assert "*it* &amp; {{ subscriber.email }} &lt;script&gt;x&lt;/script&gt;" in page
        assert "B &lt;b&gt;</bdi>, 2 October 2026" in page
        assert "secret@" not in page
    assert (
        "    I liked *it* & {{ subscriber.email }} <script>x</script>\n    very much.\n\n    More.\n"
        in publication.text(body)
    )


def test_quoted_comments_are_in_the_order_of_their_ids(publication, comment):
    for name in ("aaaa2222", "bbbb3333", "cccc4444"):
        comment(name, f"I am {name}.")
    [letters] = blocks_of(publication, '::: letters earlier comments="cccc4444, aaaa2222"\n:::')
    assert [letter.html for letter in letters.comments] == ["<p>I am cccc4444.</p>", "<p>I am aaaa2222.</p>"]
    [letters] = blocks_of(publication, "::: letters earlier\n:::")
    assert len(letters.comments) == 3


@pytest.mark.parametrize("words", ["erlier", "", "earlier aaaa2223", "../one"])
def test_missing_comments_are_a_finding(publication, comment, words):
    comment("aaaa2222", "Words.")
    [finding] = publication.compose(f"words\n\n::: letters {words}\n:::").findings
    assert (finding.rule, finding.line) == ("letters", 6)


def test_containers_with_equal_fences_may_be_nested(publication):
    body = "::: columns\n::: column\n::: tip\nIn.\n:::\nLeft.\n:::\n::: column\nRight.\n:::\n:::\nAfter."
    columns, prose = blocks_of(publication, body)
    assert isinstance(columns, kinds.Columns)
    assert [type(block) for block in columns.columns[0]] == [kinds.Callout, kinds.Prose]
    assert "After." in prose.html
    assert ":::" not in publication.text(body)


def test_fences_in_a_listing_are_its_text(publication):
    assert "    ::: note\n    :::\n" in publication.text("```\n::: note\n:::\n```\n")


def test_containers_nested_too_deep_keep_their_text(publication):
    assert "deep" in publication.text("::: note\n" * 500 + "deep\n" + ":::\n" * 500)
    assert "deep" in publication.text("::: note\n" * 500 + "deep\n")


def test_task_lists_may_be_nested_and_mixed(publication):
    body = "- a\n  - [x] b\n  - [ ] c\n    1. d\n- e\n"
    assert body_of(publication.text(body)) == "- a\n  ☑ b\n  ☐ c\n    1. d\n- e"
    page = publication.article(body).html
    assert page.count('class="tasks"') == 1
    assert page.startswith("<ul>")


@pytest.mark.parametrize("opening", ["<!-- never", "<script>", "<style>", "<? php"])
def test_raw_html_that_is_never_closed_hides_nothing(publication, opening):
    composed = publication.compose(f"before\n\n{opening}\n\nafter")
    assert "after" in publication.text(f"before\n\n{opening}\n\nafter")
    assert ("raw-html", 6) in [(finding.rule, finding.line) for finding in composed.findings]


def test_nothing_is_wider_than_its_room(publication):
    page = publication.html(
        '<div style="width:1200px;max-width:90em"><table width="900"><tr><td>x</td></tr></table></div>'
    )
    assert "1200px" not in page
    assert "90em" not in page
    assert 'width="900"' not in page


def test_a_text_that_is_too_long_is_cut_at_a_line_and_reported(publication):
    composed = publication.compose("A paragraph of *some* words.\n\n" * 50_000)
    [finding] = composed.findings
    assert (finding.rule, finding.level) == ("size", "error")
    assert finding.line is not None
    assert finding.line > 1000


def test_deep_lists_and_many_columns_leave_room_on_a_phone(publication):
    deep = publication.article("\n".join(f"{'  ' * depth}- x" for depth in range(7))).html
    assert deep.count('style="padding:0 10px"') == 3
    wide = publication.article("|" + "a|" * 20 + "\n|" + "-|" * 20 + "\n|" + "b|" * 20).html
    assert wide.count("font-size:12px") == 40
    assert "font-size" not in publication.article("|a|b|\n|-|-|\n|1|2|").html
