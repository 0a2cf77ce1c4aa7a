"""What a mailing will take: how long, by the granted rate and the quota of 24 hours, and how much money."""

from dataclasses import dataclass
from math import ceil

from newsletter.delivery.transports.base import Accounted, Allowance, Transport
from newsletter.settings import Settings

_DAY = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is expected of a mailing, before it is sent."""

    rate: float | None
    """Messages a second; None where the next hop does not say."""
    daily: float | None
    """Messages in any 24 hours; None for no limit."""
    left: float | None
    """Of these, how many may be sent now."""
    seconds: float | None
    """Until everybody has been tried, at the longest; None when the rate is not known."""
    dollars: float

    @property
    def is_parted(self) -> bool:
        """Whether the quota makes it wait on its way."""
        return self.seconds is not None and self.seconds > _DAY and self.daily is not None


def make_forecast(letters: int, settings: Settings, transport: Transport | None) -> Forecast:
    """Say what so many letters take; `transport` where it is open already, and may know what is granted."""
    granted = transport.granted if isinstance(transport, Accounted) else Allowance()
    own, theirs = settings.delivery.rate, transport.rate if transport is not None else None
    rate = min(filter(None, (own, theirs)), default=None)
    is_ses = settings.delivery.transport == "ses"
    return Forecast(
        rate=rate,
        daily=granted.daily,
        left=granted.left,
        seconds=_seconds(letters, rate, granted),
        dollars=letters * settings.delivery.ses.price / 1000 if is_ses else 0.0,
    )


def _seconds(letters: int, rate: float | None, granted: Allowance) -> float | None:
    """Return how long it takes at the longest: what the quota does not let through now is free a day later."""
    if rate is None:
        return None
    if granted.daily is None or granted.left is None or letters <= granted.left:
        return letters / rate
    if granted.daily < 1:
        return None
    beyond = letters - granted.left
    days = ceil(beyond / granted.daily)
    return days * _DAY + (beyond - (days - 1) * granted.daily) / rate
