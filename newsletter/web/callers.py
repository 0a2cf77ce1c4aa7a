"""Callers: which network a request comes from, for limits and for the proof of consent."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_Networks = Sequence[IPv4Network | IPv6Network]


def client_of(peer: str, forwarded: str, trusted: _Networks) -> str:
    """Return the address of whoever called: the peer's, or what proxies of ours say of it.

    X-Forwarded-For grows to the right, and whatever stands left of the first proxy that is not ours may be
    made up; so it is read from the right, as long as the one who added an entry is trusted.
    """
    found = _parsed(peer)
    if found is None:
        return peer
    for entry in reversed([part.strip() for part in forwarded.split(",") if part.strip()][-20:]):
        if not any(found in network for network in trusted if network.version == found.version):
            break
        told = _parsed(entry)
        if told is None:
            break
        found = told
    return str(found)


def limited_network(client: str) -> str:
    """Return what limits count by: an IPv4 address, or the /64 that one holder of IPv6 has."""
    found = _parsed(client)
    if found is None:
        return "unknown"
    return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))


def blurred_network(client: str) -> str:
    """Return what is kept as proof: a network too large to name a household."""
    found = _parsed(client)
    if found is None:
        return "unknown"
    return str(ip_network((found, 24 if found.version == 4 else 48), strict=False))


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
