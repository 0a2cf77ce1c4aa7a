"""What has stopped is told by mail, once; whether it can be told changes nothing of the work itself."""

import mailbox
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from newsletter.app import Publication
from newsletter.app.notices import alert, alert_of_stop, alerting_on_failure
from newsletter.content import create_publication
from newsletter.delivery import Mailing, MailingKind, Transport, open_transport
from newsletter.delivery.transports.base import Envelope, Receipt
from newsletter.delivery.transports.thread_connection import BlockingTransport
from newsletter.errors import (
    DecisionRequired,
    Deferred,
    DiskFull,
    NewsletterError,
    QuotaExceeded,
    SendingHalted,
    SettingsError,
    TemporaryError,
    UsageError,
)
from newsletter.monitoring import Alarm, alarm_for_stopped_mailing, clear_failure, record_failure
from newsletter.settings import read_settings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MAILING = Mailing(
    id=3,
    kind=MailingKind.ISSUE,
    slug="lamp",
    list_name="sample",
    edition_digest="d",
    transport="outbox",
    created_at=NOW,
)
FULL = DiskFull("var/newsletter.db: the disk is full. Free some space and run it again")
HALTED = SendingHalted("the account is paused")


@dataclass
class Shut(BlockingTransport):
    """A provider that accepts nothing."""

    name: str = "smtp"
    connections: int = 1
    notices: tuple[str, ...] = ()
    tried: list[str] = field(default_factory=list)

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        self.tried.append(envelope.recipient)
        raise HALTED

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def publication(tmp_path: Path) -> Iterator[Publication]:
    create_publication(tmp_path)
    file = tmp_path / "newsletter.toml"
    file.write_text(file.read_text() + '\n[operations]\nalert = ["ines@lamplighter.example"]\n')
    found = Publication(read_settings(tmp_path, {}))
    with closing(found.database):
        yield found


@pytest.fixture
def outbox(publication: Publication) -> Iterator[Transport]:
    with closing(open_transport(publication.settings)) as opened:
        yield opened


def mails(publication: Publication) -> list[str]:
    box = mailbox.Maildir(publication.settings.var / "outbox")
    return [message.get_payload(decode=True).decode() for message in box]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (HALTED, "has stopped: the account is paused"),
        (QuotaExceeded("it takes no more today"), "is waiting: it takes no more today"),
        (FULL, "has stopped: var/newsletter.db: the disk is full"),
    ],
)
def test_a_mailing_that_stops_says_why_and_what_to_do(error: NewsletterError, says: str) -> None:
    alarm = alarm_for_stopped_mailing(MAILING, error)
    assert alarm is not None
    assert says in alarm.message
    assert "newsletter " in alarm.remedy


@pytest.mark.parametrize(
    "error", [DecisionRequired("paused"), Deferred("busy"), TemporaryError("another process"), KeyboardInterrupt()]
)
def test_what_passes_or_the_author_did_is_no_alarm(error: BaseException) -> None:
    assert alarm_for_stopped_mailing(MAILING, error) is None


def test_a_trouble_is_mailed_once_however_often_the_send_is_tried(publication: Publication, outbox: Transport) -> None:
    for _ in range(3):
        alert_of_stop(publication, MAILING, HALTED, outbox)
    (mail,) = mails(publication)
    assert "the account is paused" in mail
    assert "newsletter send lamp" in mail
    alert(publication, Alarm(key="another", message="something else", remedy="do it"), transport=outbox)
    assert len(mails(publication)) == 2


