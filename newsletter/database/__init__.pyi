"""Public names of `newsletter.database`, each loaded on first use; `__init__.py` says what they are for."""

from .backup import back_up as back_up
from .copying import copy_database as copy_database
from .engine import LARGEST_NUMBER as LARGEST_NUMBER, Database as Database, open_database as open_database
from .functions import folded as folded
from .migrate import is_up_to_date as is_up_to_date, upgrade as upgrade
from .moment import Moment as Moment
from .question import Order as Order, Question as Question
