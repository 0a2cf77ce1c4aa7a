"""What an account says of itself is read as it is meant."""

from types import SimpleNamespace
from typing import Any

import pytest

from newsletter.aws import account_id_of
from newsletter.delivery.transports.base import Allowance
from newsletter.delivery.transports.ses_answers import connections_for, read_allowance
from newsletter.errors import SendingHalted


def saying(**answer: Any) -> Any:
    """A client whose account says this."""
    return SimpleNamespace(get_account=lambda: answer)


@pytest.mark.parametrize(
    ("quota", "allowance"),
    [
        (
            {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 50.0},
            Allowance(rate=1, daily=200, left=150),
        ),
        (
            {"Max24HourSend": 200.0, "MaxSendRate": 14.0, "SentLast24Hours": 250.0},
            Allowance(rate=14, daily=200, left=0),
        ),
        ({"Max24HourSend": -1.0, "MaxSendRate": 500.0, "SentLast24Hours": 7.0}, Allowance(rate=500)),
        ({}, Allowance()),
    ],
)
def test_rate_and_quota_are_read(quota: dict[str, float], allowance: Allowance) -> None:
    assert read_allowance(saying(SendQuota=quota)).allowance == allowance


@pytest.mark.parametrize("answer", [{"SendingEnabled": False}, {"EnforcementStatus": "SHUTDOWN"}])
def test_an_account_that_is_switched_off_halts(answer: dict[str, Any]) -> None:
    with pytest.raises(SendingHalted, match="switched off"):
        read_allowance(saying(**answer))


def test_sandbox_and_review_are_told_to_the_author() -> None:
    found = read_allowance(saying(ProductionAccessEnabled=False, EnforcementStatus="PROBATION"))
    assert "sandbox" in found.notices[0]
    assert "under review" in found.notices[1]


@pytest.mark.parametrize(("rate", "connections"), [(None, 8), (1, 4), (14, 4), (200, 24), (1000, 64)])
def test_connections_are_as_many_as_the_rate_needs(rate: float | None, connections: int) -> None:
    assert connections_for(rate) == connections


@pytest.mark.parametrize(
    ("key", "account"),
    [
        ("ASIAQNZGKIQY56JQ7WML", "029608264753"),
        ("testing", "testing"),
        ("AKIA0000000000000000", "AKIA0000000000000000"),
    ],
)
def test_two_keys_of_one_account_are_one_account(key: str, account: str) -> None:
    credentials = SimpleNamespace(get_frozen_credentials=lambda: SimpleNamespace(access_key=key))
    assert account_id_of(SimpleNamespace(_get_credentials=lambda: credentials)) == account
