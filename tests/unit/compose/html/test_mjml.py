"""A publication's own templates, as docs/templates.md has them."""

import re
from pathlib import Path

import pytest
from lxml import html

import newsletter
from newsletter.errors import ContentError

PAGE = (Path(newsletter.__file__).parents[1] / "docs" / "templates.md").read_text(encoding="utf-8")
FOOTER, POSTCARD, *_SENTENCES = re.findall(r"^```\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def write_template(publication, name, text):
    path = publication.root / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_the_template_of_the_documentation_composes(publication):
    write_template(publication, "postcard.mjml", POSTCARD)
    composed = publication.compose("## Head\n\nwords", "title: T\ntemplate: postcard")
    tree = html.document_fromstring("".join(piece for piece in composed.edition.html if isinstance(piece, str)))
    assert "font-size:40px" in tree.xpath("string(//h1/@style)")
    assert not composed.findings


def test_one_part_is_replaced_in_every_template(publication):
    write_template(
        publication, "partials/footer.mjml", FOOTER.replace("<p>{{ issue.postal", "<p>Ours: {{ issue.postal")
    )
    for template in ("letter", "digest", "announcement"):
        assert "Ours: 1 Quay Street" in publication.html("words", f"title: T\ntemplate: {template}")


def test_a_fault_names_template_and_line(publication):
    write_template(publication, "postcard.mjml", POSTCARD.replace("{{ issue.title }}", "{{ lettre.title }}"))
    with pytest.raises(ContentError, match=r"templates/postcard\.mjml:4: 'lettre' is undefined"):
        publication.compose("words", "title: T\ntemplate: postcard")
