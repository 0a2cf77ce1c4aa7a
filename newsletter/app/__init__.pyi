"""Public names of `newsletter.app`, each loaded on first use; `__init__.py` says what they are for."""

from .publication import Publication as Publication
from .rehearsal import (
    REHEARSAL_FOLDER as REHEARSAL_FOLDER,
    Rehearsal as Rehearsal,
    RehearsalReport as RehearsalReport,
    open_rehearsal as open_rehearsal,
    serve_ses_simulator as serve_ses_simulator,
)
from .person import (
    ErasureResult as ErasureResult,
    PersonalData as PersonalData,
    collect_personal_data as collect_personal_data,
    consent_to_click_tracking as consent_to_click_tracking,
    erase_person as erase_person,
    personal_data_json as personal_data_json,
    withdraw_click_tracking as withdraw_click_tracking,
)
