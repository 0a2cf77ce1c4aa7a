"""Looks up records in DNS, at the system's name servers or at one that is named; met in one place, with a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from newsletter.errors import TemporaryError, UsageError

_SECONDS = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """Whom to ask: the system's name servers where none is named."""

    server: str | None = None
    port: int = 53
    seconds: float = _SECONDS
    """For one name, all tries together."""

    def query(self, name: str, kind: str) -> Sequence[str] | None:
        """Return the records of a name as DNS writes them, TXT as one text; () where there are none.

        None when nobody answered in time.
        """
        import dns.exception  # slow to import
        import dns.resolver

        try:
            resolver = dns.resolver.Resolver(configure=self.server is None)
            if self.server is not None:
                resolver.nameservers, resolver.port = [self.server], self.port
            answers = resolver.resolve(name.rstrip(".") + ".", kind, lifetime=self.seconds, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.NoNameservers) as error:
            return None if isinstance(error, dns.resolver.NoNameservers) else ()
        except (dns.exception.DNSException, OSError, ValueError):
            return None
        if kind == "TXT":
            return [b"".join(record.strings).decode("utf-8", "replace") for record in answers]
        return [record.to_text() for record in answers]

    def require(self, name: str, kind: str) -> Sequence[str]:
        """Return the records of a name; TemporaryError when nobody answered."""
        found = self.query(name, kind)
        if found is None:
            raise TemporaryError(f"{name}: no name server answered for {kind}. Check this machine's name servers")
        return found


def parse_resolver(text: str | None) -> Resolver:
    """Return whom `ADDRESS` or `ADDRESS:PORT` names; UsageError if that is no address."""
    if text is None:
        return Resolver()
    address, _, port = text.rpartition(":") if text.count(":") == 1 else (text.strip("[]"), "", "")
    if "]:" in text:
        address, port = text[1:].split("]:", 1)
    try:
        return Resolver(server=str(ip_address(address)), port=int(port or 53))
    except ValueError as error:
        raise UsageError(f"--resolver {text}: say an address such as 9.9.9.9, or 127.0.0.1:5353") from error
