"""The words of the web door in somebody's language; one that we do not speak gets English."""

from newsletter.locales import primary
from newsletter.web.languages import LANGUAGES
from newsletter.web.phrase import Phrases


def phrases_for(*languages: str) -> Phrases:
    """Return the words of the first of these language tags that we speak."""
    for language in languages:
        found = LANGUAGES.get(primary(language))
        if found is not None:
            return found
    return LANGUAGES["en"]


def spoken_languages() -> tuple[tuple[str, str], ...]:
    """Return each language with what it calls itself."""
    return tuple((tag, words.name) for tag, words in LANGUAGES.items())
