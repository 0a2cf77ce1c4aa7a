"""A composed email: everything around the text, and the same bytes each time."""

import json
import re

import pytest
from lxml import html

from newsletter.compose import Edition, compose, fill_merge_tags
from newsletter.errors import ContentError
from newsletter.locales import packaged_languages, translations_for
from newsletter.settings import read_settings


def test_composing_twice_gives_the_same_bytes(publication):
    body = "Hello {{ subscriber.name }}\n\n```python\nx = 1\n```\n\n- a"
    one, other = publication.compose(body).edition, publication.compose(body).edition
    assert one == other
    assert one.digest == other.digest


def test_an_edition_survives_json(publication):
    edition = publication.compose("Hello {{ subscriber.name }}").edition
    assert Edition.from_json(json.loads(json.dumps(edition.as_json()))) == edition


def test_an_email_has_all_required_elements(publication):
    composed = publication.compose("Words.", "title: A title\npreheader: Under the subject\ndate: 2026-11-20")
    letter = fill_merge_tags(composed.edition.html, {"links.unsubscribe": "https://u.example/t"})
    tree = html.document_fromstring(letter)
    assert tree.xpath("string(//h1)") == "A title"
    assert "Under the subject" in tree.xpath("string(//div[@class='preheader'])")
    assert tree.xpath("//a[@href='https://u.example/t']")
    assert tree.xpath("//a[@href='https://lantern.example/archive/issues/one/']")
    for words in ("1 Quay Street, Harbourtown", "You receive this email because", "20 November 2026", "“private”"):
        assert words in letter
        assert words in fill_merge_tags(composed.edition.text, {}) or words.startswith("You")


def test_the_web_version_has_nothing_of_one_readers(publication):
    web = publication.compose("Dear {{ subscriber.first_name | default('friend') }}").edition.web
    assert "Dear friend" in web
    for word in ("Unsubscribe", "Reply", "Read on the web", 'preheader"'):
        assert word not in web


def test_the_doctype_and_outlooks_parts_are_kept(publication):
    letter = publication.html("Words.")
    assert letter.startswith("<!DOCTYPE html>")
    assert letter.count("<!--[if mso") > 5
    assert letter.count("<!--[if") == letter.count("<![endif]-->")
    assert 'width="600"' in letter


def test_an_email_fetches_nothing_but_pictures(publication):
    tree = html.document_fromstring(publication.html("Words."))
    assert not tree.xpath("//link | //script | //@background")
    assert "@import" not in publication.html("Words.")
    assert "fonts.g" not in publication.html("Words.")


@pytest.mark.parametrize(
    ("replies", "front", "words"),
    [
        ('domain = "r.example"', "", "Begin yours with “private”"),
        ('domain = "r.example"\npublish = "ask"', "", "asking you first"),
        ('domain = "r.example"\npublish = "never"', "", "stays between us"),
        ('domain = "r.example"', "\ncomments: closed", "not published"),
        ('publish = "review"', "", "stays between us"),
        ('domain = "r.example"', "\nreply_to: me@lantern.example", "stays between us"),
    ],
)
def test_the_invitation_tells_what_happens_to_replies(publication, replies, front, words):
    path = publication.root / "newsletter.toml"
    path.write_text(path.read_text().replace('domain = "replies.lantern.example"', replies))
    invitation = [line for line in publication.text("x", f"title: T{front}").split("\n\n") if "Reply to this" in line]
    assert words in " ".join(invitation[0].split())


@pytest.mark.parametrize("language", packaged_languages())
def test_fixed_sentences_follow_the_language(publication, language):
    _ = translations_for(language).gettext
    composed = publication.compose("x", f"title: T\nlanguage: {language}\ndate: 2026-03-01")
    letter = fill_merge_tags(composed.edition.html, {})
    assert _("Unsubscribe") in letter
    assert re.search(rf">\s*{re.escape(_('Reply'))}\s*<", letter)
    assert f'lang="{language}"' in letter
    assert f'dir="{"rtl" if language in {"ar", "he"} else "ltr"}"' in letter
    assert _("You receive this email because {reason}.").split("{reason}")[0] in letter


