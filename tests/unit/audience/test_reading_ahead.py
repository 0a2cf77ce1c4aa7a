"""A large sheet is read by a second process: what comes of it is the same, and nothing of it is left behind."""

import io
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

import pytest

from newsletter.audience import ImportFile, ImportReport, RowStatus, export_json, import_file, inspect_file
from newsletter.audience.importer import ahead
from newsletter.database import Database
from newsletter.errors import TemporaryError
from newsletter.tokens import Keyring
from tests.fresh import fresh_database

NOW = datetime(2026, 11, 3, 8, tzinfo=UTC)
ROWS = 10_500


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every sheet for a large one."""
    monkeypatch.setattr(ahead, "LARGE", 0)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Database]]:
    """Databases by name."""
    with ExitStack() as stack:

        def make(name: str) -> Database:
            opened = fresh_database(f"sqlite:///{tmp_path / name}.db")
            stack.callback(opened.close)
            return opened

        yield make


@pytest.fixture
def rows() -> int:
    """More than are handed over at once."""
    return ROWS


@pytest.fixture
def sheet(tmp_path: Path, rows: int) -> ImportFile:
    """A sheet with every kind of row: sound, repeated, without an address, ended, tagged."""
    path = tmp_path / "people.csv"
    lines = ["email,first_name,city,tags,status"]
    for number in range(rows):
        address = "nobody" if number % 97 == 0 else f"Reader.{number - number % 89 // 88}@mail.example"
        status = "unsubscribed" if number % 50 == 7 else "subscribed"
        lines.append(f'{address},"Zoë, {number}",Łódź,"a, b{number % 3}",{status}')
    path.write_text("\n".join(lines), encoding="utf-8")
    return inspect_file(path)


def bring(database: Database, keyring: Keyring, sheet: ImportFile) -> ImportReport:
    return reduce(ImportReport.merged, import_file(database, keyring, sheet, "weekly", now=NOW))


def exported(database: Database, keyring: Keyring) -> str:
    out = io.StringIO()
    export_json(database, keyring, "weekly", out)
    return out.getvalue()


@pytest.mark.parametrize("rows", [2_000, pytest.param(ROWS, marks=pytest.mark.slow)])
def test_it_is_as_if_one_process_had_read_and_written(
    make: Callable[[str], Database], keyring: Keyring, sheet: ImportFile, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    two, one = make("two"), make("one")
    reports = [bring(two, keyring, sheet) for _ in range(2)]
    monkeypatch.setattr(ahead, "LARGE", 1 << 40)
    assert [bring(one, keyring, sheet) for _ in range(2)] == reports
    assert reports[0].count(RowStatus.ADDED) > rows * 0.9
    assert exported(one, keyring) == exported(two, keyring)
    assert not multiprocessing.active_children()


def test_stopping_early_leaves_no_process(database: Database, keyring: Keyring, sheet: ImportFile) -> None:
    steps = import_file(database, keyring, sheet, "weekly", now=NOW)
    next(steps)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def test_a_reader_that_was_killed_says_how_to_go_on(
    database: Database, keyring: Keyring, sheet: ImportFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "_tell", kill_myself)
    with pytest.raises(TemporaryError, match=r"people\.csv: .*Import it again"):
        bring(database, keyring, sheet)
    assert not multiprocessing.active_children()


def test_what_the_reader_raises_is_raised_here(database: Database, keyring: Keyring, sheet: ImportFile) -> None:
    lost = replace(sheet, encoding="no-such-encoding")
    with pytest.raises(LookupError):
        bring(database, keyring, lost)


def kill_myself(*_: object) -> None:
    """End as the system ends who takes too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)
