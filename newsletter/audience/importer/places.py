"""Places: where in a sheet's rows the columns of each meaning stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.audience.importer.columns import Column
from newsletter.audience.importer.meaning import Meaning

_JUDGED = frozenset({
    Meaning.STATE, Meaning.SUPPRESSION, Meaning.STATUS, Meaning.WANTED, Meaning.LEFT, Meaning.BOUNCED,
    Meaning.COMPLAINED, Meaning.CONFIRMED,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the columns of each meaning stand; -1 is a column that is not there."""

    email: int
    first_name: int
    last_name: int
    whole_name: int
    consent: int
    fields: tuple[tuple[int, str], ...]
    judged: tuple[tuple[int, Column], ...]
    """Columns that may say something against mailing the person."""
    proofs: tuple[tuple[int, str], ...]
    joined: tuple[int, ...]
    tags: tuple[int, ...]
    attributes: tuple[int, ...]
    has_states: bool
    """Whether the sheet is one of ours."""


def places_of(columns: Sequence[Column]) -> Places:
    def all_of(*meanings: Meaning) -> tuple[int, ...]:
        return tuple(index for index, column in enumerate(columns) if column.meaning in meanings)

    def of(meaning: Meaning) -> int:
        return next(iter(all_of(meaning)), -1)

    return Places(
        email=of(Meaning.EMAIL),
        first_name=of(Meaning.FIRST_NAME),
        last_name=of(Meaning.LAST_NAME),
        whole_name=of(Meaning.WHOLE_NAME),
        consent=of(Meaning.CONSENT),
        fields=tuple((index, columns[index].field) for index in all_of(Meaning.FIELD)),
        judged=tuple((index, column) for index, column in enumerate(columns) if column.meaning in _JUDGED),
        proofs=tuple(
            (index, columns[index].heading) for index in all_of(Meaning.PROOF, Meaning.JOINED, Meaning.CONFIRMED)
        ),
        joined=all_of(Meaning.JOINED, Meaning.CONFIRMED),
        tags=all_of(Meaning.TAGS),
        attributes=all_of(Meaning.ATTRIBUTES),
        has_states=of(Meaning.STATE) >= 0,
    )
