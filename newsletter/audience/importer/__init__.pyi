"""Public names of `newsletter.audience.importer`, each loaded on first use; `__init__.py` says what they are for."""

from .csv_file import ImportFile as ImportFile, inspect_file as inspect_file
from .report import (
    ImportReport as ImportReport,
    RejectedRows as RejectedRows,
    RowResult as RowResult,
    RowStatus as RowStatus,
)
from .run import import_csv as import_csv, import_file as import_file, import_list_source as import_list_source
from .suppressions import SuppressionImport as SuppressionImport, import_suppressions as import_suppressions
from .zip_archive import open_import_files as open_import_files
