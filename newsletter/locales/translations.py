"""Translations: the sentences of one language, for code and for Jinja templates, and its dates and plurals.

Code marks an English sentence where it is used, and fills it in afterwards:
`_ = translations.gettext`, `_("Write to {name}").format(name=author)`. Templates do the same with `_()`.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.locales.catalogues import (
    SOURCE_LANGUAGE,
    own_catalogue_path,
    packaged_catalogue,
    packaged_languages,
    read_own_catalogue,
)
from newsletter.locales.languages import BRITISH, date_locale, locale_names, primary

if TYPE_CHECKING:
    from babel.support import NullTranslations


def N_(message: str) -> str:
    """Mark a sentence that `gettext` translates later."""
    return message


@dataclass(frozen=True, slots=True, kw_only=True)
class Translations:
    """The sentences of one language: the publication's own first, then ours; English where there is neither."""

    language: str
    """The tag of the language that the sentences are in, for `lang` attributes."""
    locale: str
    """CLDR's name of the language, with the region that was asked for."""
    catalogue: "NullTranslations"

    def gettext(self, message: str) -> str:
        """Return a sentence in this language."""
        return str(self.catalogue.gettext(message))

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return the form of a sentence that goes with a number."""
        return str(self.catalogue.ngettext(singular, plural, number))

    def pgettext(self, context: str, message: str) -> str:
        """Return a sentence whose English has several meanings; `context` tells which."""
        return str(self.catalogue.pgettext(context, message))

    def npgettext(self, context: str, singular: str, plural: str, number: int) -> str:
        """Return the form of such a sentence that goes with a number."""
        return str(self.catalogue.npgettext(context, singular, plural, number))

    def for_templates(self) -> dict[str, Callable[..., str]]:
        """Return what Jinja's extension `jinja2.ext.i18n` looks up behind `_()` and `{% trans %}`."""
        return {
            "gettext": self.gettext,
            "ngettext": self.ngettext,
            "pgettext": self.pgettext,
            "npgettext": self.npgettext,
        }

    def day(self, moment: datetime | None) -> str:
        """Return a day in words, such as `5 March 2026`; "" for none."""
        if moment is None:
            return ""
        from babel.dates import format_date

        return str(format_date(moment, "long", self.locale)).replace("\u202f", "\u00a0")  # which more fonts have


def translations_for(*tags: str, own: Path | None = None) -> Translations:
    """Return the translations of the first of these language tags that we or the publication have; else English.

    `own` is the folder of the publication's catalogues; ContentError where one of its sentences cannot be filled in.
    A change of such a file is noticed at the next call.
    """
    for tag in tags:
        for name in locale_names(tag):
            path = own_catalogue_path(own, name) if own is not None else None
            if path is not None or name in packaged_languages():
                state = path.stat() if path is not None else None
                stamp = (state.st_mtime_ns, state.st_size) if state else None
                return _load(name, date_locale(tag, name), path, stamp)
    if tags != (SOURCE_LANGUAGE,):
        return translations_for(SOURCE_LANGUAGE, own=own)
    return _load(SOURCE_LANGUAGE, BRITISH, None, None)


def languages_with_names(own: Path | None = None) -> tuple[tuple[str, str], ...]:
    """Return every language that we or the publication have, as its tag and what it calls itself."""
    files = own.glob("*.po") if own is not None else ()
    folders = own.glob("*/LC_MESSAGES/newsletter.po") if own is not None else ()
    names = {*(path.stem for path in files), *(path.parents[1].name for path in folders)}
    more = sorted(name for name in names if name not in packaged_languages() and locale_names(name)[:1] == (name,))
    return tuple((name.replace("_", "-"), _own_name(name, own)) for name in (*packaged_languages(), *more))


def _own_name(name: str, own: Path | None) -> str:
    translations = translations_for(name, own=own)
    # Translators: what your language calls itself, such as "Deutsch" or "Français".
    named = translations.pgettext("the name of this language", "English")
    return named if named != "English" or primary(name) == SOURCE_LANGUAGE else name


@functools.lru_cache(maxsize=64)
def _load(name: str, locale: str, own: Path | None, _stamp: tuple[int, int] | None) -> Translations:
    """Return the translations of a language; those of an author's file are looked up before ours."""
    ours = packaged_catalogue(next((known for known in locale_names(name) if known in packaged_languages()), name))
    catalogue: NullTranslations = ours
    if own is not None:
        catalogue = read_own_catalogue(own, name)
        catalogue.add_fallback(ours)
    return Translations(language=name.replace("_", "-"), locale=locale, catalogue=catalogue)
