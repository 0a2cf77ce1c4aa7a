"""Rows that are read at once: whatever is not looked at cell by cell must be as if it had been."""

import io
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.audience import ImportReport, RowStatus
from newsletter.audience.importer.csv_reader import read_records
from newsletter.audience.text_cleaning import FIELD_LENGTH, NAME_LENGTH, cleaned, cleaned_name, unguarded

Bring = Callable[..., ImportReport]
_CELLS = st.text(alphabet=st.sampled_from("aB9 '=@-?;,\t\"é\u0301\u202e\xa0\u2028张"), max_size=12) | st.sampled_from(
    ["O'Brien", "'=1", " edge ", "two  spaces", "=?utf-8?q?x?=", "x" * 300, "Zoë", ""]
)


@example([['"\t']], "\t")
@given(st.lists(st.lists(_CELLS, min_size=1, max_size=3), min_size=1, max_size=4), st.sampled_from(",;\t|"))
def test_what_is_called_plain_needs_no_cleaning(table: list[list[str]], separator: str) -> None:
    quoted = ['"' + '""'.join(cell.split('"')) + '"' if '"' in cell else cell for row in table for cell in row]
    for ending in ("\n", "\r\n"):
        text = ending.join((*quoted, separator.join(quoted)))
        for _, cells, is_plain in read_records(io.StringIO(text, newline=""), separator):
            if is_plain:
                assert [cleaned(unguarded(cell.strip()), FIELD_LENGTH) for cell in cells] == cells
                assert [cleaned_name(cell) for cell in cells] == [cell[:NAME_LENGTH] for cell in cells]


def test_ordinary_lines_are_plain() -> None:
    text = 'ada@example.org,Ada,O\'Brien\nzoe@example.org,"Zoë",张伟\n'
    assert all(is_plain for _, _, is_plain in read_records(io.StringIO(text, newline=""), ","))


@pytest.mark.parametrize("change", ["Ada,L,PT", "Bea,K,PT", "Bea,L,DE"])
def test_one_changed_cell_among_repeated_rows_is_an_update(bring: Bring, change: str) -> None:
    head = "email,first_name,last_name,country\n"
    bring(f"{head}bea@example.org,Bea,L,PT\nzoe@example.org,Zoe,M,FR\n")
    report = bring(f"{head}bea@example.org,{change}\nzoe@example.org,Zoe,M,FR\n")
    assert report.counts == {RowStatus.UPDATED: 1, RowStatus.KNOWN: 1}
    assert bring(f"{head}bea@example.org,{change}\nzoe@example.org,Zoe,M,FR\n").counts == {RowStatus.KNOWN: 2}
