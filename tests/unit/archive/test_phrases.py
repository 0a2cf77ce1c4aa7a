"""Page and letter speak the same languages."""

from dataclasses import asdict

import pytest

from newsletter.archive.languages import LANGUAGES
from newsletter.archive.phrases import phrases_for
from newsletter.compose import phrases_for as letter_phrases_for
from newsletter.compose.languages import LANGUAGES as LETTER_LANGUAGES


def test_the_archive_speaks_every_language_that_letters_speak() -> None:
    assert set(LANGUAGES) == set(LETTER_LANGUAGES)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_word_is_missing(language: str) -> None:
    words = phrases_for(language)
    assert words.language == language
    assert all(asdict(words).values())
    assert "{name}" in words.write_to
    assert "3" in words.count(3)
    assert "1" in words.count(1)


@pytest.mark.parametrize("tag", ["pt-BR", "DE", "fi", "zh-Hant-TW", ""])
def test_any_language_tag_is_understood(tag: str) -> None:
    assert phrases_for(tag).language in LANGUAGES
    assert (phrases_for(tag).language == "en") == (letter_phrases_for(tag) == letter_phrases_for("en"))
