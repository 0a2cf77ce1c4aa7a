"""Published security advisories about programs of this kind, each shown not to apply here."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from lxml import html

from newsletter.compose import fill_merge_tags
from newsletter.errors import ContentError


class Ear:
    """A web server that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Listener(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_words: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Listener)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def ear() -> Iterator[Ear]:
    """A server on this machine; whoever composes may not ask it for anything."""
    listening = Ear()
    yield listening
    listening.server.shutdown()
    listening.server.server_close()


def own_template(publication, mjml):
    folder = publication.root / "templates"
    folder.mkdir(exist_ok=True)
    (folder / "own.mjml").write_text(mjml)


OWN = (
    "<mjml><mj-head>{head}</mj-head><mj-body><mj-section><mj-column><mj-text>{text}</mj-text>{more}"
    "</mj-column></mj-section></mj-body></mjml>"
)


def test_mjml_includes_read_no_file(publication):
    """mjml CVE-2020-12827 and CVE-2025-67898: mj-include reads files from wherever it points."""
    secret = publication.root / "secret.txt"
    secret.write_text("do not mail this")
    letter = publication.html(
        f'<mj-include path="{secret}" type="html" />\n\nwords <mj-include path="{secret}" /> more'
    )
    assert "do not mail this" not in letter
    assert "mj-include" not in letter
    for kind in ("", ' type="html"', ' type="css"'):
        own_template(publication, OWN.format(head="", text="x", more=f'<mj-include path="{secret}"{kind} />'))
        with pytest.raises(ContentError):
            publication.compose("words", "title: T\ntemplate: own")


def test_escaped_markup_stays_escaped(publication):
    """mjml-python CVE-2024-26151: `&lt;` in the source came out as `<`."""
    letter = publication.html(
        "&lt;script&gt;alert(1)&lt;/script&gt; and `<script>` and \\<img src=x onerror=alert(1)>",
        'title: "&lt;script&gt;alert(2)&lt;/script&gt; <b>T</b>"',
        first_name="<script>alert(3)</script>",
    )
    tree = html.document_fromstring(letter)
    assert not tree.xpath("//script | //img[@onerror] | //h1/b")
    assert "<script>alert(1)</script>" in tree.xpath("string(//main)")


def test_values_of_readers_are_text_in_every_place(publication):
    """WordPress Email Subscriber CVE-2021-24556, Mautic CVE-2021-27911: script in a reader's name."""
    tag = "{{ subscriber.first_name }}"
    body = f'Dear {tag}, <b title="{tag}">x</b> [a]({tag})'
    letter = publication.html(body, first_name="\"><script>alert(1)</script><a href='javascript:alert(2)'>")
    tree = html.document_fromstring(letter)
    assert not tree.xpath("//script | //a[starts-with(@href, 'javascript:')]")


@pytest.mark.parametrize(
    "words",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ 7 * 7 }}",
        "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
        "{{ env('PATH') }}",
        "{{ {'a\\\"><script>': 1} | xmlattr }}",
        "{{ '%s' | format(config) }} {{ x | attr('format') }}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_no_text_is_ever_evaluated_as_a_template(publication, words):
    """listmonk CVE-2025-49136, Mautic CVE-2026-9558 and -115189, Jinja2 CVE-2024-56201, -56326, CVE-2025-27516,
    CVE-2024-22195 and -34064: template code in content, or in a value, is run."""
    composed = publication.compose(
        f"Said: {words}\n\nDear {{{{ subscriber.first_name }}}}", f"title: '{words.replace(chr(39), '')}'"
    )
    letter = fill_merge_tags(composed.edition.html, {"subscriber.first_name": words})
    said = html.document_fromstring(letter).xpath("string(//main)")
    assert said.count(words.split(" ")[0]) >= 2
    assert "49" not in said
    assert "class 'type'" not in said
    assert "root:" not in said


def test_no_link_in_the_text_is_followed_while_composing(publication, ear):
    """Ghost CVE-2026-22597, -53946 and -70591, Mautic CVE-2026-9557: the server fetches what content points at."""
    body = (
        f'<link rel="stylesheet" href="{ear.url}/a.css"><style>@import url({ear.url}/b.css); '
        f"p {{ background: url({ear.url}/c.png) }}</style>\n\n![x]({ear.url}/d.png) [y]({ear.url}/e)\n\n"
        f'<img src="{ear.url}/f.png" srcset="{ear.url}/g.png 2x"><iframe src="{ear.url}/h"></iframe>\n\n'
        f'<object data="{ear.url}/i"></object><embed src="{ear.url}/j"><video poster="{ear.url}/k"></video>'
    )
    publication.compose(body, f"title: T\nhero: {ear.url}/l.png")
    publication.article(body)
    assert ear.asked == []


def test_no_link_of_a_template_is_followed_either(publication, ear):
    """premailer fetches `<link>`s, and `@import`s in spite of allow_network=False."""
    head = (
        f'<mj-style inline="inline">@import "{ear.url}/a.css"; p {{ color: red }}</mj-style>'
        f'<mj-raw><link rel="stylesheet" href="{ear.url}/b.css" /></mj-raw>'
        f'<mj-font name="Own" href="{ear.url}/c.css" />'
    )
    own_template(publication, OWN.format(head=head, text='<p style="font-family: Own">words</p>', more=""))
    publication.compose("words", "title: T\ntemplate: own")
    assert ear.asked == []


def test_pictures_come_from_the_publication_alone(publication):
    """Mautic GHSA-6r9h-4h75-7q4x and GHSA-mgv8-w49f-822w: a path leads out of the folder."""
    (publication.root.parent / "outside.png").write_bytes(b"\x89PNG not ours")
    for path in ("../../../outside.png", "/etc/passwd", "file:///etc/passwd", "..%2f..%2f..%2foutside.png"):
        article = publication.article(f"![x]({path})\n\nwords")
        assert article.pictures == ()
    (publication.root / "var").mkdir(exist_ok=True)
    (publication.root / "var" / "secret.key").write_text("key")
    assert publication.article("![x](/var/secret.key)\n\nwords").pictures == ()


def test_svg_and_scripts_in_the_text_are_left_out(publication):
    """listmonk CVE-2026-21483, Ghost CVE-2026-105644 and -70588: script stored in content runs in the archive."""
    body = (
        "<svg onload=alert(1)><script>alert(2)</script></svg>\n\n<math><mtext><style><img src=x onerror=alert(3)>"
        "</style></mtext></math>\n\n[x](javascript:alert(4)) <a href='jAvA&#x09;script:alert(5)'>y</a> "
        "<details open ontoggle=alert(6)><summary>z</summary></details>\n\n<form action=//e.example><input></form>"
    )
    for page in (publication.html(body), publication.article(body).html, publication.compose(body).edition.web):
        tree = html.fromstring(f"<div>{page}</div>") if page.startswith("<p") else html.document_fromstring(page)
        assert not tree.xpath("//svg | //script | //math | //form | //input | //@*[starts-with(name(), 'on')]")
        assert not [href for href in tree.xpath("//@href") if "script:" in "".join(href.split()).lower()]
