"""Translations: every sentence that a reader meets, in one gettext catalogue a language.

English is the source: code and templates hold the English sentence in a call of `gettext`, `ngettext` or `pgettext`
(`_()` in templates), and `make messages` carries new ones into `<lang>/LC_MESSAGES/newsletter.po`. A publication
overrides any of them, or adds a language, in its own folder `locales/`. What the command line and the log say
is English and not translated. Start with `translations.py`; `catalogues.py` finds, compiles and reads the files, and
`languages.py` knows tags and directions of writing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
