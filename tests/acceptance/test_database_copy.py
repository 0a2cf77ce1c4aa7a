"""`database copy`: everything moves from SQLite to PostgreSQL and back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.publication_folder import PublicationFolder
from tests.postgres import new_postgres_database

READER = "zofia@example.com"


@pytest.fixture
def empty(postgres: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with new_postgres_database(postgres) as url:
        yield url


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(database.execute(f"SELECT * FROM {name}"), key=repr) for name in names}


@pytest.mark.slow
def test_everything_moves_to_postgresql_and_back(publication: PublicationFolder, empty: str) -> None:
    publication.write("more.csv", "email,first_name,city\nnew@example.org,=Zoë,Łódź\nnul@example.org,,\n")
    publication.run_ok("subscribers", "import", "more.csv", "--list", "sample")
    publication.run_ok("suppressions", "add", "gone@example.org")
    sent = publication.run_ok("send", "--json").json
    with closing(sqlite3.connect(publication.folder / "var" / "newsletter.db")) as database:
        last = database.execute("SELECT max(id) FROM deliveries").fetchone()[0]
        database.execute("DELETE FROM deliveries WHERE id = ?", (last,))  # its number is not given out again
        database.commit()
    copied = publication.run_ok("database", "copy", empty)
    assert f"{sent['candidates'] - 1}  deliveries" in copied.out
    server = {"NEWSLETTER_DATABASE_URL": empty}
    shown = ("subscribers", "show", READER, "--json")
    assert publication.run_ok(*shown, environment=server).json == publication.run_ok(*shown).json
    assert publication.run_ok("status", "--json", environment=server).out == publication.run_ok("status", "--json").out
    again = publication.run_ok("send", "--json", environment=server).json
    assert again["submitted"] == sent["submitted"], "one had no row any more, and nobody else gets it again"
    assert len(publication.messages()) == sent["submitted"] + 1
    back = publication.folder / "var" / "back.db"
    publication.run_ok("database", "copy", f"sqlite:///{back}", environment=server)
    results, before = contents(back), contents(publication.folder / "var" / "newsletter.db")
    for table in ("subscribers", "subscriptions", "consents", "suppressions", "editions", "alembic_version"):
        assert results[table] == before[table], table
    numbers = {row[0] for row in results["deliveries"]}
    assert numbers - {row[0] for row in before["deliveries"]} == {last + 1}
    (counted,) = (seq for name, seq in results["sqlite_sequence"] if name == "deliveries")
    assert counted == last + 1


def test_a_database_in_use_is_not_overwritten(publication: PublicationFolder, tmp_path: Path) -> None:
    publication.run_ok("send")
    to = f"sqlite:///{tmp_path / 'other.db'}"
    publication.run_ok("database", "copy", to)
    before = contents(tmp_path / "other.db")
    refused = publication.run("database", "copy", to)
    assert refused.code == 2
    assert "already contains rows" in refused.err
    assert contents(tmp_path / "other.db") == before == contents(publication.folder / "var" / "newsletter.db")
    assert publication.run("database", "copy", "other.db").code == 2
