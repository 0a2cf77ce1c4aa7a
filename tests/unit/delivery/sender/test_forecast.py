"""A forecast: how long a mailing takes, by the rate and the daily quota, and what it costs."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from newsletter.delivery import make_forecast
from newsletter.delivery.transports.base import Envelope, Receipt, SendQuota
from newsletter.delivery.transports.thread_connection import BlockingTransport
from newsletter.settings import Settings

DAY = 24 * 3600


@dataclass
class Account:
    """An account with a quota."""

    quota: SendQuota
    id: str = "somebody's"
    refresh: float = 60
    shared_rate: None = None

    def read_quota(self) -> SendQuota:
        return self.quota


class WithAccount(BlockingTransport):
    """A transport to such an account."""

    name = "ses"

    def __init__(self, quota: SendQuota) -> None:
        self._account = Account(quota)

    @property
    def account(self) -> Account:
        return self._account

    @property
    def rate(self) -> float | None:
        return self._account.quota.rate

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        raise AssertionError("nothing is sent")

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize(
    ("messages", "daily", "remaining", "seconds", "spans_days"),
    [
        (0, 50_000.0, 50_000.0, 0, False),
        (1_400, None, None, 100, False),
        (1_400, 50_000.0, 1_400.0, 100, False),
        (1_401, 50_000.0, 1_400.0, DAY + 1 / 14, True),
        (10_000, 4_000.0, 3_000.0, DAY * 2 + 3_000 / 14, True),
        (10_000, 3_500.0, 3_000.0, DAY * 2 + 3_500 / 14, True),
        (10, 0.0, 0.0, None, False),
    ],
)
def test_beyond_the_daily_quota_it_takes_days(
    with_settings: Callable[..., Settings],
    messages: int,
    daily: float | None,
    remaining: float | None,
    seconds: float | None,
    spans_days: bool,
) -> None:
    settings = with_settings(delivery={"transport": "ses"})
    forecast = make_forecast(messages, settings, WithAccount(SendQuota(rate=14.0, daily=daily, remaining=remaining)))
    assert forecast.seconds == (None if seconds is None else pytest.approx(seconds))
    assert forecast.spans_days is spans_days


def test_the_publications_own_rate_and_price_count(with_settings: Callable[..., Settings]) -> None:
    settings = with_settings(delivery={"transport": "ses", "rate": 5, "ses": {"price": 0.25}})
    forecast = make_forecast(2_000, settings, WithAccount(SendQuota(rate=14.0)))
    assert (forecast.rate, forecast.seconds, forecast.dollars) == (5, 400, 0.5)
    assert make_forecast(2_000, with_settings(delivery={"transport": "ses"}), None).dollars == pytest.approx(0.2)
    assert make_forecast(2_000, with_settings(), None).dollars == 0
    assert make_forecast(2_000, with_settings(), None).seconds is None
