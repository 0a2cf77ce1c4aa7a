"""How long a mailing takes is said by the rate and by the quota of 24 hours, and what it costs by the price."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from newsletter.delivery import make_forecast
from newsletter.delivery.transports.base import Allowance, Envelope, Receipt
from newsletter.settings import Settings

DAY = 24 * 3600


@dataclass
class Account:
    """A next hop with an account."""

    granted: Allowance
    name: str = "ses"
    connections: int = 1
    notices: tuple[str, ...] = ()
    account: str = "somebody's"
    refresh: float = 60
    book: None = None

    @property
    def rate(self) -> float | None:
        return self.granted.rate

    def allowance(self) -> Allowance:
        return self.granted

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        raise AssertionError("nothing is sent")

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize(
    ("letters", "daily", "left", "seconds", "is_parted"),
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
def test_the_quota_makes_days_of_what_the_rate_lets_through(
    with_settings: Callable[..., Settings],
    letters: int,
    daily: float | None,
    left: float | None,
    seconds: float | None,
    is_parted: bool,
) -> None:
    settings = with_settings(delivery={"transport": "ses"})
    found = make_forecast(letters, settings, Account(Allowance(rate=14.0, daily=daily, left=left)))
    assert found.seconds == (None if seconds is None else pytest.approx(seconds))
    assert found.is_parted is is_parted


def test_ones_own_rate_and_price_count(with_settings: Callable[..., Settings]) -> None:
    settings = with_settings(delivery={"transport": "ses", "rate": 5, "ses": {"price": 0.25}})
    found = make_forecast(2_000, settings, Account(Allowance(rate=14.0)))
    assert (found.rate, found.seconds, found.dollars) == (5, 400, 0.5)
    assert make_forecast(2_000, with_settings(delivery={"transport": "ses"}), None).dollars == pytest.approx(0.2)
    assert make_forecast(2_000, with_settings(), None).dollars == 0
    assert make_forecast(2_000, with_settings(), None).seconds is None
