"""The fixed words of the archive; a language we do not speak gets English, marked as such."""

from newsletter.archive.languages import LANGUAGES
from newsletter.archive.phrase import Phrases
from newsletter.language_tag import primary


def phrases_for(language: str) -> Phrases:
    """Return the fixed words for a language tag such as pt-BR."""
    return LANGUAGES.get(primary(language), LANGUAGES["en"])
