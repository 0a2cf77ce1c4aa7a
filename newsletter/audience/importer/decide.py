"""Decisions about imported rows: who joins, who is updated and who stays out, made before anything is written.

People who are suppressed or have unsubscribed stay out, whatever a file says, and what a file says against mailing
somebody counts. Most rows of a batch need no decision of their own: either nothing is known of the person, or nothing
changes. SQL finds those in the staging tables.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.engine import Row as SqlRow

from newsletter.audience.importer.dedupe import Batch, ValidRow
from newsletter.audience.importer.report import RowStatus
from newsletter.audience.importer.rows import Row
from newsletter.audience.importer.staging_tables import known_rows, take_unchanged
from newsletter.audience.models import SubscriptionState, SuppressionReason


class Known(NamedTuple):
    """What the database knew of a row's person before; None for what it did not."""

    subscriber_id: int | None
    first_name: str | None
    last_name: str | None
    fields: dict[str, str] | None
    subscription_id: int | None
    state: SubscriptionState | None
    suppressed: SuppressionReason | None
    named_at: datetime | None = None
    """When they chose their first name; no file changes it, unless they chose that one later."""


NOTHING_KNOWN = Known(
    subscriber_id=None,
    first_name=None,
    last_name=None,
    fields=None,
    subscription_id=None,
    state=None,
    suppressed=None,
)


class RowDecision(NamedTuple):
    """What happens to one row."""

    valid: ValidRow
    known: Known
    status: RowStatus
    reason: str = ""
    state: SubscriptionState | None = None
    """The state that their subscription takes; None leaves it."""
    suppression: SuppressionReason | None = None
    """Why the file says that the address must not be mailed, where that is news."""

    @property
    def details(self) -> tuple[str, str, dict[str, str]]:
        """First name, last name and fields after the import: an empty cell deletes nothing."""
        row, known = self.valid.row, self.known
        fields = {**(known.fields or {}), **row.fields} if row.fields != known.fields else row.fields
        if chosen := [named for named in (row, known) if named.named_at is not None]:
            newest = max(chosen, key=_named_at)
            return newest.first_name or "", row.last_name or known.last_name or "", fields
        if row.first_name or row.last_name:
            return row.first_name, row.last_name, fields
        return known.first_name or "", known.last_name or "", fields

    @property
    def changes_details(self) -> bool:
        """Whether names or fields of a known subscriber change."""
        known = self.known
        return known.subscriber_id is not None and self.details != (known.first_name, known.last_name, known.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDecision:
    """What happens to a batch."""

    newcomers: int = 0
    """How many simply join: nothing is known of them, and the file says nothing else."""
    unchanged: AbstractSet[int] = frozenset()
    """The lines of those who are on the list and of whom the file says nothing new; they are not staged any more."""
    rows: Sequence[RowDecision] = ()
    """What happens to each of the others."""


def decide_batch(connection: Connection, list_id: int | None, batch: Batch, *, newest: int) -> BatchDecision:
    """Decide what happens to each row of a staged batch.

    Subscriptions with a number above `newest` were made by this same import.
    """
    unchanged = take_unchanged(connection, list_id, newest) if newest else frozenset()
    known = {row.line: _known(row) for row in connection.execute(known_rows(list_id))}
    lines = sorted(known.keys() | (batch.special - unchanged))
    decisions = [decide_row(batch.rows[line], known.get(line, NOTHING_KNOWN)) for line in lines]
    newcomers = len(batch.rows) - len(unchanged) - len(decisions)
    return BatchDecision(newcomers=newcomers, unchanged=unchanged, rows=decisions)


def decide_row(valid: ValidRow, known: Known) -> RowDecision:
    """Decide what happens to one row."""
    row = valid.row
    if known is NOTHING_KNOWN and row.suppression is None and row.state is not SubscriptionState.ENDED:
        return RowDecision(valid, known, RowStatus.ADDED, "", row.state)
    if known.suppressed:
        return RowDecision(valid, known, RowStatus.KEPT_OUT, known.suppressed)
    if row.suppression is SuppressionReason.ERASED:
        return RowDecision(valid, known, RowStatus.KEPT_OUT, row.suppression, None, row.suppression)
    state = _next_state(known.state, row.state)
    if row.suppression:
        return RowDecision(valid, known, RowStatus.KEPT_OUT, row.suppression, state, row.suppression)
    if SubscriptionState.ENDED in {known.state, row.state}:
        return RowDecision(valid, known, RowStatus.KEPT_OUT, SuppressionReason.UNSUBSCRIBED, state)
    if state is not None:
        return RowDecision(valid, known, RowStatus.ADDED, "", state)
    decision = RowDecision(valid, known, RowStatus.KNOWN)
    return decision._replace(status=RowStatus.UPDATED) if decision.changes_details else decision


def _next_state(current: SubscriptionState | None, imported: SubscriptionState) -> SubscriptionState | None:
    """Return the state that a file's status leads to, None if it changes nothing: what has ended stays ended."""
    if current is None:
        return imported
    if current is SubscriptionState.ENDED or imported is SubscriptionState.PENDING or current is imported:
        return None
    return imported


def _named_at(named: Row | Known) -> datetime:
    assert named.named_at is not None
    return named.named_at


def _known(row: SqlRow[Any]) -> Known:
    return Known(
        row.subscriber_id,
        row.first_name,
        row.last_name,
        row.fields,
        row.subscription_id,
        SubscriptionState(row.state) if row.state else None,
        SuppressionReason(row.reason) if row.reason else None,
        row.named_at,
    )
