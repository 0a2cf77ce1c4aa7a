"""Public names of `newsletter.app`, each loaded on first use; `__init__.py` says what they are for."""

from .publication import Publication as Publication
from .rehearsal import (
    REHEARSAL_FOLDER as REHEARSAL_FOLDER,
    Rehearsal as Rehearsal,
    RehearsalReport as RehearsalReport,
    open_rehearsal as open_rehearsal,
    serve_ses_simulator as serve_ses_simulator,
)
