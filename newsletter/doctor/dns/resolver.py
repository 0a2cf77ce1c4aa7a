"""DNS resolver: looks up records at the system's name servers, or at a given one, within a time limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from newsletter.errors import TemporaryError, UsageError

_SECONDS = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """Queries the system's name servers, or `server` if it is given."""

    server: str | None = None
    port: int = 53
    seconds: float = _SECONDS
    """For one name, all attempts together."""

    def query(self, name: str, kind: str) -> Sequence[str] | None:
        """Return the records of a name in presentation format, each TXT record as one string; () if there are none.

        None if no server answered in time.
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
        """Return the records of a name; TemporaryError if no server answered."""
        records = self.query(name, kind)
        if records is None:
            raise TemporaryError(f"{name}: no name server answered for {kind}. Check this machine's name servers")
        return records


def parse_resolver(text: str | None) -> Resolver:
    """Return a resolver for `ADDRESS` or `ADDRESS:PORT`; UsageError if that is not an IP address."""
    if text is None:
        return Resolver()
    address, _, port = text.rpartition(":") if text.count(":") == 1 else (text.strip("[]"), "", "")
    if "]:" in text:
        address, port = text[1:].split("]:", 1)
    try:
        return Resolver(server=str(ip_address(address)), port=int(port or 53))
    except ValueError as error:
        raise UsageError(f"--resolver {text}: not an IP address. Give one such as 9.9.9.9 or 127.0.0.1:5353") from error
