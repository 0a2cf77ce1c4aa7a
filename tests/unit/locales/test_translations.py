"""Sentences, days and plurals in somebody's language; the publication's own words come first."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from jinja2 import Environment

from newsletter.errors import ContentError
from newsletter.locales import Translations, languages_with_names, packaged_languages, translations_for

DAY = datetime(2026, 3, 5, 12, tzinfo=UTC)
COMMENTS = ("{number} comment", "{number} comments")


def comments(translations: Translations, number: int) -> str:
    return translations.ngettext(*COMMENTS, number).format(number=number)


@pytest.mark.parametrize("tag", ["pt", "PT", "pt-BR", "pt_BR", "pt-Latn-BR"])
def test_a_language_is_found_however_its_tag_is_written(tag: str) -> None:
    translations = translations_for(tag)
    assert translations.language == "pt"
    assert translations.gettext("All issues") == translations_for("pt").gettext("All issues") != "All issues"


@pytest.mark.parametrize("tag", ["fi", "en", "en-US", "", "x", "zzz"])
def test_a_language_without_a_catalogue_gets_english_marked_as_such(tag: str) -> None:
    translations = translations_for(tag)
    assert translations.language == "en"
    assert translations.gettext("All issues") == "All issues"
    assert [comments(translations, number) for number in (1, 2)] == ["1 comment", "2 comments"]


def test_the_first_language_that_is_known_is_taken() -> None:
    assert translations_for("fi", "", "de", "fr").language == "de"


@pytest.mark.parametrize(
    ("tag", "day"),
    [
        ("en", "5 March 2026"),
        ("en-US", "March 5, 2026"),
        ("fi", "5 March 2026"),
        ("de", "5. März 2026"),
        ("es", "5 de marzo de 2026"),
        ("ru", "5 марта 2026\u00a0г."),
        ("ar", "5 مارس 2026"),
        ("he", "5 במרץ 2026"),
        ("ja", "2026年3月5日"),
        ("ko", "2026년 3월 5일"),
    ],
)
def test_a_day_is_written_as_the_language_does(tag: str, day: str) -> None:
    assert translations_for(tag).day(DAY) == day
    assert translations_for(tag).day(None) == ""


@pytest.mark.parametrize("language", packaged_languages())
def test_every_language_counts(language: str) -> None:
    translations = translations_for(language)
    assert translations.language == language
    assert "7" in comments(translations, 7)
    assert comments(translations, 0)


def test_every_language_has_a_name_of_its_own() -> None:
    names = dict(languages_with_names())
    assert set(names) == set(packaged_languages())
    assert len(set(names.values())) == len(names)
    assert names["en"] == "English"
    assert names["de"] == "Deutsch"


@pytest.mark.parametrize("place", ["de.po", "de/LC_MESSAGES/newsletter.po"])
def test_a_publication_overrides_a_sentence_and_keeps_the_others(tmp_path: Path, place: str) -> None:
    ours = translations_for("de", own=tmp_path)
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('msgid "All issues"\nmsgstr "Alle Briefe"\n', encoding="utf-8")
    own = translations_for("de-AT", own=tmp_path)
    assert own.gettext("All issues") == "Alle Briefe"
    assert own.gettext("Feed") == ours.gettext("Feed")
    assert comments(own, 2) == comments(ours, 2)
    path.write_text('msgid "All issues"\nmsgstr "Alle Hefte, neu"\n', encoding="utf-8")
    assert translations_for("de", own=tmp_path).gettext("All issues") == "Alle Hefte, neu"
    path.unlink()
    assert translations_for("de", own=tmp_path) == ours


def test_a_publication_overrides_english_and_its_plurals(tmp_path: Path) -> None:
    (tmp_path / "en.po").write_text(
        'msgid "{number} comment"\nmsgid_plural "{number} comments"\n'
        'msgstr[0] "one letter"\nmsgstr[1] "{number} letters"\n',
        encoding="utf-8",
    )
    translations = translations_for("en", own=tmp_path)
    assert [comments(translations, number) for number in (1, 2)] == ["one letter", "2 letters"]
    assert translations_for("fi", own=tmp_path) == translations


def test_a_publication_adds_a_language_with_one_file(tmp_path: Path) -> None:
    (tmp_path / "sv.po").write_text('msgid "All issues"\nmsgstr "Alla nummer"\n', encoding="utf-8")
    translations = translations_for("sv-SE", own=tmp_path)
    assert translations.language == "sv"
    assert translations.gettext("All issues") == "Alla nummer"
    assert translations.gettext("Feed") == "Feed"
    assert translations.day(DAY) == "5 mars 2026"
    assert ("sv", "sv") in languages_with_names(tmp_path)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ('msgid "Write to {name}"\nmsgstr "An {nmae}"\n', "locales/de.po:1: unknown placeholder {nmae}"),
        ('msgid "Write to {name}"\nmsgstr "An {name"\n', "locales/de.po:1: a brace is not closed"),
        ('msgid "Write to {name}"\nmsgstr "An {name.__class__}"\n', "locales/de.po:1: unknown placeholder"),
        ('\nthis is none\nmsgid "Feed"\n', "locales/de.po:"),
    ],
)
def test_a_sentence_that_cannot_be_filled_in_is_named_with_its_line(tmp_path: Path, written: str, problem: str) -> None:
    (tmp_path / "de.po").write_text(written, encoding="utf-8")
    with pytest.raises(ContentError) as refusal:
        translations_for("de", own=tmp_path)
    assert problem in str(refusal.value)


def test_templates_mark_their_sentences_as_code_does() -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    source = (
        '{{ _("Write to {name}").format(name="<b>") }}|{{ ngettext("{number} comment", "{number} comments", 2) }}'
        '|{{ pgettext("beside the name of the newsletter’s author", "author") }}|{% trans %}All issues{% endtrans %}'
    )
    filled = environment.from_string(source).render(translations_for("nl").for_templates())
    assert filled.split("|")[0] == "Schrijf aan &lt;b&gt;"
    assert filled.endswith("Alle nummers")
