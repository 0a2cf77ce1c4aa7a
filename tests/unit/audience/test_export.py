"""What export writes, import reads back; and no spreadsheet takes it for a formula."""

import csv
import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from newsletter.address import Address
from newsletter.audience import SuppressionReason, candidates, export_csv, list_members, suppress, unsubscribe
from newsletter.audience.importer import import_csv
from newsletter.audience.text_cleanup import cleaned, cleaned_name, guarded, unguarded
from newsletter.database import Database
from newsletter.tokens import Keyring
from tests.fresh_database import fresh_database
from tests.hypothesis_examples import examples

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
KEYRING = Keyring((b"k" * 32,))
WORDS = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("'=+-@\t\r\n\x00\x1b,;\"| ?\u202e\u2028\u00e9e\u0301"),
    ),
    max_size=12,
)


@given(WORDS)
def test_cleaning_is_idempotent(text: str) -> None:
    assert cleaned(cleaned(text, 10), 10) == cleaned(text, 10)
    assert cleaned_name(cleaned_name(text)) == cleaned_name(text)


@given(WORDS)
def test_a_guard_comes_off_again_and_leaves_no_formula(text: str) -> None:
    text = cleaned(text, 100)
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@"))


def test_an_encoded_word_is_removed_from_a_name() -> None:
    assert cleaned_name("=?utf-8?q?Evil?=") == ""
    assert cleaned_name("Ada =?utf-8?b?RXZpbA==?= Okafor") == "Ada Okafor"


def test_hostile_cells_are_cleaned() -> None:
    assert cleaned("A\x00d\x1b[31ma\u2028 \u202eb", 50) == "A d [31ma b"
    assert len(cleaned("x" * 100_000, 2000)) == 2000


@examples(25)
@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z'=+-]{1,8}", fullmatch=True),
            WORDS,
            WORDS,
            WORDS,
            WORDS,
            st.integers(min_value=0, max_value=3),
        ),
        max_size=6,
        unique_by=lambda row: row[0],
    )
)
def test_what_was_exported_is_imported_unharmed(rows: list[tuple[str, str, str, str, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        there, here = Path(folder, "a"), Path(folder, "b")
        first, second = _opened(there), _opened(here)
        with (there / "people.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["email", "first_name", "last_name", "city", "status"])
            writer.writerows([f"{local}@example.org", *words] for local, *words, _ in rows)
        import_csv(first, KEYRING, there / "people.csv", "weekly", now=NOW)
        members = list(list_members(first, "weekly"))
        for member, (*_, fate) in zip(members, rows, strict=False):
            person = member.subscription.subscriber
            if fate == 1:
                unsubscribe(first, person.id, "weekly", origin="mail", now=NOW)
            if fate == 2:
                suppress(first, KEYRING, person.address, SuppressionReason.BOUNCED, origin="mail", now=NOW)
            if fate == 3:
                unsubscribe(first, person.id, None, origin="mail", now=NOW)
        (here / "people.csv").write_text(_exported(first), encoding="utf-8", newline="")
        import_csv(second, KEYRING, here / "people.csv", "weekly", now=NOW)
        assert _people(second) == _people(first)
        again = _exported(second)
        import_csv(second, KEYRING, here / "people.csv", "weekly", now=NOW)
        assert _exported(second) == again
        first.close()
        second.close()


def test_an_export_has_no_cell_that_a_spreadsheet_would_run(tmp_path: Path) -> None:
    database = _opened(tmp_path)
    (tmp_path / "people.csv").write_text("email,first_name,city\n=a@example.org,@SUM(A1),+1 2\n")
    import_csv(database, KEYRING, tmp_path / "people.csv", "weekly", now=NOW)
    (member,) = list_members(database, "weekly")
    assert member.subscription.subscriber.address == Address("=a", "example.org")
    cells = [cell for row in csv.reader(io.StringIO(_exported(database))) for cell in row]
    assert "'@SUM(A1)" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    database.close()


def _opened(folder: Path) -> Database:
    folder.mkdir(exist_ok=True)
    return fresh_database(f"sqlite:///{folder / 'newsletter.db'}")


def _exported(database: Database) -> str:
    out = io.StringIO()
    export_csv(database, "weekly", out)
    return out.getvalue()


def _people(database: Database) -> list[tuple[object, ...]]:
    with database.read() as connection:
        return sorted(
            (row.address, row.first_name, row.last_name, str(sorted(row.fields.items())), row.exclusion)
            for row in connection.execute(candidates("weekly"))
        )
