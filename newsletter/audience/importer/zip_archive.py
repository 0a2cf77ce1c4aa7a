"""ZIP archives: the exports of other programs are often one. What is in it may be hostile.

Only the CSV and JSON Lines files are unpacked, under names of our own, with a limit on their number, size and ratio.
"""

import contextlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from newsletter.audience.importer.csv_file import ImportFile, inspect_file
from newsletter.errors import ContentError, UsageError

MAX_MEMBERS = 10_000
MAX_BYTES = 4_000_000_000
"""Of all tables together, unpacked."""
MAX_RATIO = 200
"""How many times larger a table may be than its packed form: names rarely shrink to a tenth."""
_STEP = 1 << 20
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_INSIDE_WORKBOOKS = {"xl/workbook.xml", "xl/workbook.bin", "content.xml", "Index/Document.iwa"}
_WORKBOOKS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers"}


@contextmanager
def open_import_files(
    path: Path, *, encoding: str | None = None, mapping: Mapping[str, str] | None = None
) -> Iterator[tuple[ImportFile, ...]]:
    """Open a CSV file, a JSON Lines file, or a ZIP file of such: the files can be read until the block ends.

    Raises UsageError for what cannot be read or is not to be trusted, ContentError if there is no table of people.
    """
    if _is_workbook(path):
        raise UsageError(
            f"{path}: a spreadsheet file. Open it in the spreadsheet program, save the sheet as CSV, and import that"
        )
    if not _is_zip(path):
        yield (inspect_file(path, encoding=encoding, mapping=mapping),)
        return
    with tempfile.TemporaryDirectory(prefix="newsletter-") as folder:
        yield tuple(_import_files(path, Path(folder), encoding, mapping))


def _is_workbook(path: Path) -> bool:
    """Return whether this is a spreadsheet's own format: a compound file (old Excel), or a ZIP of XML files."""
    with contextlib.suppress(OSError, zipfile.BadZipFile, NotImplementedError):
        with path.open("rb") as file:
            if file.read(8) == _COMPOUND_FILE:
                return True
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return any(name in _INSIDE_WORKBOOKS for name in archive.namelist())
    return path.suffix.lower() in _WORKBOOKS


def _is_zip(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def _import_files(
    path: Path, folder: Path, encoding: str | None, mapping: Mapping[str, str] | None
) -> Iterator[ImportFile]:
    count = 0
    first_error: ContentError | None = None
    try:
        with zipfile.ZipFile(path) as archive:
            for number, member in enumerate(_tables(path, archive), 1):
                name = PurePosixPath(member.filename.replace("\\", "/")).name
                target = folder / str(number) / _safe(name)
                target.parent.mkdir()
                _unpack(path, archive, member, target)
                try:
                    source = inspect_file(target, encoding=encoding, mapping=mapping, name=f"{path.name}/{name}")
                except ContentError as error:  # a table of something else
                    first_error = first_error or error
                    continue
                count += 1
                yield source
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError) as error:
        raise UsageError(f"{path}: a damaged ZIP file: {error}. Export it again, or unpack it yourself") from error
    if not count:
        raise first_error or UsageError(f"{path}: it contains no table of people. Unpack it and import the CSV file")


def _tables(path: Path, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the members that may be tables of people: Substack's list alone where there is one."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise UsageError(
            f"{path}: {len(members):,} files are in it, far more than an export has. Import the CSV file itself"
        )
    tables = [
        member
        for member in members
        if member.filename.lower().endswith((".csv", ".jsonl"))
        and not member.is_dir()
        and "__MACOSX" not in member.filename
    ]
    if any(member.flag_bits & 1 for member in tables):
        raise UsageError(f"{path}: it is protected by a password. Unpack it yourself and import the CSV file")
    whole = sum(member.file_size for member in tables)
    if whole > MAX_BYTES:
        raise UsageError(f"{path}: {whole:,} bytes unpacked are too many. Unpack it and import the CSV files")
    lists = [member for member in tables if "email_list" in member.filename.lower()]
    highest = [member for member in tables if "/" not in member.filename.strip("/")]
    return lists or highest or tables


def _unpack(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Unpack one member; the limits apply to the bytes that come out, whatever size it claims to have."""
    most = member.compress_size * MAX_RATIO + _STEP
    with archive.open(member) as packed, target.open("wb") as file:
        written = 0
        while chunk := packed.read(_STEP):
            written += len(chunk)
            if written > min(most, MAX_BYTES):
                raise UsageError(
                    f"{path}: {_safe(member.filename)} unpacks to far more than any list needs, so it was not imported"
                )
            file.write(chunk)


def _safe(name: str) -> str:
    kept = "".join(char if char.isalnum() or char in "._- " else "_" for char in name)[-120:]
    return kept.lstrip(".") or "table.csv"
