"""Rulings: what is to happen to each imported row, decided before anything is written.

Suppressed and ended people stay out, whatever a file says; what a file says against mailing somebody counts.
"""

from datetime import datetime
from typing import NamedTuple

from newsletter.audience.importer.report import RowStatus
from newsletter.audience.importer.rows import Row
from newsletter.audience.models import SubscriptionState, SuppressionReason


class Entry(NamedTuple):
    """A row whose address is sound. A tuple, for an import makes a million."""

    row: Row
    address: str
    key: str
    address_hash: bytes


class Known(NamedTuple):
    """What was there of an entry's person before the import; None for what was not."""

    subscriber_id: int | None
    first_name: str | None
    last_name: str | None
    fields: dict[str, str] | None
    subscription_id: int | None
    state: SubscriptionState | None
    suppressed: SuppressionReason | None
    named_at: datetime | None = None
    """When they chose their first name; no file says another, unless they chose that one later."""


NOTHING_KNOWN = Known(
    subscriber_id=None,
    first_name=None,
    last_name=None,
    fields=None,
    subscription_id=None,
    state=None,
    suppressed=None,
)


class Ruling(NamedTuple):
    """What is to happen to one entry."""

    entry: Entry
    known: Known
    status: RowStatus
    reason: str = ""
    state: SubscriptionState | None = None
    """The state that their subscription takes; None leaves it."""
    suppression: SuppressionReason | None = None
    """Why the file says that the address is not to be mailed, where that is news."""

    @property
    def details(self) -> tuple[str, str, dict[str, str]]:
        """Names and fields after the import: an empty cell forgets nothing."""
        row, known = self.entry.row, self.known
        fields = {**(known.fields or {}), **row.fields} if row.fields != known.fields else row.fields
        if chosen := [each for each in (row, known) if each.named_at is not None]:
            newest = max(chosen, key=_chosen_at)
            return newest.first_name or "", row.last_name or known.last_name or "", fields
        if row.first_name or row.last_name:
            return row.first_name, row.last_name, fields
        return known.first_name or "", known.last_name or "", fields

    @property
    def has_news(self) -> bool:
        """Whether names or fields of somebody known change."""
        known = self.known
        return known.subscriber_id is not None and self.details != (
            known.first_name,
            known.last_name,
            known.fields,
        )


def _chosen_at(named: Row | Known) -> datetime:
    assert named.named_at is not None
    return named.named_at


def rule(entry: Entry, known: Known) -> Ruling:
    """Decide what happens to one entry."""
    row = entry.row
    if known is NOTHING_KNOWN and row.suppression is None and row.state is not SubscriptionState.ENDED:
        return Ruling(entry, known, RowStatus.ADDED, "", row.state)
    if known.suppressed:
        return Ruling(entry, known, RowStatus.KEPT_OUT, known.suppressed)
    if row.suppression is SuppressionReason.ERASED:
        return Ruling(entry, known, RowStatus.KEPT_OUT, row.suppression, None, row.suppression)
    state = _next_state(known.state, row.state)
    if row.suppression:
        return Ruling(entry, known, RowStatus.KEPT_OUT, row.suppression, state, row.suppression)
    if SubscriptionState.ENDED in {known.state, row.state}:
        return Ruling(entry, known, RowStatus.KEPT_OUT, SuppressionReason.UNSUBSCRIBED, state)
    if state is not None:
        return Ruling(entry, known, RowStatus.ADDED, "", state)
    ruling = Ruling(entry, known, RowStatus.KNOWN)
    return ruling._replace(status=RowStatus.UPDATED) if ruling.has_news else ruling


def _next_state(present: SubscriptionState | None, told: SubscriptionState) -> SubscriptionState | None:
    """Return the state that a file's word leads to, None if it changes nothing: what ended stays ended."""
    if present is None:
        return told
    if present is SubscriptionState.ENDED or told is SubscriptionState.PENDING or present is told:
        return None
    return told