def test_a_language_without_a_catalogue_gets_english_in_its_own_direction(publication):
    letter = publication.html("x", "title: T\nlanguage: fa")
    assert "Unsubscribe" in letter
    assert 'dir="rtl"' in letter


def test_a_missing_template_is_a_finding_and_falls_back(publication):
    composed = publication.compose("x", "title: T\ntemplate: poster")
    assert [finding.rule for finding in composed.findings] == ["template"]


def test_the_publications_own_partial_comes_first(publication):
    own = publication.root / "templates" / "partials"
    own.mkdir(parents=True)
    (own / "footer.mjml").write_text("<mj-section><mj-column><mj-text>1 < 2, mine</mj-text></mj-column></mj-section>")
    assert "1 < 2, mine" in publication.html("x") or "1 &lt; 2, mine" in publication.html("x")


@pytest.mark.parametrize(
    ("name", "content", "location"),
    [
        ("partials/prose.mjml", "<mj-text>\n{{ block.nothing }}</mj-text>", "templates/partials/prose.mjml:2"),
        ("partials/prose.mjml", "<mj-text>\n\n{% if %}</mj-text>", "templates/partials/prose.mjml:3"),
        ("letter.mjml", "<mjml>\n<mj-body>\n<mj-section>\n</mj-body></mjml>", "templates/letter.mjml:3"),
        ("letter.mjml", '<mjml>\n{% include "nowhere.mjml" %}</mjml>', "templates/letter.mjml"),
    ],
)
def test_a_fault_in_a_template_names_file_and_line(publication, name, content, location):
    path = publication.root / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    with pytest.raises(ContentError) as caught:
        publication.compose("x")
    assert str(caught.value).startswith(location)


def test_a_style_sheet_fetches_nothing(publication):
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    asked = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_words: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        own = publication.root / "templates" / "partials"
        own.mkdir(parents=True)
        (own / "letter.css").write_text(
            f"@import url({url}/a.css); @\\69mport '{url}/b.css'; .prose p {{ margin: 0; }}"
        )
        body = f"<style>@import url({url}/c.css)</style><link rel=stylesheet href={url}/d.css>\n\nwords"
        assert "words" in publication.html(body)
        server.shutdown()
    assert asked == []


def test_a_style_sheet_with_rules_that_cannot_be_inlined_still_serves(publication):
    own = publication.root / "templates" / "partials"
    own.mkdir(parents=True)
    (own / "letter.css").write_text("@media screen { @media print { p { color: red } } }")
    assert "words" in publication.html("words")


def test_an_issue_of_nothing_but_comments_is_refused(publication):
    with pytest.raises(ContentError, match="no text that could be shown"):
        publication.compose("<!-- only this -->")


def test_a_publication_without_an_address_still_composes(publication):
    path = publication.root / "newsletter.toml"
    path.write_text(path.read_text().replace('url = "https://lantern.example"\n', ""))
    settings = read_settings(publication.root, {})
    edition = compose(publication.issue("[a](/b)"), "sample", settings).edition
    assert "Read on the web" not in fill_merge_tags(edition.html, {})


def test_a_publication_overrides_sentences(publication):
    before = publication.html("x", "title: T\nlanguage: de")
    assert "Abbestellen" in before
    (publication.root / "locales").mkdir()
    path = publication.root / "locales" / "de.po"
    for word in ("Abschied nehmen", "Nicht mehr schicken"):
        path.write_text(f'msgid "Unsubscribe"\nmsgstr "{word}"\n', encoding="utf-8")
        letter = publication.html("x", "title: T\nlanguage: de")
        assert word in letter
        assert "Abbestellen" not in letter


def test_a_sentence_of_a_publication_that_cannot_be_filled_in_is_named(publication):
    (publication.root / "locales").mkdir()
    source = 'msgid "You receive this email because {reason}."\nmsgstr "Weil {grund}."\n'
    (publication.root / "locales" / "de.po").write_text(source, encoding="utf-8")
    with pytest.raises(ContentError, match=r"locales/de\.po:1: unknown placeholder \{grund\}"):
        publication.html("x", "title: T\nlanguage: de")
