"""Public names of `newsletter.app`, each loaded on first use; `__init__.py` says what they are for."""

from . import (
    archive as archive,
    database as database,
    doctor as doctor,
    feedback as feedback,
    issues as issues,
    link_cards as link_cards,
    mailings as mailings,
    notices as notices,
    readers as readers,
    rehearsal as rehearsal,
    replies as replies,
    segments as segments,
    sending as sending,
    statistics as statistics,
    subscribers as subscribers,
)
from .readers.personal_data import (
    PersonalData as PersonalData,
    collect_personal_data as collect_personal_data,
    consent_to_click_tracking as consent_to_click_tracking,
    erase_person as erase_person,
    personal_data_json as personal_data_json,
    withdraw_click_tracking as withdraw_click_tracking,
)
from .publication import Publication as Publication
from .remarks import Remark as Remark