def test_a_mailing_that_paused_itself_says_why_once_and_how_to_go_on(
    publication: Publication, outbox: Transport
) -> None:
    past = NOW - timedelta(hours=3)
    with publication.database.write() as connection:
        for statement in (
            "INSERT INTO editions (digest, frozen, created_at) VALUES ('d', '{}', :past)",
            (
                "INSERT INTO mailings (id, kind, slug, list_name, edition_digest, transport, created_at, state) "
                "VALUES (3, 'issue', 'lamp', 'sample', 'd', 'outbox', :past, 'paused')"
            ),
            (
                "INSERT INTO trips (mailing_id, at, why, sent, bounced, complained, causes) "
                "VALUES (3, :past, '6 % came back', 300, 18, 0, '[]')"
            ),
        ):
            connection.execute(text(statement), {"past": f"{past:%Y-%m-%d %H:%M:%S.%f}"})
    for _ in range(2):
        alert_of_stop(publication, MAILING, DecisionRequired("paused"), outbox)
    (mail,) = mails(publication)
    assert mail.count("paused itself: 6 % came back") == 1
    assert "newsletter resume 3 --anyway" in mail


def test_what_has_stopped_and_stands_still_is_told_once(publication: Publication, outbox: Transport) -> None:
    alert(
        publication,
        Alarm(key="stopped 3", message="it has stopped", remedy="send"),
        Alarm(key="stopped 3", message="it stands still", remedy="send"),
        transport=outbox,
    )
    (mail,) = mails(publication)
    assert "it has stopped" in mail
    assert "it stands still" not in mail


def test_an_alert_that_cannot_be_mailed_ends_nothing_and_goes_out_later(
    publication: Publication, outbox: Transport
) -> None:
    shut = Shut()
    (remark,) = alert_of_stop(publication, MAILING, HALTED, shut)
    alert_of_stop(publication, MAILING, HALTED, shut)
    assert shut.tried == ["ines@lamplighter.example"]
    assert "could not be mailed: the account is paused" in remark.text
    alert(publication, Alarm(key="another", message="something else", remedy="do it"), transport=outbox)
    assert len(mails(publication)) == 2, "the first one was still due"


def test_a_full_disk_is_told_without_the_database_and_not_at_every_try(
    publication: Publication, outbox: Transport
) -> None:
    with publication.database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    def fill() -> None:
        for number in range(10_000):
            with publication.database.write() as connection:
                connection.execute(
                    text("INSERT INTO rounds (slug, number) VALUES (:s, 1)"), {"s": f"{number}{'x' * 2000}"}
                )

    with pytest.raises(DiskFull):
        fill()
    for _ in range(3):
        alert_of_stop(publication, MAILING, FULL, outbox)
    (mail,) = mails(publication)
    assert "the disk is full" in mail


def test_nobody_is_told_where_nobody_is_named(tmp_path: Path) -> None:
    create_publication(tmp_path)
    silent = Publication(read_settings(tmp_path, {}))
    shut = Shut()
    alert_of_stop(silent, MAILING, HALTED, shut)
    assert shut.tried == []
    assert not (tmp_path / "var" / "newsletter.db").exists(), "nothing was even looked at"


def test_a_way_in_that_is_shut_for_good_is_told_at_once_and_once(publication: Publication) -> None:
    for _ in range(2):
        with pytest.raises(SettingsError), alerting_on_failure(publication, "replies"):
            raise SettingsError("the mailbox refused us")
    (mail,) = mails(publication)
    assert "replies cannot be read: the mailbox refused us" in mail


def test_a_way_in_that_may_open_again_is_told_after_hours_only(publication: Publication) -> None:
    with pytest.raises(TemporaryError), alerting_on_failure(publication, "replies"):
        raise TemporaryError("no answer")
    with pytest.raises(UsageError), alerting_on_failure(publication, "replies"):
        raise UsageError("no such folder")
    assert mails(publication) == []


def test_trouble_lasts_from_its_first_failure_until_it_works_again(publication: Publication) -> None:
    settings = publication.settings
    hour = timedelta(hours=1)
    publication.database.close()
    assert [record_failure(settings, "events", NOW + n * hour) for n in (0, 1, 5, 7)] == [False, False, False, True]
    clear_failure(settings, "events")
    clear_failure(settings, "events")
    assert not record_failure(settings, "events", NOW + 8 * hour)
