"""Public names of `newsletter.locales`, each loaded on first use; `__init__.py` says what they are for."""

from .catalogues import (
    compiled_file as compiled_file,
    packaged_languages as packaged_languages,
    placeholders as placeholders,
)
from .languages import (
    RIGHT_TO_LEFT as RIGHT_TO_LEFT,
    direction_of as direction_of,
    primary as primary,
)
from .translations import (
    N_ as N_,
    Translations as Translations,
    languages_with_names as languages_with_names,
    translations_for as translations_for,
)
