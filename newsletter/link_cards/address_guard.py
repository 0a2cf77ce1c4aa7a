"""What may be fetched from: public addresses, and hosts of one's own network that the author allows by name.

A host is looked up once, every address it has is judged, and the one that was judged is the one connected to: a
name that means something else a moment later leads nowhere else.
"""

import ipaddress
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

Lookup = Callable[..., list[tuple[Any, ...]]]
"""What `socket.getaddrinfo` is."""

_PORTS = {"http": 80, "https": 443}
_SAFE = "/%:@!$&'()*+,;=~-._?"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PUBLIC_V6 = ipaddress.ip_network("2000::/3")
_MAX_URL = 2000


class FetchError(ValueError):
    """Something that could not be fetched, or must not be; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One request: the host as its URL names it, and the address that was judged."""

    url: str
    scheme: str
    host: str
    port: int
    address: str
    path: str


def aim(url: str, *, allowed: Collection[str] = (), lookup: Lookup = socket.getaddrinfo) -> Target:
    """Return where a URL leads; NotFetched unless that is a public address, or a host in `allowed`."""
    if len(url) > _MAX_URL or any(char <= " " or char in '\\\x7f"<>' for char in url):
        raise FetchError(f"{url[:60]!r} is no address that can be fetched")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host.encode("idna").decode() if not host.isascii() else host
    except ValueError as error:
        raise FetchError(f"{url[:60]!r} is no address that can be fetched") from error
    if parts.scheme not in _PORTS:
        raise FetchError("only http and https are fetched")
    if not host or "%" in host or parts.username is not None or parts.password is not None:
        raise FetchError(f"{url[:60]!r} is no address that can be fetched")
    is_allowed = host in allowed
    usual = _PORTS[parts.scheme]
    if not is_allowed and port not in {None, *_PORTS.values()}:
        raise FetchError(f"{host}:{port}: only the usual ports 80 and 443 are fetched from")
    address = _judged(host, port or usual, is_allowed=is_allowed, lookup=lookup)
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    return Target(url=url, scheme=parts.scheme, host=host, port=port or usual, address=address, path=path)


def _judged(host: str, port: int, *, is_allowed: bool, lookup: Lookup) -> str:
    try:
        found = [str(entry[4][0]) for entry in lookup(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise FetchError(f"{host} is not known") from error
    if not found:
        raise FetchError(f"{host} is not known")
    for address in found if not is_allowed else ():
        if not is_public(address):
            what = f"{host} is" if host == address else f"{host} leads to {address}, which is"
            raise FetchError(f"{what} no public address. --allow-private {host} lets it be fetched")
    return found[0]


def is_public(address: str) -> bool:
    """Whether an address is one that anybody on the internet may reach."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # such as one with a zone, which is this network's own
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(ip.packed[-4:])))
        if ip not in _PUBLIC_V6 or ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
