"""Guard against requests to private addresses (SSRF): only public addresses, and hosts that the author allows by name.

A host is resolved once, all its addresses are checked, and the connection goes to a checked address, so that DNS
rebinding has no effect.
"""

import ipaddress
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

Resolver = Callable[..., list[tuple[Any, ...]]]
"""The signature of `socket.getaddrinfo`."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE_CHARACTERS = "/%:@!$&'()*+,;=~-._?"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PUBLIC_V6 = ipaddress.ip_network("2000::/3")
_MAX_URL_LENGTH = 2000


class FetchError(ValueError):
    """Something cannot or must not be fetched; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The target of one request: the host as its URL names it, and its checked address."""

    url: str
    scheme: str
    host: str
    port: int
    address: str
    path: str


def resolve_target(url: str, *, allowed: Collection[str] = (), getaddrinfo: Resolver = socket.getaddrinfo) -> Target:
    """Return the target of a URL; FetchError unless its host is public or in `allowed`."""
    if len(url) > _MAX_URL_LENGTH or any(char <= " " or char in '\\\x7f"<>' for char in url):
        raise FetchError(f"{url[:60]!r} is not a URL that can be fetched")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host.encode("idna").decode() if not host.isascii() else host
    except ValueError as error:
        raise FetchError(f"{url[:60]!r} is not a URL that can be fetched") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise FetchError("only http and https are fetched")
    if not host or "%" in host or parts.username is not None or parts.password is not None:
        raise FetchError(f"{url[:60]!r} is not a URL that can be fetched")
    is_allowed = host in allowed
    default_port = _DEFAULT_PORTS[parts.scheme]
    if not is_allowed and port not in {None, *_DEFAULT_PORTS.values()}:
        raise FetchError(f"{host}:{port}: only ports 80 and 443 are allowed")
    address = _resolve(host, port or default_port, is_allowed=is_allowed, getaddrinfo=getaddrinfo)
    path = quote(parts.path or "/", safe=_SAFE_CHARACTERS) + (
        f"?{quote(parts.query, safe=_SAFE_CHARACTERS)}" if parts.query else ""
    )
    return Target(url=url, scheme=parts.scheme, host=host, port=port or default_port, address=address, path=path)


def _resolve(host: str, port: int, *, is_allowed: bool, getaddrinfo: Resolver) -> str:
    try:
        addresses = [str(entry[4][0]) for entry in getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise FetchError(f"{host} cannot be resolved") from error
    if not addresses:
        raise FetchError(f"{host} cannot be resolved")
    for address in addresses if not is_allowed else ():
        if not is_public(address):
            subject = f"{host} is" if host == address else f"{host} resolves to {address}, which is"
            raise FetchError(f"{subject} not a public address. To fetch it anyway: --allow-private {host}")
    return addresses[0]


def is_public(address: str) -> bool:
    """Return whether an IP address is reachable from the whole internet."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # such as one with a zone, which is link-local
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(ip.packed[-4:])))
        if ip not in _PUBLIC_V6 or ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
