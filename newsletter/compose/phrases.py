"""The fixed words of a letter: one table of languages; a language we do not speak gets English."""

from newsletter.compose.languages import LANGUAGES
from newsletter.compose.phrase import Phrases
from newsletter.locales import primary


def phrases_for(language: str) -> Phrases:
    """Return the fixed words for a language tag such as pt-BR; English where we have none."""
    return LANGUAGES.get(primary(language), LANGUAGES["en"])
