"""Random Markdown, front matter, raw HTML and readers' values: no crash, nothing ill-formed or unescaped.

`NEWSLETTER_FUZZ=2000 pytest tests/unit/compose/test_random_input.py` tries 2,000 of each; the default is quick.
"""

import os
import re
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree, html

from newsletter.compose import Edition, compose, compose_article, fill_merge_tags
from newsletter.content import read_issue
from newsletter.errors import ContentError

EXAMPLES = int(os.environ.get("NEWSLETTER_FUZZ", "40"))
SECONDS = 2
PROFILE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SPELL = "\"'><script>alert(1)</script><img src=x onerror=y>&{{ subscriber.email }}javascript:"

WORDS = st.sampled_from(
    [
        "words",
        "Ünïcödé",
        "中文，标点。",
        "مرحبا",
        "שלום",
        "한국어",
        "日本語の文",
        "e\u0301",
        "😀",
        "x" * 90,
        "a_b_c",
        "1 < 2 & 3",
    ]
)
TAGS = st.sampled_from(
    [
        "{{ subscriber.name }}",
        '{{ subscriber.x | default("a & b") }}',
        "{{x}}",
        "{% raw %}",
        "{{",
        "}}",
        "{{ links.reply }}",
    ]
)
TARGETS = st.one_of(
    TAGS,
    st.sampled_from(
        [
            "https://e.example/a?b=1&c=2",
            "javascript:x",
            "#one",
            "//e.example",
            "/x",
            "mailto:a@b.example",
            "a b",
            "",
        ]
    ),
)
INLINE = st.recursive(
    st.one_of(WORDS, TAGS, st.sampled_from(["[^1]", "[^2]", "<br>", "&nbsp;", "&bogus;", "\\*", "`a`", "<b>", "</i>"])),
    lambda inner: st.one_of(
        st.builds("*{}*".format, inner),
        st.builds("**{}**".format, inner),
        st.builds("~~{}~~".format, inner),
        st.builds("[{}]({})".format, inner, TARGETS),
        st.builds('![{}]({} "{}"){{width=30}}'.format, inner, TARGETS, WORDS),
        st.builds('<span style="color:{0}" onclick={0}>{1}</span>'.format, TAGS, inner),
        st.builds("<a href='{}'>{}</a>".format, TARGETS, inner),
        st.lists(inner, min_size=2, max_size=4).map(" ".join),
    ),
    max_leaves=8,
)


def prefixed(mark, text):
    return "\n".join(f"{mark}{line}" for line in text.split("\n"))


BLOCK = st.recursive(
    st.one_of(
        INLINE,
        st.builds("{} {}".format, st.sampled_from(["#", "##", "###", "######"]), INLINE),
        st.builds("[{}]({}){{.button}}".format, WORDS, TARGETS),
        st.builds("| {} | {} |\n|-|:-:|\n| {} | {} |".format, INLINE, INLINE, INLINE, INLINE),
        st.builds("```{}\n{}\n```".format, st.sampled_from(["", "python", "html", "bogus"]), INLINE),
        st.builds("{}\n: {}".format, INLINE, INLINE),
        st.builds("[^1]: {}".format, INLINE),
        st.builds("::: card {}\n{}\n:::".format, TARGETS, INLINE),
        st.builds("::: video\nurl: {}\ntitle: {}\n:::".format, TARGETS, INLINE),
        st.builds("::: gallery\n![{}](a.png)\n\n![b]({})\n:::".format, WORDS, TARGETS),
        st.sampled_from(
            ["***", "[[toc]]", "::: letters x\n:::", "{.pull}", "<!-- x", "<table><tr><td>", "</div>", "<pre>"]
        ),
    ),
    lambda inner: st.one_of(
        st.builds(lambda text: prefixed("> ", text), inner),
        st.builds(lambda text: f"- [x] {prefixed('  ', text).strip()}", inner),
        st.builds(lambda text: f"1. {prefixed('   ', text).strip()}", inner),
        st.builds("::: {}\n{}\n:::".format, st.sampled_from(["note", "only x", "pullquote", "bogus"]), inner),
        st.builds("::: columns\n::: column\n{}\n:::\n::: column\n{}\n:::\n:::".format, inner, inner),
        st.builds("<div align=center style='width:{}px'>\n\n{}\n\n</div>".format, st.integers(0, 5000), inner),
        st.lists(inner, min_size=2, max_size=4).map("\n\n".join),
    ),
    max_leaves=12,
)
RAW = st.sampled_from(
    [
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<table>",
        "<tr>",
        "<td>",
        "</td>",
        "</table>",
        "<b>",
        "</b>",
        "<ul>",
        "<li>",
        "</a>",
        "<img src=",
        "<style>",
        "</style>",
        "<!--",
        "\n-->",
        "<svg>",
        "<math>",
        "<title>",
        "<textarea>",
        "<noscript>",
        "<template>",
        "<select>",
        "<![CDATA[",
        "]]>",
        "<center>",
        "<font color=red>",
        "text",
        '"',
        "'",
        ">",
        "<",
        "\n&",
        "&lt;script&gt;",
        "{{ subscriber.name }}",
        "<br/>",
        "<p/>",
        "<o:p>",
        "</mj-text>",
        "<td width=999>",
        '<iframe src="https://e.example">',
        "\n<a href='{{ subscriber.name }}'>",
        '<p style="width:99em;color:{{ subscriber.name }}">',
        "\n\n",
    ]
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), WORDS, TAGS, st.text(max_size=30))
FIELDS = st.sampled_from(
    [
        "title",
        "subject",
        "preheader",
        "date",
        "authors",
        "language",
        "template",
        "hero",
        "hero_alt",
        "tags",
        "status",
        "reply_to",
    ]
)


