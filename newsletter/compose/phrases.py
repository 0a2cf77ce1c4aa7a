"""The fixed words of a letter: one table of languages; a language we do not speak gets English."""

from dataclasses import dataclass

from newsletter.compose.languages import LANGUAGES
from newsletter.compose.phrase import Phrases
from newsletter.locales import primary

RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class Direction:
    """Which way a language is written, and what that makes of left and right."""

    dir: str
    start: str
    end: str


def phrases_for(language: str) -> Phrases:
    """Return the fixed words for a language tag such as pt-BR; English where we have none."""
    return LANGUAGES.get(primary(language), LANGUAGES["en"])


def direction_of(language: str) -> Direction:
    """Return the direction of a language's script, also of one whose words we do not have."""
    is_rtl = primary(language) in RIGHT_TO_LEFT
    return Direction("rtl", "right", "left") if is_rtl else Direction("ltr", "left", "right")
