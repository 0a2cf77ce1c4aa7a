"""Records of a CSV file are read with their lines, and cells that are looked at together are as if one by one."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.audience.importer import ImportReport, RowStatus, inspect_file
from newsletter.audience.importer.csv_reader import UNCLOSED_QUOTE, read_records
from newsletter.audience.importer.rows import Row, read_rows
from newsletter.audience.text_cleanup import FIELD_LENGTH, cleaned, cleaned_cells, unguarded

Bring = Callable[..., ImportReport]
_CELLS = st.text(alphabet=st.sampled_from("aB9 '=@-?;,\t\"é\u0301\u202e\xa0\u2028张"), max_size=12) | st.sampled_from(
    ["O'Brien", "'=1", " edge ", "two  spaces", "=?utf-8?q?x?=", "x" * 300, "Zoë", ""]
)


@example(['"\t'])
@given(st.lists(_CELLS, min_size=1, max_size=3))
def test_cells_cleaned_together_are_as_if_cleaned_one_by_one(record: list[str]) -> None:
    assert cleaned_cells(record) == [cleaned(unguarded(cell.strip()), FIELD_LENGTH) for cell in record]


@given(st.lists(st.lists(_CELLS, min_size=1, max_size=3), min_size=1, max_size=4), st.sampled_from(",;\t|"))
def test_quoted_cells_are_read_as_they_were_written(table: list[list[str]], separator: str) -> None:
    lines = [separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table]
    for ending in ("\n", "\r\n"):
        text = ending.join(lines)
        assert [cells for _, cells in read_records(io.StringIO(text, newline=""), separator)] == table


def test_a_record_has_the_line_that_it_begins_at() -> None:
    text = 'a,b\n\n"two\nlines",c\n"never closed,d\ne,f\n"g" h,i\n'
    assert list(read_records(io.StringIO(text, newline=""), ",")) == [
        (1, ["a", "b"]),
        (3, ["two\nlines", "c"]),
        (5, UNCLOSED_QUOTE),
        (6, ["e", "f"]),
        (7, ["g h", "i"]),
    ]


def test_no_line_is_lost_to_the_header(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("sep=;\n\nemail;first_name\nada@example.org;Ada\n\nbob@example.org;Bob\n")
    rows = [row for row in read_rows(inspect_file(path)) if isinstance(row, Row)]
    assert [(row.line, row.email) for row in rows] == [(4, "ada@example.org"), (6, "bob@example.org")]


@pytest.mark.parametrize("change", ["Ada,L,PT", "Bea,K,PT", "Bea,L,DE"])
def test_one_changed_cell_among_repeated_rows_is_an_update(bring: Bring, change: str) -> None:
    head = "email,first_name,last_name,country\n"
    bring(f"{head}bea@example.org,Bea,L,PT\nzoe@example.org,Zoe,M,FR\n")
    report = bring(f"{head}bea@example.org,{change}\nzoe@example.org,Zoe,M,FR\n")
    assert report.counts == {RowStatus.UPDATED: 1, RowStatus.KNOWN: 1}
    assert bring(f"{head}bea@example.org,{change}\nzoe@example.org,Zoe,M,FR\n").counts == {RowStatus.KNOWN: 2}
