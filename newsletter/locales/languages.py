"""Languages: tags (RFC 5646) as authors and readers write them (pt-BR, pt_br, PT), direction of writing, dates."""

import functools
from dataclasses import dataclass

BRITISH = "en_GB"
"""The locale of English dates where no region is named."""

RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class Direction:
    """Which way a language is written, and what that makes of left and right."""

    dir: str
    start: str
    end: str


def primary(tag: str) -> str:
    """Return the language of a tag, without script or region, in lower case: `pt` for `pt-BR`."""
    return tag.lower().replace("_", "-").partition("-")[0]


def locale_names(tag: str) -> tuple[str, ...]:
    """Return the names that gettext and CLDR know a tag by, the most specific first: `pt_BR`, `pt`.

    Only letters and digits are kept, so that a name is safe in a path; an empty tag has none.
    """
    subtags = [subtag for subtag in tag.strip().replace("-", "_").split("_") if subtag.isascii() and subtag.isalnum()]
    if not subtags or len(subtags[0]) > 8:
        return ()
    cased = [subtags[0].lower(), *(_cased(subtag) for subtag in subtags[1:4])]
    return tuple("_".join(cased[:count]) for count in range(len(cased), 0, -1))


def direction_of(language: str) -> Direction:
    """Return the direction of a language's script, also of one that has no catalogue."""
    is_rtl = primary(language) in RIGHT_TO_LEFT
    return Direction("rtl", "right", "left") if is_rtl else Direction("ltr", "left", "right")


@functools.cache
def date_locale(tag: str, catalogue: str) -> str:
    """Return CLDR's locale for the dates of a tag: that of its region if CLDR has it, else of the catalogue used."""
    from babel.localedata import exists  # takes a while to import

    names = locale_names(tag)
    if names[:1] == ("en",):
        return BRITISH
    return next((name for name in (*names, catalogue) if exists(name)), BRITISH)


def _cased(subtag: str) -> str:
    """Return a script as `Hant` and a region as `BR`."""
    return subtag.title() if len(subtag) == 4 else subtag.upper()
