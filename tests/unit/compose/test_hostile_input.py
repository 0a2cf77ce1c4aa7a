"""Whatever the input, composing neither fails nor hangs nor lets anything unsafe through."""

import time

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from lxml import etree, html

from newsletter.compose import compose, compose_article, fill_merge_tags
from newsletter.content import read_issue
from newsletter.errors import ContentError
from tests.hypothesis_examples import examples

PIECES = [
    "{{ subscriber.name }}", "{{ x }}", "{% y %}", "`", "```\n", "~~~\n", "**", "_", "[", "](", ")", "![", "> ",
    "- ", "1. ", "# ", "\n", "\n\n", "    ", "\t", "|", "|-|\n", ":::", "::: note\n", ":::: columns\n",
    "::: column\n", "{.button}", "{.pull}\n", "{:.x}", "[^1]", "[^1]: ", "***\n", "<div>", "</div>", "<b>", "</b>",
    "<table><tr><td>", "<p>", "<br>", "<script>", "</script>", "<!--", "-->", "<a href='", "'>", "</mj-text>", "&",
    "<img src=x onerror=y>", "<style>", "&amp;", "<",
    ">", '"', "'", "\\", "https://e.example/a_b", "words", "中文",
    "\u202e", "مرحبا", "\u0301", "\x00", "\x0b", "]]>", "<?x", "<![CDATA[", "zq0x0z", "=", "===\n", "---\n", ": ",
    "\u2028", "😀",
]  # fmt: skip

WORST = {
    "quotations": ">" * 5000 + " deep",
    "quotations with blanks": "> " * 5000 + "deep",
    "lists": "- " * 3000 + "x",
    "indented lists": "\n".join("  " * depth + "- x" for depth in range(300)),
    "elements": "<div>" * 20_000 + "x" + "</div>" * 20_000,
    "inline elements": "<b>" * 20_000 + "x",
    "tables": "<table><tr><td>" * 2000 + "x",
    "brackets": "[" * 20_000,
    "pictures": "![[" * 10_000,
    "links": "[a](" * 10_000,
    "emphasis": "*a **a " * 8000,
    "backticks": "`".join("`" * count for count in range(300)),
    "less-thans": "<" * 50_000,
    "open tags": '<a "' * 20_000,
    "comments": "x\n\n" + "<!--" * 20_000,
    "instructions": "x\n\n" + "<?" * 20_000,
    "braces": "{{" * 30_000,
    "tags": "{{ a }}" * 5000,
    "boxes": "".join(f"{':' * (60 - depth)} note\n" for depth in range(50)) + "x\n",
    "footnotes": "".join(f"[^{n}]: x\n\n" for n in range(1000)) + "".join(f"[^{n}]" for n in range(1000)),
    "tasks": "- [ ] a\n" * 3000,
    "autolinks": "<http://" * 3000,
    "entities": "&amp;&lt;&#x41;" * 10_000,
    "a long word": "x" * 300_000,
    "a picture in the text": "![x](data:image/png;base64," + "A" * 300_000 + ")",
    "a long listing": "```python\n" + "def f(): pass\n" * 2000 + "```",
}

LONG = {
    "autolinks", "tasks", "inline elements", "pictures", "emphasis", "entities", "footnotes", "tables", "comments",
    "a long listing",
}  # fmt: skip
"""What takes more than a second; the others are of the same kinds."""


def assert_sound(publication):
    """Compose what is on the publication, and look at what came out."""
    started = time.process_time()
    try:
        issue = read_issue(publication.settings, "one")
        composed = compose(issue, "sample", publication.settings)
        page = compose_article(issue, publication.settings)
    except ContentError:
        return
    assert time.process_time() - started < 60, "two compositions, on a machine that may be busy"
    letter = fill_merge_tags(composed.edition.html, {"subscriber.name": "\"><script>alert('x')</script>"})
    tree = html.document_fromstring(letter)
    assert not tree.xpath("//body//script | //body//style | //iframe | //@*[starts-with(name(), 'on')]")
    etree.fromstring(f"<root>{page.html}</root>", etree.XMLParser(huge_tree=True))
    assert "<mj-" not in letter


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
@examples(35, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_markdown_breaks_the_email(publication, body):
    path = publication.root / "issues" / "one.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"---\ntitle: T\n---\n{body}", encoding="utf-8")
    assert_sound(publication)


@given(st.text(max_size=300))
@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_file_breaks_the_reader(publication, text):
    path = publication.root / "issues" / "one.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    assert_sound(publication)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in WORST]
)
def test_the_worst_is_over_soon(publication, name):
    publication.issue(WORST[name])
    assert_sound(publication)
