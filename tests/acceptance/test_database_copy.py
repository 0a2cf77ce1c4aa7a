"""A publication that outgrows its SQLite file: everything it holds moves to PostgreSQL, and back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.desk import Desk
from tests.postgres import new_postgres_database

READER = "zofia@example.com"


@pytest.fixture
def empty(postgres: str) -> Iterator[str]:
    """The URL of an empty database of PostgreSQL's."""
    with new_postgres_database(postgres) as url:
        yield url


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(database.execute(f"SELECT * FROM {name}"), key=repr) for name in names}


@pytest.mark.slow
def test_everything_moves_to_postgresql_and_back(desk: Desk, empty: str) -> None:
    desk.write("more.csv", "email,first_name,city\nnew@example.org,=Zoë,Łódź\nnul@example.org,,\n")
    desk.done("subscribers", "import", "more.csv", "--list", "sample")
    desk.done("suppressions", "add", "gone@example.org")
    sent = desk.done("send", "--json").json
    with closing(sqlite3.connect(desk.folder / "var" / "newsletter.db")) as database:
        last = database.execute("SELECT max(id) FROM deliveries").fetchone()[0]
        database.execute("DELETE FROM deliveries WHERE id = ?", (last,))  # its number is not given out again
        database.commit()
    copied = desk.done("database", "copy", empty)
    assert f"{sent['candidates'] - 1}  deliveries" in copied.out
    there = {"NEWSLETTER_DATABASE_URL": empty}
    shown = ("subscribers", "show", READER, "--json")
    assert desk.done(*shown, environment=there).json == desk.done(*shown).json
    assert desk.done("status", "--json", environment=there).out == desk.done("status", "--json").out
    again = desk.done("send", "--json", environment=there).json
    assert again["submitted"] == sent["submitted"], "one had no row any more, and nobody else gets it again"
    assert len(desk.messages()) == sent["submitted"] + 1
    back = desk.folder / "var" / "back.db"
    desk.done("database", "copy", f"sqlite:///{back}", environment=there)
    found, before = contents(back), contents(desk.folder / "var" / "newsletter.db")
    for table in ("subscribers", "subscriptions", "consents", "suppressions", "editions", "alembic_version"):
        assert found[table] == before[table], table
    numbers = {row[0] for row in found["deliveries"]}
    assert numbers - {row[0] for row in before["deliveries"]} == {last + 1}
    (counted,) = (seq for name, seq in found["sqlite_sequence"] if name == "deliveries")
    assert counted == last + 1


def test_a_database_that_is_used_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    desk.done("send")
    to = f"sqlite:///{tmp_path / 'other.db'}"
    desk.done("database", "copy", to)
    before = contents(tmp_path / "other.db")
    refused = desk.run("database", "copy", to)
    assert refused.code == 2
    assert "holds rows already" in refused.err
    assert contents(tmp_path / "other.db") == before == contents(desk.folder / "var" / "newsletter.db")
    assert desk.run("database", "copy", "other.db").code == 2
