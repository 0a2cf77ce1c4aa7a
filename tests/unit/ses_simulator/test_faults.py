"""Fault injection: which sends a text of faults hits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import UsageError
from newsletter.ses_simulator import parse_faults
from newsletter.ses_simulator.faults import FAULT_KINDS, FaultStage, fault_of


def hit(text: str, sends: int = 1000, seed: int = 1) -> list[int]:
    faults = parse_faults(text)
    return [number for number in range(1, sends + 1) if fault_of(faults, number, seed)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", []),
        ("close@3", [3]),
        ("close@3-5", [3, 4, 5]),
        ("close@998-", [998, 999, 1000]),
        ("close@1,hang@2 , 429@4", [1, 2, 4]),
        ("quota=500@40", []),
    ],
)
def test_numbers_say_which_sends_are_hit(text: str, numbers: list[int]) -> None:
    assert hit(text) == numbers


def test_without_numbers_every_send_is_hit() -> None:
    assert len(hit("close")) == 1000


def test_a_share_hits_about_that_many_sends_and_the_same_ones_each_time() -> None:
    assert 30 < len(hit("close:5%")) < 80
    assert hit("close:5%") == hit("close:5%")
    assert hit("close:5%") != hit("close:5%", seed=2)
    assert set(hit("close:50%@10-20")) <= set(range(10, 21))


def test_the_first_fault_that_hits_a_send_wins() -> None:
    faults = parse_faults("429@5,close")
    assert [fault.name for number in (4, 5) if (fault := fault_of(faults, number, 1))] == ["close", "429"]


@pytest.mark.parametrize(
    "text",
    [
        "clsoe:5%",
        "close:",
        "close@",
        "close=3",
        "quota@3",
        "5%",
        "close;hang",
        "close:5",
        "close@5s",
        "close:200%",
        "close@9-3",
    ],
)
def test_an_invalid_fault_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--faults"):
        parse_faults(text)


def test_a_misspelt_fault_gets_a_suggestion() -> None:
    with pytest.raises(UsageError, match="close"):
        parse_faults("clsoe:5%")


@given(
    name=st.sampled_from(sorted(name for name, kind in FAULT_KINDS.items() if kind.stage is not FaultStage.LIMITS)),
    share=st.integers(1, 100),
    first=st.integers(1, 10**6),
    more=st.integers(0, 10**6),
)
def test_every_fault_of_a_send_can_be_parsed(name: str, share: int, first: int, more: int) -> None:
    (fault,) = parse_faults(f"{name}:{share}%@{first}-{first + more}")
    assert (fault.name, fault.share, fault.first, fault.last) == (name, share / 100, first, first + more)
