"""Statistics, alarms and the doctor report the same on PostgreSQL as on SQLite."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.audience import ensure_lists
from newsletter.database import Database, open_database, upgrade
from newsletter.delivery.message.click_links import ClickLink, store_click_links
from newsletter.doctor import CheckLevel
from newsletter.doctor.clock import check_clock
from newsletter.doctor.storage import check_database
from newsletter.feedback import CountedClicks, save_clicks
from newsletter.monitoring import find_alarms
from newsletter.stats import gather_statistics, statistics_json
from tests.integration.doctor.publication import settings_for
from tests.integration.stats.history import NOW, answer, join, leave, mail, new_database, report
from tests.postgres import new_postgres_database


@pytest.fixture
def url(postgres: str) -> Iterator[str]:
    with new_postgres_database(postgres) as made:
        yield made


def live(database: Database) -> None:
    """A database with a history that covers every statistic."""
    readers = join(database, [*(f"p{n}@big.example" for n in range(30)), *(f"q{n}@tiny.example" for n in range(3))])
    mailing, deliveries = mail(database, "one", readers, at=NOW - timedelta(days=2))
    report(database, mailing, deliveries[:28], "delivered")
    report(database, mailing, deliveries[28:30], "bounced", "no such mailbox")
    report(database, mailing, deliveries[3:4], "complained", "unwanted")
    answer(database, "one", deliveries[0], state="approved")
    answer(database, "one", deliveries[1], state="unsubscribed")
    leave(database, readers[2], at=NOW - timedelta(days=1), evidence=f"delivery {deliveries[2]}, one click")
    links = [ClickLink(key=f"{n}" * 16, mailing_id=mailing, url=f"https://{n}.example/") for n in "ab"]
    for _ in range(2):
        store_click_links(database, links)
        save_clicks(database, CountedClicks(clicks=Counter({("a" * 16, NOW.date()): 4, ("b" * 16, NOW.date()): 1})))
    mail(database, "two", readers[:9], status="uncertain", at=NOW - timedelta(days=1))


def test_both_databases_give_the_same_numbers_and_alarms(url: str, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    result = []
    with closing(open_database(url)) as server, closing(new_database(tmp_path, settings)) as here:
        upgrade(server)
        ensure_lists(server, settings.lists)
        for database in (here, server):
            live(database)
            numbers = statistics_json(gather_statistics(database, now=NOW))
            result.append((numbers, [alarm.key.split()[0] for alarm in find_alarms(database, settings, now=NOW)]))
    assert result[0] == result[1]
    assert result[0][1] == ["doubt"]
    assert result[0][0]["totals"]["unsubscribed"] == 2
    assert result[0][0]["issues"][0]["links"] == [
        {"url": "https://a.example/", "clicks": 8},
        {"url": "https://b.example/", "clicks": None, "fewer_than": 5},
    ]


def test_the_doctor_accepts_postgresql(url: str, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, database={"url": url})
    with closing(open_database(url)) as database:
        upgrade(database)
    results = [*check_database(settings), *check_clock(settings, now=datetime.now(UTC))]
    assert {check.level for check in results} == {CheckLevel.OK}, results
    assert "the database server" in {check.name for check in results}
