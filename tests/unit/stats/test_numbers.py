"""Numbers add up, hide the few, and say what they do not know."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.cli.views.statistics import _percent
from newsletter.stats.caveats import Weight, find_caveats
from newsletter.stats.growth import ConsentStep, grow
from newsletter.stats.numbers import MIN_GROUP_SIZE, OTHERS, DomainNumbers, Numbers, add_numbers, fold_domains

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
counts = st.one_of(st.none(), st.integers(0, 50))
numbers = st.builds(
    Numbers,
    planned=st.integers(0, 50),
    submitted=st.integers(0, 50),
    delivered=counts,
    bounced=counts,
    excluded=st.dictionaries(st.sampled_from(["pending", "suppressed"]), st.integers(0, 9)),
)
domains = st.lists(
    st.builds(
        DomainNumbers,
        domain=st.text("abc", min_size=1, max_size=3),
        readers=st.integers(1, 12),
        numbers=numbers,
    ),
    unique_by=lambda each: each.domain,
    max_size=30,
)


@given(st.lists(numbers, max_size=6))
def test_numbers_together_are_the_sum_of_each(several: list[Numbers]) -> None:
    total = add_numbers(several)
    assert total.candidates == sum(each.candidates for each in several)
    known = [each.delivered for each in several if each.delivered is not None]
    assert total.delivered == (sum(known) if known else None)


@given(domains)
def test_no_group_that_is_shown_is_of_fewer_than_five_and_nobody_is_lost(found: list[DomainNumbers]) -> None:
    shown = fold_domains(found)
    everybody = sum(each.readers for each in found)
    assert all(each.readers >= MIN_GROUP_SIZE for each in shown)
    assert sum(each.readers for each in shown) == (everybody if shown else 0)
    assert shown or everybody < MIN_GROUP_SIZE or not found
    assert sum(each.domain == OTHERS for each in shown) <= 1
    assert add_numbers(each.numbers for each in shown).submitted in {
        0,
        add_numbers(each.numbers for each in found).submitted,
    }


steps = st.lists(
    st.builds(
        ConsentStep,
        list_name=st.just("weekly"),
        subscription_id=st.integers(1, 6),
        act=st.sampled_from(["requested", "imported", "confirmed", "ended", "suppressed", "lifted"]),
        at=st.integers(0, 300).map(lambda days: NOW - timedelta(days=300 - days)),
    ),
    max_size=40,
).map(lambda found: sorted(found, key=lambda each: each.at))


@given(steps)
def test_a_list_is_as_large_as_who_came_less_who_left(found: list[ConsentStep]) -> None:
    grown = grow(found, weeks=1000, now=NOW).get("weekly", ())
    members = 0
    for week in grown:
        members += week.joined - week.left
        assert week.members == members >= 0
    asked = {number for number in range(1, 7) if _belongs([each for each in found if each.subscription_id == number])}
    assert (grown[-1].members if grown else 0) == len(asked)


def _belongs(theirs: list[ConsentStep]) -> bool:
    asked = [each.act for each in theirs if each.act in {"imported", "confirmed", "ended"}]
    barred = [each.act for each in theirs if each.act in {"suppressed", "lifted"}]
    return asked[-1:] not in ([], ["ended"]) and barred[-1:] != ["suppressed"]


@pytest.mark.parametrize(
    ("part", "said"),
    [(0, "0 %"), (1, "100 %"), (0.5, "50.0 %"), (0.0004, "0.04 %"), (0.99997, "99.997 %"), (1e-9, "< 0.001 %")],
)
def test_a_few_never_look_like_none_nor_nearly_all_like_all(part: float, said: str) -> None:
    assert _percent(part) == said


def test_letters_in_the_outbox_are_said_to_have_reached_nobody() -> None:
    (caveat,) = find_caveats(Numbers(submitted=25), [], transports=["outbox"], has_facts=False)
    assert "nobody was mailed" in caveat.text


def test_no_complaints_from_gmail_are_not_praised() -> None:
    at_gmail = DomainNumbers(domain="gmail.com", readers=9, numbers=Numbers(submitted=9, complained=0))
    told = find_caveats(Numbers(submitted=9, delivered=9, complained=0), [at_gmail], transports=["ses"], has_facts=True)
    assert any("Gmail sends no complaints" in each.text for each in told)
    assert not [each for each in told if each.weight is Weight.ACT]


def test_one_complaint_in_few_letters_is_no_rate() -> None:
    told = find_caveats(Numbers(submitted=50, delivered=49, complained=1), [], transports=["ses"], has_facts=True)
    assert not [each for each in told if each.weight is Weight.ACT]
    assert any("read the counts" in each.text for each in told)


def test_clicks_are_not_taken_for_readers() -> None:
    told = find_caveats(Numbers(submitted=900, delivered=900, clicks=40), [], transports=["ses"], has_facts=True)
    assert any("who follows two links counts twice" in each.text for each in told)
