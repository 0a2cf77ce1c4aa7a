"""Importer: subscribers and suppressions from CSV, JSON Lines and ZIP files, whatever program wrote them.

`zip_archive.open_import_files` opens a file and `csv_file.inspect_file` recognises its charset (`csv_charset`),
separator and columns (`columns`, `vendor_formats`). `run.import_file` then takes rows to the database in batches:

    csv_reader -> rows (cell_values) -> dedupe -> staging_tables -> decide -> upsert -> report

`jsonl` reads our own JSON Lines exports into the same rows. `suppressions` imports addresses that must not be mailed.
Start with `run`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
