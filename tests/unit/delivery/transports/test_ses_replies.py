"""SES's account: its quota is read, and an account that may not send is refused."""

from types import SimpleNamespace
from typing import Any

import pytest

from newsletter.aws import account_id_of
from newsletter.delivery.transports.base import SendQuota
from newsletter.delivery.transports.ses_replies import connections_for, read_account
from newsletter.errors import SendingHalted


def saying(**answer: Any) -> Any:
    """A client whose account says this."""
    return SimpleNamespace(get_account=lambda: answer)


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        (
            {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 50.0},
            SendQuota(rate=1, daily=200, remaining=150),
        ),
        (
            {"Max24HourSend": 200.0, "MaxSendRate": 14.0, "SentLast24Hours": 250.0},
            SendQuota(rate=14, daily=200, remaining=0),
        ),
        ({"Max24HourSend": -1.0, "MaxSendRate": 500.0, "SentLast24Hours": 7.0}, SendQuota(rate=500)),
        ({}, SendQuota()),
    ],
)
def test_rate_and_quota_are_read(quota: dict[str, float], expected: SendQuota) -> None:
    assert read_account(saying(SendQuota=quota)).quota == expected


@pytest.mark.parametrize("answer", [{"SendingEnabled": False}, {"EnforcementStatus": "SHUTDOWN"}])
def test_an_account_that_is_switched_off_halts(answer: dict[str, Any]) -> None:
    with pytest.raises(SendingHalted, match="switched off"):
        read_account(saying(**answer))


def test_sandbox_and_review_are_told_to_the_author() -> None:
    found = read_account(saying(ProductionAccessEnabled=False, EnforcementStatus="PROBATION"))
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
