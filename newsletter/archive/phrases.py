"""The fixed words of the archive; a language we do not speak gets English, marked as such."""

from newsletter.archive.languages import LANGUAGES
from newsletter.archive.phrase import Phrases


def phrases_for(language: str) -> Phrases:
    """Return the fixed words for a language tag such as pt-BR."""
    return LANGUAGES.get(language.lower().split("-")[0], LANGUAGES["en"])
