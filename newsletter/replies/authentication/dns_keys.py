"""DKIM keys from DNS, within a time limit: fetching never waits for a name server for long."""

from collections.abc import Iterable
from enum import Enum, auto
from typing import Protocol

PATIENCE = 3.0
"""Seconds for one key, all tries together."""
MOST_FAILURES = 3
"""Names in a row without an answer, after which a run asks no more."""


class LookupFailure(Enum):
    """Why DNS gave no key."""

    NO_RECORD = auto()
    """There is no such record."""
    TRY_AGAIN = auto()
    """No name server answered: it may be asked again."""


class KeyLookup(Protocol):
    """Finds the TXT record of a name."""

    def txt(self, name: str) -> bytes | LookupFailure:
        """Return the record; it raises nothing."""
        ...


class DnsKeys:
    """The system's name servers, each name asked once a run."""

    def __init__(self, patience: float = PATIENCE, nameservers: tuple[str, ...] = (), port: int = 53) -> None:
        """Ask the system's name servers, or those named."""
        self._patience = patience
        self._nameservers = nameservers
        self._port = port
        self._known: dict[str, bytes | LookupFailure] = {}
        self._failures = 0

    def txt(self, name: str) -> bytes | LookupFailure:
        """Return the record of a name."""
        if name not in self._known:
            if self._failures >= MOST_FAILURES:
                return LookupFailure.TRY_AGAIN
            self._known[name] = answer = self._query(name)
            self._failures = self._failures + 1 if answer is LookupFailure.TRY_AGAIN else 0
        return self._known[name]

    def _query(self, name: str) -> bytes | LookupFailure:
        import dns.exception  # slow to import, and few messages need it
        import dns.resolver

        try:
            resolver = dns.resolver.Resolver(configure=not self._nameservers)
            if self._nameservers:
                resolver.nameservers = list(self._nameservers)
                resolver.port = self._port
            records = resolver.resolve(name + ".", "TXT", lifetime=self._patience, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return LookupFailure.NO_RECORD
        except (dns.exception.DNSException, OSError, ValueError):
            return LookupFailure.TRY_AGAIN
        return b"".join(next(iter(records)).strings)


def look_up_keys(lookup: KeyLookup, names: Iterable[str]) -> dict[str, bytes | None]:
    """Return the records by name, None where there is none; a name that nobody answered for is left out."""
    records: dict[str, bytes | None] = {}
    for name in names:
        answer = lookup.txt(name)
        if isinstance(answer, bytes):
            records[name] = answer
        elif answer is LookupFailure.NO_RECORD:
            records[name] = None
    return records
