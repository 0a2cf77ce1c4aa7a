"""A language is known by its tag however it is written."""

import pytest

from newsletter.locales import direction_of, primary
from newsletter.locales.languages import locale_names


@pytest.mark.parametrize("tag", ["pt", "PT", "pt-BR", "pt_BR", "pt-Latn-BR"])
def test_a_tag_begins_with_its_language_however_it_is_written(tag: str) -> None:
    assert primary(tag) == "pt"
    assert locale_names(tag)[-1] == "pt"


@pytest.mark.parametrize(
    ("tag", "names"),
    [
        ("pt-br", ("pt_BR", "pt")),
        ("zh-hant-TW", ("zh_Hant_TW", "zh_Hant", "zh")),
        ("", ()),
        ("../../etc", ()),
        ("de/../x", ()),
    ],
)
def test_a_tag_gives_the_names_of_its_catalogues_and_no_path(tag: str, names: tuple[str, ...]) -> None:
    assert locale_names(tag) == names


@pytest.mark.parametrize("tag", ["ar", "AR_eg", "he-IL"])
def test_a_language_from_right_to_left_is_one_in_every_spelling(tag: str) -> None:
    assert direction_of(tag).dir == "rtl"
