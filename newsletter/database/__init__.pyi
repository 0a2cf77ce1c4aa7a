"""Public names of `newsletter.database`, each loaded on first use; `__init__.py` says what they are for."""

from .backup import back_up as back_up
from .column_types import BIG_ID as BIG_ID, UtcDateTime as UtcDateTime
from .copy import TableCopyProgress as TableCopyProgress, copy_database as copy_database
from .engine import (
    MAX_ROW_ID as MAX_ROW_ID,
    Database as Database,
    dialect_insert as dialect_insert,
    insert_into as insert_into,
    open_database as open_database,
)
from .functions import fold_case as fold_case
from .prepared_statements import PreparedQuery as PreparedQuery, PreparedStatement as PreparedStatement
from .schema import is_up_to_date as is_up_to_date, upgrade as upgrade