def write(publication, text):
    path = publication.root / "issues" / "one.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="replace")


def assert_sound(publication):
    """Compose what is on the publication; whatever a reader's value is, it is text."""
    try:
        issue = read_issue(publication.settings, "one")
    except ContentError:
        return
    started = time.process_time()
    try:
        composed = compose(issue, "sample", publication.settings)
    except ContentError as refusal:
        if refusal.findings[0].rule == "empty":
            return
        raise
    middle = time.process_time()
    page = compose_article(issue, publication.settings)
    assert middle - started < SECONDS
    assert time.process_time() - middle < SECONDS
    values = dict.fromkeys(("subscriber.name", "subscriber.x", "links.reply", "links.unsubscribe"), SPELL)
    for letter in (fill_merge_tags(composed.edition.html, values), composed.edition.web):
        assert_safe(letter)
    assert "<script" not in fill_merge_tags(composed.edition.subject, {})
    etree.fromstring(f"<root>{page.html}</root>", etree.XMLParser(huge_tree=True))
    assert_safe(f"<html><body>{page.html}</body></html>")
    again = compose(issue, "sample", publication.settings)
    assert again.edition.digest == composed.edition.digest
    assert Edition.from_json(composed.edition.as_json()) == composed.edition


def assert_safe(letter):
    tree = html.document_fromstring(letter)
    assert not tree.xpath("//body//script | //body//style | //iframe | //object | //form | //svg")
    assert not tree.xpath("//@*[starts-with(name(), 'on')]")
    for link in tree.xpath("//body//@href | //body//@src"):
        assert not re.match(r"\s*(javascript|vbscript|data|file):", link, re.IGNORECASE), link
    assert "<mj-" not in letter
    assert_balanced(letter)


def assert_balanced(letter):
    """Every element of the body is closed by its own name, outside what only Outlook reads."""
    body = re.sub(r"<!--.*?-->", "", letter, flags=re.DOTALL)
    body = body[body.index("<body") : body.index("</body>")]
    waiting = []
    for tag in re.finditer(r"<(/?)([a-zA-Z][\w:-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", body):
        name = tag[2].lower()
        if name in {"br", "hr", "img", "wbr", "col", "meta", "input"} or tag[3].endswith("/"):
            continue
        if not tag[1]:
            waiting.append(name)
        else:
            assert waiting, f"</{name}> closes nothing"
            assert waiting.pop() == name
    assert waiting == ["body"]


@given(BLOCK)
@PROFILE
def test_any_issue_composes_soundly(publication, body):
    write(publication, f"---\ntitle: T\n---\n{body}\n")
    assert_sound(publication)


@given(st.lists(RAW, max_size=40).map("".join))
@PROFILE
def test_any_raw_html_is_made_well_formed(publication, body):
    write(publication, f"---\ntitle: T\n---\nwords\n\n{body}\n")
    assert_sound(publication)


@given(st.dictionaries(FIELDS, SCALARS, max_size=6))
@PROFILE
def test_any_front_matter_is_read_or_refused(publication, fields):
    import yaml

    write(publication, f"---\n{yaml.safe_dump(fields, allow_unicode=True)}---\nHello {{{{ subscriber.name }}}}\n")
    assert_sound(publication)


@given(st.text(max_size=60))
@PROFILE
def test_any_value_of_a_reader_is_text(publication, value):
    name = "{{ subscriber.name }}"
    body = f'Hi {name} <b title="{name}">x</b> [go](https://e.example/{name})'
    write(publication, f"---\ntitle: For {{{{ subscriber.name }}}}\n---\n{body}\n")
    edition = compose(read_issue(publication.settings, "one"), "sample", publication.settings).edition
    plain = fill_merge_tags(edition.html, {"subscriber.name": "Ada"})
    marked = fill_merge_tags(edition.html, {"subscriber.name": f"{value}{SPELL}"})
    assert marked.count("<") == plain.count("<")
    assert_safe(marked)
    assert "\n" not in fill_merge_tags(edition.subject, {"subscriber.name": value})
