"""What stops or falls silent is told, once, and nothing else is."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from newsletter.database import Database
from newsletter.delivery.notices import list_notices
from newsletter.errors import SettingsError
from newsletter.monitoring import Alarm, find_alarms, plan_alert, render_metrics
from newsletter.settings import Settings
from newsletter.stats import gather_statistics
from tests.integration.doctor.publication import settings_for
from tests.integration.stats.history import NOW, answer, join, mail, new_database, report

READERS = [f"p{number}@a.example" for number in range(250)]


@pytest.fixture
def database(tmp_path: Path, settings: Settings) -> Iterator[Database]:
    with closing(new_database(tmp_path, settings)) as found:
        yield found


def reopen(database: Database, mailing: int, **values: str | None) -> None:
    with database.write() as connection:
        changes = ", ".join(f"{name} = :{name}" for name in values)
        connection.execute(text(f"UPDATE mailings SET {changes} WHERE id = :id"), {**values, "id": mailing})


def keys(database: Database, settings: Settings, now: datetime = NOW) -> set[str]:
    return {alarm.key for alarm in find_alarms(database, settings, now=now)}


def test_a_mailing_that_stands_still_is_told_and_one_that_moves_is_not(database: Database, settings: Settings) -> None:
    mailing, _ = mail(database, "one", join(database, READERS[:5]), status="planned", at=NOW - timedelta(hours=1))
    assert keys(database, settings) == set()  # it is finished
    reopen(database, mailing, finished_at=None)
    assert keys(database, settings) == {f"stopped {mailing}"}
    assert keys(database, settings, NOW - timedelta(minutes=50)) == set()


def test_a_mailing_that_is_scheduled_for_later_has_not_stopped(database: Database, settings: Settings) -> None:
    mailing, _ = mail(database, "one", join(database, READERS[:5]), status="planned", at=NOW - timedelta(days=1))
    reopen(database, mailing, finished_at=None, send_at="2026-11-25 12:00:00.000000")
    assert keys(database, settings) == set()
    reopen(database, mailing, send_at="2026-11-23 12:00:00.000000", send_before="2026-11-24 00:00:00.000000")
    assert keys(database, settings) == {f"late {mailing}"}


def test_doubt_is_told(database: Database, settings: Settings) -> None:
    mailing, _ = mail(database, "one", join(database, READERS[:5]), status="uncertain")
    assert keys(database, settings) == {f"doubt {mailing}"}


def test_a_way_in_is_silent_only_when_something_should_have_come(database: Database, tmp_path: Path) -> None:
    listening = settings_for(tmp_path, replies={"mailbox": "maildir:answers"})
    readers = join(database, READERS)
    _, deliveries = mail(database, "one", readers, at=NOW - timedelta(days=40))
    answer(database, "one", deliveries[0], at=NOW - timedelta(days=39))
    assert keys(database, listening) == set()
    mail(database, "two", readers, at=NOW - timedelta(days=3))
    assert keys(database, listening) == {"silent answers"}


def test_events_that_never_come_are_told_where_they_are_awaited(database: Database, tmp_path: Path) -> None:
    listening = settings_for(tmp_path, feedback={"queue": "https://sqs.eu-west-1.amazonaws.com/1/events"})
    readers = join(database, READERS[:30])
    mailing, deliveries = mail(database, "one", readers, at=NOW - timedelta(days=1))
    assert keys(database, settings_for(tmp_path)) == set()
    assert keys(database, listening) == {f"silent events {mailing}"}
    report(database, mailing, deliveries[:1], "delivered")
    assert keys(database, listening) == set()


def test_an_alert_is_mailed_once_a_day_for_each_thing(database: Database, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, operations={"alert": ["me@example.org"]})
    one, two = (Alarm(key=key, message=f"{key} stands still", remedy="mend it") for key in ("one", "two"))
    assert [notice.recipient for notice in plan_alert(database, settings, [one], now=NOW)] == ["me@example.org"]
    later = NOW + timedelta(hours=1)
    with_two = plan_alert(database, settings, [one, two], now=later)
    assert [("one" in notice.text, "two" in notice.text) for notice in with_two] == [(False, True)]
    assert plan_alert(database, settings, [one, two], now=later + timedelta(hours=1)) == ()
    again = plan_alert(database, settings, [one], now=NOW + timedelta(days=1, minutes=1))
    assert len(again) == 1
    assert len(list_notices(database)) == 3


def test_an_alert_that_nobody_would_get_is_an_error(database: Database, settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"\[operations\] alert"):
        plan_alert(database, settings, [Alarm(key="a", message="b", remedy="c")], now=NOW)
    assert plan_alert(database, settings, [], now=NOW) == ()


def test_metrics_are_read_by_prometheus_itself(database: Database) -> None:
    mailing, deliveries = mail(database, "one", join(database, READERS[:10]))
    report(database, mailing, deliveries[:9], "delivered")
    alarm = Alarm(key='a "b" \\ \n c', message="m", remedy="r")
    found = render_metrics(gather_statistics(database, now=NOW), [alarm])
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(found)
        for sample in family.samples
    }
    assert samples["newsletter_deliveries", "one", "submitted"] == 10
    assert samples["newsletter_facts", "one", "delivered"] == 9
    assert samples["newsletter_subscriptions", "weekly", "confirmed"] == 10
    assert samples["newsletter_alarm", 'a "b" \\ \n c'] == 1
    assert "@" not in found


def test_events_that_wait_or_cannot_be_applied_are_told(database: Database, settings: Settings) -> None:
    def came(number: int, state: str, ago: timedelta) -> None:
        moment = (NOW - ago).strftime("%Y-%m-%d %H:%M:%S.%f")
        with database.write() as connection:
            connection.execute(
                text("INSERT INTO events (digest, source, raw, received_at, state) VALUES (:d, 'sqs', '', :at, :s)"),
                {"d": str(number).encode(), "at": moment, "s": state},
            )

    came(1, "waiting", timedelta(minutes=5))
    came(2, "parked", timedelta(days=3))
    came(3, "unknown", timedelta(hours=2))
    assert keys(database, settings) == set()
    came(4, "waiting", timedelta(hours=2))
    came(5, "parked", timedelta(hours=2))
    assert keys(database, settings) == {"waiting events", "parked events"}
