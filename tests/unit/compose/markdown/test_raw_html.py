"""Raw HTML is sanitised and well-formed, and never runs."""

import pytest
from lxml import etree, html

from newsletter.compose.markdown.raw_html import sanitise, serialise


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("<div align='center'>a<br>b</div>", '<div align="center">a<br>b</div>'),
        ("a <b>b <i>c</b> d", "<b>b <i>c</i></b>"),
        ("<p>one<p>two", "<p>two</p>"),
        ("<img src=https://e.example/a.png alt=x>", 'src="https://e.example/a.png"'),
        ("<details><summary>s</summary>\n\n**m**\n\n</details>", "<details><summary>s</summary>"),
        ("<unknown-tag>words</unknown-tag>", "words"),
        ("<TABLE><TR><TD>cell", "cell</td></tr>"),
    ],
)
def test_safe_html_stays_and_is_made_well_formed(publication, body, kept):
    page = publication.article(body).html.replace(" />", ">").replace("/>", ">")
    assert kept in page.replace(' class="last"', "").replace("\n</", "</")


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='jav&#x09;ascript:alert(1)'>x</a>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<form action=https://e.example><input name=a><button>b</button></form>",
        "<style>@import url(https://e.example/)</style>",
        "<link rel=stylesheet href=https://e.example/a.css>",
        "<base href=https://e.example/>",
        "<meta http-equiv=refresh content='0;url=https://e.example'>",
        "<b style='background:url(https://e.example/);position:fixed'>x</b>",
        "</mj-text></mj-column><mj-include path='/etc/passwd' />",
        "<object data=https://e.example/a.swf></object><embed src=https://e.example/a.swf>",
    ],
)
def test_active_and_fetching_html_is_removed(publication, body):
    shown = publication.html(f"words\n\n{body}")
    tree = html.document_fromstring(shown)
    assert not tree.xpath("//script | //iframe | //form | //input | //object | //embed | //link | //base | //svg")
    assert not tree.xpath("//@*[starts-with(name(), 'on') or starts-with(normalize-space(.), 'javascript')]")
    assert "<mj-" not in shown
    assert "url(" not in shown
    assert "@import" not in shown


@pytest.mark.parametrize(
    ("body", "line", "what"),
    [
        ("a\n\n<script>x</script>", 6, "<script>"),
        ("a\n\n<div>\n<p onclick='x'>b</p>\n</div>", 7, "onclick="),
        ("a\n\n<!-- hidden -->", 6, "a comment"),
        ("a\n\nb <a href='javascript:x'>c</a>", 6, "javascript:"),
        ("a\n\n<?php x ?>", 6, "<?php"),
        ("a\n\n<p style='color:red; position:fixed'>b</p>", 6, "position: fixed"),
        ("a\n\n<div style='display:flex'>b</div>", 6, "display: flex"),
    ],
)
def test_removed_html_is_a_finding_with_its_line(publication, body, line, what):
    [finding] = publication.compose(body).findings
    assert (finding.rule, finding.line) == ("raw-html", line)
    assert what in finding.message


def test_a_player_becomes_a_link(publication):
    assert "https://video.example/embed/1" in publication.text("<iframe src='https://video.example/embed/1'></iframe>")


def test_markdown_inside_html_is_read(publication):
    page = publication.article("<div class='box'>\n\n**b** and `c`\n\n```\nd\n```\n\n</div>\n\nafter").html
    tree = html.fragment_fromstring(page, create_parent="div")
    assert tree.xpath("string(//div[@class='box']//strong)") == "b"
    assert tree.xpath("count(//div[@class='box']//pre)") == 1
    assert tree.xpath("string(./p)") == "after"


@pytest.mark.parametrize("tag", ["p", "td", "a", "span", "li", "div"])
def test_empty_elements_are_closed_as_browsers_need_it(tag):
    assert f"<{tag}/>" not in serialise(sanitise(f"<table><tr><td></td></tr></table><{tag}></{tag}>"))


def test_everything_serialised_is_well_formed():
    markup = serialise(sanitise("<p>a & b &nbsp; <br> <img src='https://e.example/?a=1&b=2'> &lt;x&gt; ]]> <wbr>"))
    etree.fromstring(f"<root>{markup}</root>")
