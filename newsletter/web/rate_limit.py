"""Rate limits by client network: which network a request comes from, and how often it may ask.

A limit is the generic cell rate algorithm: each key has one number, the time at which its allowance is whole again,
so there are no window edges. Memory is bounded: beyond `MAX_KEYS` the keys closest to rest are forgotten first, which
is lenient to their holders. No library was found that bounds its memory so.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_Networks = Sequence[IPv4Network | IPv6Network]


MAX_KEYS = 100_000


def client_address(peer: str, forwarded: str, trusted: _Networks) -> str:
    """Return the client's address: the peer's, or the one that our own proxies report in X-Forwarded-For.

    Each proxy appends to the right, and everything left of the first proxy that is not ours may be forged. So the
    header is read from the right, for as long as the proxy that appended an entry is trusted.
    """
    address = _parse(peer)
    if address is None:
        return peer
    for entry in reversed([part.strip() for part in forwarded.split(",") if part.strip()][-20:]):
        if not any(address in network for network in trusted if network.version == address.version):
            break
        previous = _parse(entry)
        if previous is None:
            break
        address = previous
    return str(address)


def rate_limit_key(client: str) -> str:
    """Return what limits count by: the IPv4 address, or the /64 network that one IPv6 customer holds."""
    address = _parse(client)
    if address is None:
        return "unknown"
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))


def anonymised_network(client: str) -> str:
    """Return what is kept as proof of consent: a network too large to identify a household (/24 or /48)."""
    address = _parse(client)
    if address is None:
        return "unknown"
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `number` requests a key in `seconds`, spread evenly once they are used up; thread-safe."""

    number: int
    seconds: float
    _rests: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def acquire(self, key: str, now: float) -> float:
        """Count one request and return 0, or count nothing and return the seconds until there is room again."""
        step = self.seconds / self.number
        with self._lock:
            rest = max(self._rests.get(key, now), now)
            wait = rest + step - now - self.seconds
            if wait > 1e-9:
                return wait
            self._rests[key] = rest + step
            if len(self._rests) > MAX_KEYS:
                self._evict(now)
        return 0.0

    def is_exhausted(self, key: str, now: float) -> bool:
        """Whether `acquire` would have to wait; counts nothing."""
        with self._lock:
            return self._rests.get(key, now) + self.seconds / self.number - now - self.seconds > 1e-9

    def _evict(self, now: float) -> None:
        """Drop the keys that are at rest, and as many others as it takes to keep half of `MAX_KEYS`."""
        kept = sorted((item for item in self._rests.items() if item[1] > now), key=lambda item: item[1])
        self._rests.clear()
        self._rests.update(kept[-MAX_KEYS // 2 :])


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """How often forms may be sent."""

    forms: RateLimit = field(default_factory=lambda: RateLimit(12, 600))
    """Forms that cause email, by client network."""
    address: RateLimit = field(default_factory=lambda: RateLimit(3, 3600))
    """Forms for one email address."""
    all_forms: RateLimit
    """All forms together; beyond it the server counts as under attack."""
