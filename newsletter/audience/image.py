"""Images: a sorted batch as a small SQLite database in memory, which whoever writes opens beside the roster.

It is made where the rows were read and taken over whole: its rows are handed from one process to the other,
and into the database's reach, without any of them becoming an object of Python again.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
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


def image_of(people: Iterable[Arrival], tagged: Iterable[tuple[str, str]]) -> bytes:
    """Return the image of a batch; `people` have different lines."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as image:
        image.execute("PRAGMA journal_mode=OFF")
        image.execute("BEGIN")
        for table, rows in zip(TABLES, (people, tagged), strict=True):
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            key = f", PRIMARY KEY ({table.primary_key.columns[0].name})" if table.primary_key.columns else ""
            image.execute(f"CREATE TABLE {table.name} ({columns}{key})")
            places = ", ".join("?" * len(table.columns))
            image.executemany(f"INSERT INTO {table.name} VALUES ({places})", rows)  # noqa: S608
        image.execute("COMMIT")
        return image.serialize()


def rows_of(image: bytes, table: Table) -> Iterator[dict[str, Any]]:
    """Read a table of an image, for a database that cannot open it."""
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.deserialize(image)
        opened.row_factory = sqlite3.Row
        yield from map(dict, opened.execute(f"SELECT * FROM {table.name}"))  # noqa: S608
