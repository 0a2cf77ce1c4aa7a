"""Public names of `newsletter.doctor`, each loaded on first use; `__init__.py` says what they are for."""

from .check import Check as Check, Level as Level, fail as fail
from .examining import examine as examine
from .lookup import Dns as Dns, read_server as read_server
from .received import await_letter as await_letter, judge_letter as judge_letter, own_address as own_address
