"""Reports: what an import did, or would do, with every row of a file."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from newsletter.finding import Finding

NAMED_AT_MOST = 1000
"""How many results and findings a report of a whole import names; its counts count all."""


class RowStatus(StrEnum):
    """What became of one row."""

    ADDED = "added"
    UPDATED = "updated"
    KNOWN = "already there"
    REPEATED = "repeated"
    """The same address stands further up in the file."""
    KEPT_OUT = "kept out"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """One person's status; the reason says why they are kept out."""

    line: int
    address: str
    status: RowStatus
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of the rows of one batch, or of a whole import."""

    file: str
    list_name: str
    counts: Mapping[RowStatus, int] = field(default_factory=dict)
    kept_out: Mapping[str, int] = field(default_factory=dict)
    """By reason: unsubscribed, bounced, complained, erased, manual."""
    pending: int = 0
    """How many of the added are pending, and so not written to."""
    reserved: int = 0
    """Addresses kept for documentation and tests (RFC 2606), which reach nobody."""
    flagged: Mapping[str, int] = field(default_factory=dict)
    """By what may be wrong with an address: a role, a throw-away domain, perhaps mistyped."""
    results: tuple[RowResult, ...] = ()
    """Who was kept out; in a dry run, everybody."""
    findings: tuple[Finding, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows were read, well or badly."""
        return sum(self.counts.values())

    def count(self, status: RowStatus) -> int:
        """How many rows had this status."""
        return self.counts.get(status, 0)

    def merged(self, later: "ImportReport") -> "ImportReport":
        """Return this report with the next batch's counted in."""
        return replace(
            self,
            counts=Counter(self.counts) + Counter(later.counts),
            kept_out=Counter(self.kept_out) + Counter(later.kept_out),
            flagged=Counter(self.flagged) + Counter(later.flagged),
            pending=self.pending + later.pending,
            reserved=self.reserved + later.reserved,
            results=(self.results + later.results)[:NAMED_AT_MOST],
            findings=(self.findings + later.findings)[:NAMED_AT_MOST],
        )
