"""Clicks in statistics: few are never shown, nor can they be worked out from what is."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from newsletter.stats.clicks import MailingClicks, click_days, link_numbers
from newsletter.stats.numbers import MIN_GROUP_SIZE

DAYS = [date(2026, 11, day) for day in range(1, 8)]


def test_links_of_several_mailings_stand_together_the_most_followed_first() -> None:
    one = MailingClicks(links={"https://a.example/": 6, "https://b.example/": None, "https://c.example/": None})
    two = MailingClicks(links={"https://a.example/": 7, "https://b.example/": 20})
    assert [(each.url, each.clicks) for each in link_numbers([one, two])] == [
        ("https://b.example/", 20),
        ("https://a.example/", 13),
        ("https://c.example/", None),
    ]


@given(st.dictionaries(st.sampled_from(DAYS), st.integers(1, 12)))
def test_no_day_with_few_clicks_is_shown_or_missing_alone(days: dict[date, int]) -> None:
    shown = click_days([MailingClicks(links={}, days=days)])
    assert all(each.clicks >= MIN_GROUP_SIZE for each in shown)
    assert all(each.day is None or days[each.day] == each.clicks for each in shown)
    rest = sum(days.values()) - sum(each.clicks for each in shown)
    assert rest == 0 or (rest < MIN_GROUP_SIZE and not shown)
