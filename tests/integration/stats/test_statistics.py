"""What the statistics say of a ledger with a past, and what they keep to themselves."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from newsletter.address import Address
from newsletter.audience import erase_subscriber
from newsletter.database import Database
from newsletter.errors import UsageError
from newsletter.feedback import CountedClicks, save_clicks
from newsletter.settings import Settings
from newsletter.stats import csv_rows, gather_statistics, statistics_json
from tests.integration.stats.history import (
    KEYRING,
    NOW,
    answer,
    join,
    leave,
    mail,
    new_database,
    report,
)


@pytest.fixture
def database(tmp_path: Path, settings: Settings) -> Iterator[Database]:
    with closing(new_database(tmp_path, settings)) as found:
        yield found


def people(count: int, domain: str) -> list[str]:
    return [f"p{number}@{domain}" for number in range(count)]


def test_what_nothing_reports_is_not_claimed_to_be_zero(database: Database) -> None:
    mail(database, "one", join(database, people(10, "a.example")))
    found = gather_statistics(database, now=NOW)
    assert found.totals.submitted == 10
    assert (found.totals.delivered, found.totals.bounced, found.totals.complained) == (None, None, None)
    assert any("Submitted is not delivered" in each.text for each in found.caveats)


def test_each_delivery_is_counted_once_however_often_it_is_reported(database: Database) -> None:
    mailing, deliveries = mail(database, "one", join(database, people(10, "a.example")))
    report(database, mailing, deliveries[:9], "delivered")
    report(database, mailing, deliveries[:9], "delivered")
    report(database, mailing, deliveries[9:], "bounced", "no such mailbox")
    report(database, mailing, deliveries[9:], "bounced", "no such mailbox")
    report(database, mailing, deliveries[:1], "complained")
    numbers = gather_statistics(database, now=NOW).totals
    assert (numbers.delivered, numbers.bounced, numbers.complained, numbers.silent) == (9, 1, 1, 0)
    assert numbers.bounce_reasons == {"no such mailbox": 1}


def test_a_mailing_that_no_provider_reports_on_is_not_said_to_have_reached_nobody(database: Database) -> None:
    readers = join(database, people(10, "a.example"))
    mailing, deliveries = mail(database, "one", readers)
    report(database, mailing, deliveries, "delivered")
    mail(database, "two", readers, transport="smtp")
    found = {issue.slug: issue.totals for issue in gather_statistics(database, now=NOW).issues}
    assert (found["one"].delivered, found["two"].delivered, found["two"].bounced) == (10, None, 0)


def test_replies_comments_and_leaving_belong_to_the_letter_that_caused_them(database: Database) -> None:
    readers = join(database, people(10, "a.example"))
    _, deliveries = mail(database, "one", readers)
    answer(database, "one", deliveries[0], state="approved")
    answer(database, "one", deliveries[1], state="held", at=NOW + timedelta(hours=5))
    answer(database, "one", deliveries[2], state="unsubscribed")
    leave(database, readers[3], evidence=f"delivery {deliveries[3]}, one click")
    leave(database, readers[4], evidence="")
    issue = gather_statistics(database, slug="one", now=NOW).issues[0]
    assert (issue.totals.replies, issue.totals.comments, issue.totals.unsubscribed) == (2, 1, 2)
    assert issue.answer_hours == 4.0


@pytest.mark.parametrize("few", [1, 4])
def test_no_domain_tells_of_fewer_than_five_readers(database: Database, few: int) -> None:
    readers = join(database, [*people(20, "big.example"), *people(7, "mid.example"), *people(few, "tiny.example")])
    mailing, deliveries = mail(database, "one", readers)
    report(database, mailing, deliveries[-1:], "complained")
    found = gather_statistics(database, now=NOW).domains
    assert all(each.numbers.submitted >= 5 for each in found)
    assert "tiny.example" not in json.dumps(statistics_json(gather_statistics(database, now=NOW)))
    assert sum(each.numbers.submitted for each in found) == 27 + few
    assert {each.domain for each in found} == {"big.example", "others"}


def test_many_letters_to_one_reader_are_one_reader(database: Database) -> None:
    readers = join(database, [*people(20, "big.example"), *people(7, "mid.example"), *people(1, "tiny.example")])
    for number in range(8):
        mail(database, f"issue-{number}", readers)
    found = gather_statistics(database, now=NOW).domains
    assert {each.domain: each.readers for each in found} == {"big.example": 20, "others": 8}


def test_a_mailing_to_very_few_has_no_domains_at_all(database: Database) -> None:
    mail(database, "one", join(database, people(4, "a.example")))
    assert gather_statistics(database, now=NOW).domains == ()


def test_readers_whose_record_is_erased_stay_counted_and_unnamed(database: Database) -> None:
    readers = join(database, people(12, "a.example"))
    mail(database, "one", readers)
    for number in range(6):
        erase_subscriber(database, KEYRING, Address.parse(f"p{number}@a.example"), origin="test", now=NOW)
    found = gather_statistics(database, now=NOW)
    assert found.totals.submitted == 12
    assert {each.domain: each.numbers.submitted for each in found.domains} == {"a.example": 6, "others": 6}


def test_lists_grow_by_who_came_and_shrink_by_who_left(database: Database) -> None:
    early = join(database, people(10, "a.example"), at=NOW - timedelta(weeks=5))
    join(database, people(4, "b.example"), at=NOW - timedelta(weeks=1))
    leave(database, early[0], at=NOW - timedelta(weeks=1))
    (growth,) = gather_statistics(database, now=NOW).lists
    assert growth.confirmed == 13
    assert [week.members for week in growth.weeks] == [10, 10, 10, 10, 13, 13]
    assert [(week.joined, week.left) for week in growth.weeks] == [(10, 0), (0, 0), (0, 0), (0, 0), (4, 1), (0, 0)]


def test_an_issue_that_was_never_mailed_is_named_with_the_nearest(database: Database) -> None:
    mail(database, "winter", join(database, people(5, "a.example")))
    with pytest.raises(UsageError, match="winter"):
        gather_statistics(database, slug="wintr", now=NOW)


def test_a_spreadsheet_takes_no_title_for_a_formula(database: Database) -> None:
    mail(database, "one", join(database, people(5, "a.example")))
    rows = list(csv_rows(gather_statistics(database, titles={"one": "=cmd()"}, now=NOW)))
    assert rows[1][1] == "'=cmd()"
    assert len(rows[0]) == len(rows[1])


def test_a_bounce_rate_that_costs_an_account_is_said_loudly(database: Database) -> None:
    mailing, deliveries = mail(database, "one", join(database, people(210, "a.example")))
    report(database, mailing, deliveries[:15], "bounced")
    told = gather_statistics(database, now=NOW).caveats[0]
    assert (str(told.weight), "7.1" in told.text) == ("act", True)


def follow(database: Database, mailing: int, url: str, *numbers: int) -> None:
    """Write down how often a link of a mailing was followed, a number for each day."""
    key = f"{mailing}{url}"
    with database.write() as connection:
        connection.execute(
            text("INSERT INTO counted_links (key, mailing_id, url) VALUES (:k, :m, :u)"),
            {"k": key, "m": mailing, "u": url},
        )
    days = ((NOW + timedelta(days=day)).date() for day in range(len(numbers)))
    save_clicks(
        database, CountedClicks(clicks=Counter({(key, day): n for day, n in zip(days, numbers, strict=True) if n}))
    )


def test_a_link_that_few_followed_is_named_and_is_in_no_sum(database: Database) -> None:
    readers = join(database, people(10, "a.example"))
    one, _ = mail(database, "one", readers)
    few, _ = mail(database, "few", readers[:4])
    mail(database, "uncounted", readers)
    follow(database, one, "https://a.example/", 6, 3)
    follow(database, one, "https://b.example/", 2, 2)
    follow(database, one, "https://c.example/")
    follow(database, few, "https://a.example/", 9)
    found = {issue.slug: issue for issue in gather_statistics(database, now=NOW).issues}
    assert [(each.url, each.clicks) for each in found["one"].links] == [
        ("https://a.example/", 9),
        ("https://b.example/", None),
        ("https://c.example/", None),
    ]
    assert (found["one"].totals.clicks, found["few"].totals.clicks) == (9, None), "four readers are too few"
    assert (found["uncounted"].totals.clicks, found["uncounted"].links) == (None, ())
    assert [each.clicks for each in found["one"].click_days] == [9], "a day with three does not stand alone"
