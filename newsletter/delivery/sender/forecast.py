"""Forecast: how long a mailing will take, by the granted rate and the daily quota, and what it will cost."""

from dataclasses import dataclass
from math import ceil

from newsletter.delivery.transports.base import SendQuota, Transport
from newsletter.settings import Settings

_DAY = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is expected of a mailing, before it is sent."""

    rate: float | None
    """Messages a second; None when it is unknown."""
    daily: float | None
    """Messages in any 24 hours; None for no limit."""
    remaining: float | None
    """Of these, how many may be sent now."""
    seconds: float | None
    """Until everybody has been tried, at the longest; None when the rate is unknown."""
    dollars: float

    @property
    def spans_days(self) -> bool:
        """Whether the daily quota interrupts the mailing."""
        return self.seconds is not None and self.seconds > _DAY and self.daily is not None


def make_forecast(messages: int, settings: Settings, transport: Transport | None) -> Forecast:
    """Return the forecast for so many messages; `transport` where it is open already, and may know the quota."""
    quota = transport.account.quota if transport is not None and transport.account is not None else SendQuota()
    own, granted = settings.delivery.rate, transport.rate if transport is not None else None
    rate = min(filter(None, (own, granted)), default=None)
    is_ses = settings.delivery.transport == "ses"
    return Forecast(
        rate=rate,
        daily=quota.daily,
        remaining=quota.remaining,
        seconds=_seconds(messages, rate, quota),
        dollars=messages * settings.delivery.ses.price / 1000 if is_ses else 0.0,
    )


def _seconds(messages: int, rate: float | None, quota: SendQuota) -> float | None:
    """Return the longest time it can take: what the quota does not allow now is free a day later."""
    if rate is None:
        return None
    if quota.daily is None or quota.remaining is None or messages <= quota.remaining:
        return messages / rate
    if quota.daily < 1:
        return None
    beyond = messages - quota.remaining
    days = ceil(beyond / quota.daily)
    return days * _DAY + (beyond - (days - 1) * quota.daily) / rate
