"""A language is known by its tag however it is written, wherever words of ours are chosen."""

import pytest

from newsletter import language_tag as language
from newsletter.archive.phrases import phrases_for as of_the_archive
from newsletter.compose.phrases import direction_of
from newsletter.compose.phrases import phrases_for as of_letters
from newsletter.delivery.doorwords import door_words
from newsletter.replies.phrases import writer_phrases
from newsletter.web.phrases import phrases_for as of_the_door


@pytest.mark.parametrize("tag", ["pt", "PT", "pt-BR", "pt_BR", "pt-Latn-BR"])
def test_a_tag_is_its_language_however_it_is_written(tag: str) -> None:
    assert language.primary(tag) == "pt"
    for choose in (of_letters, of_the_archive, door_words, writer_phrases, of_the_door):
        assert choose(tag) is choose("pt")
        assert choose(tag) is not choose("en")


@pytest.mark.parametrize("tag", ["ar", "AR_eg", "he-IL"])
def test_a_language_from_right_to_left_is_one_in_every_spelling(tag: str) -> None:
    assert direction_of(tag).dir == "rtl"
