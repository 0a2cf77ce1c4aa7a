"""Merge tags survive composing, and their values never break out of their context."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from newsletter.compose import EscapeContext, MergeTag, escape_value
from newsletter.compose.merge_tags import Placeholders

HOSTILE = "\"><script>alert('x')</script>"


def test_a_tag_shows_the_readers_value_or_its_default(publication):
    body = "Dear {{ subscriber.first_name | default(\"friend\") }}, from {{subscriber.city|default('nowhere')}}."
    assert "Dear Zoë, from nowhere." in publication.text(body, first_name="Zoë")
    assert "Dear friend, from nowhere." in publication.text(body)
    assert "Dear Zoë, from nowhere." in publication.html(body, first_name="Zoë")


@pytest.mark.parametrize(
    "body",
    [
        "Hello {{ subscriber.name }}",
        "# Hello {{ subscriber.name }}",
        "| a | b |\n|---|---|\n| {{ subscriber.name }} | x |",
        "[go](https://example.com/?n={{ subscriber.name }})",
        "![a picture of {{ subscriber.name }}](https://example.com/a.png)",
        '<b title="{{ subscriber.name }}">hi</b>',
        '<a href="https://example.com/{{ subscriber.name }}">hi</a>',
        "[{{ subscriber.name }}](https://example.com){.button}",
        "::: note {{ subscriber.name }}\nx\n:::",
        "https://example.com/?e={{ subscriber.name }}",
        "text[^1]\n\n[^1]: {{ subscriber.name }}",
    ],
)
def test_a_hostile_value_breaks_out_of_nothing(publication, body):
    def shape(value: str) -> list[tuple[str, list[str]]]:
        tree = html.document_fromstring(publication.html(body, name=value))
        return [(str(element.tag), sorted(element.attrib)) for element in tree.iter()]

    assert "{{" not in publication.html(body, name=HOSTILE)
    assert shape(HOSTILE) == shape("Eve")


@pytest.mark.parametrize("value", ["javascript:alert(1)", "JavaScript:x", "data:text/html,x", "//evil.example", "x y"])
def test_a_whole_link_from_a_reader_is_a_web_address_or_nothing(publication, value):
    body = "[mine]({{ subscriber.site }})"
    assert value not in publication.html(body, site=value)
    assert 'href="https://mine.example/?a=1&amp;b=2"' in publication.html(body, site="https://mine.example/?a=1&b=2")


def test_a_value_in_a_part_of_a_link_is_percent_encoded(publication):
    assert "?n=A%26b%3D%2F%3F" in publication.html("[go](https://example.com/?n={{ subscriber.name }})", name="A&b=/?")


def test_a_value_in_the_subject_stays_on_one_line(publication):
    edition = publication.compose("x", "title: Hello {{ subscriber.first_name }}").edition
    assert edition.subject == ("Hello ", MergeTag(name="subscriber.first_name", context=EscapeContext.PLAIN))
    assert escape_value("Eve\r\nBcc: all@example.com", EscapeContext.PLAIN) == "Eve  Bcc: all@example.com"


@pytest.mark.parametrize(
    "tag",
    [
        "{{ site.title }}",
        "{% include x.html %}",
        '{{< figure src="a.png" >}}',
        "{{ first_name }}",
        "{{}}",
        "{{ a|b }}",
    ],
)
def test_a_tag_that_is_not_ours_stays_literal_with_a_finding(publication, tag):
    composed = publication.compose(f"One.\n\nTwo {tag} three.")
    assert tag in publication.text(f"Two {tag} three.")
    found = [finding for finding in composed.findings if finding.rule == "tag"]
    assert [(finding.file, finding.line) for finding in found] == [("issues/one/index.md", 6)]


def test_a_likely_slip_is_named(publication):
    [finding] = publication.compose("Dear {{ firstname }}").findings
    assert finding.remedy == "Did you mean '{{ subscriber.first_name }}'?"


@pytest.mark.parametrize(
    "body", ["`{{ subscriber.name }}`", "```\n{{ subscriber.name }}\n{% x %}\n```", "    {{ x }}\n"]
)
def test_tags_inside_code_stay_literal_without_a_finding(publication, body):
    composed = publication.compose(f"See:\n\n{body}")
    assert composed.findings == ()
    assert "{{ " in publication.html(f"See:\n\n{body}", name="Eve")
    assert "Eve" not in publication.html(f"See:\n\n{body}", name="Eve")


def test_a_tag_in_a_style_goes(publication):
    shown = publication.html('<b style="color:{{ subscriber.c }}">x</b>', c="red;background:url(https://e.example)")
    assert "e.example" not in shown


def test_text_that_looks_like_a_hidden_tag_is_harmless(publication):
    placeholders = Placeholders("zq0000000000x0z {{ subscriber.name }}")
    assert placeholders.prefix not in "zq0000000000x0z"
    body = "zq0000000000x0z and {{ subscriber.name }}"
    assert "zq0000000000x0z and Eve" in publication.html(body, name="Eve")


def test_our_links_are_in_html_and_text(publication):
    edition = publication.compose("x").edition
    for part in (edition.html, edition.text):
        assert "links.unsubscribe" in {piece.name for piece in part if isinstance(piece, MergeTag)}
    contexts = {piece.name: piece.context for piece in edition.html if isinstance(piece, MergeTag)}
    assert contexts == {"links.reply": EscapeContext.LINK, "links.unsubscribe": EscapeContext.LINK}


@given(st.text(max_size=200), st.sampled_from(list(EscapeContext)))
def test_no_escaped_value_holds_a_live_character(value, context):
    shown = escape_value(value, context)
    assert "\n" not in shown
    assert "\r" not in shown
    if context is not EscapeContext.PLAIN:
        assert not set("<>\"'") & set(shown)


@given(
    st.lists(
        st.sampled_from(["{{ subscriber.a }}", "{{ b }}", "{% c %}", "x", " ", "`", "{{", "}}", "\n"]), max_size=30
    )
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_hiding_and_revealing_gives_the_text_back(pieces):
    text = "".join(pieces)
    placeholders = Placeholders(text)
    assert placeholders.restore(placeholders.protect(text)) == text
