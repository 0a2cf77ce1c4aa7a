"""Images: a sorted batch as a small SQLite database in memory, which whoever writes opens beside the roster.

It is made where the rows were read and taken over whole: its rows are handed from one process to the other,
and into the database's reach, without any of them becoming an object of Python again.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain
from typing import Any

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

Arrival = tuple[int, str, str, bytes, str, str, str, str, str, str]
"""A sound row: line, address, key, hash, both names, fields, state, suppression, consent."""

_metadata = MetaData()

arrivals = Table(
    "arrivals",
    _metadata,
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("address", Text),
    Column("address_key", Text),
    Column("address_hash", LargeBinary),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("fields", Text),
    Column("state", Text),
    Column("suppression", Text),
    Column("consent", Text),
    prefixes=["TEMPORARY"],
)
"""The batch at hand; where the database is not SQLite, a table of its transaction."""

arriving_tags = Table(
    "arriving_tags", _metadata, Column("address_key", Text), Column("tag", Text), prefixes=["TEMPORARY"]
)
"""The tags of those of the batch who have any."""

TABLES = (arrivals, arriving_tags)


_MANY = 1000
_AT_ONCE = 10
"""Rows to a statement, which each costs half as much as its row."""
_ROW = f"({', '.join('?' * len(arrivals.columns))})"
_INSERT = "INSERT INTO arrivals VALUES"


class BatchImage:
    """An image in the making."""

    def __init__(self) -> None:
        self._image = sqlite3.connect(":memory:", isolation_level=None)
        self._image.execute("PRAGMA journal_mode=OFF")
        self._image.execute("BEGIN")
        for table in TABLES:
            columns = (f"{each.name} {each.type}{' PRIMARY KEY' * each.primary_key}" for each in table.columns)
            self._image.execute(f"CREATE TABLE {table.name} ({', '.join(columns)})")
        self._waiting: list[Arrival] = []

    def add(self, people: Iterable[Arrival]) -> None:
        """Add people on lines of their own."""
        self._waiting += people
        if len(self._waiting) >= _MANY:
            self._flush()

    def _flush(self) -> None:
        together = len(self._waiting) - len(self._waiting) % _AT_ONCE
        cells = chain.from_iterable(self._waiting[:together])
        rows = zip(*[cells] * (len(arrivals.columns) * _AT_ONCE), strict=True)
        self._image.executemany(f"{_INSERT} {', '.join([_ROW] * _AT_ONCE)}", rows)
        self._image.executemany(f"{_INSERT} {_ROW}", self._waiting[together:])
        self._waiting.clear()

    def tag(self, key: str, tag: str) -> None:
        """Add a tag of somebody."""
        self._image.execute("INSERT INTO arriving_tags VALUES (?, ?)", (key, tag))

    def arrival(self, line: int) -> Arrival:
        """Return whoever was added with a line."""
        self._flush()
        found: Arrival = self._image.execute("SELECT * FROM arrivals WHERE line = ?", (line,)).fetchone()
        return found

    def alter(self, line: int, state: str, suppression: str) -> None:
        """Change how somebody stands who was added."""
        self._flush()
        self._image.execute("UPDATE arrivals SET state = ?, suppression = ? WHERE line = ?", (state, suppression, line))

    def finished(self) -> bytes:
        """Return the image; nothing can be added any more."""
        self._flush()
        with closing(self._image):
            self._image.execute("COMMIT")
            return self._image.serialize()


def rows_of(image: bytes, table: Table) -> Iterator[dict[str, Any]]:
    """Read a table of an image, for a database that cannot open it."""
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.deserialize(image)
        opened.row_factory = sqlite3.Row
        yield from map(dict, opened.execute(f"SELECT * FROM {table.name}"))  # noqa: S608
