"""Sending notices: each is submitted at most once automatically; an uncertain one waits for a decision."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.database import Database
from newsletter.delivery import DeliveryStatus
from newsletter.delivery.notices import (
    Notice,
    find_notice,
    list_notices,
    plan_notice,
    resolve_notice,
    send_due_notices,
)
from newsletter.delivery.transports.base import Envelope, Receipt
from newsletter.delivery.transports.outbox import OutboxTransport
from newsletter.delivery.transports.thread_connection import BlockingTransport
from newsletter.errors import Deferred, Refused, SendingHalted, TemporaryError, Uncertain, UsageError
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from tests.fresh_database import fresh_database

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
KEYRING = Keyring((b"k" * 40,))


class Hop(BlockingTransport):
    """A provider that gives the answers it is told, in turn, and then accepts everything."""

    name = "hop"

    def __init__(self, *answers: BaseException) -> None:
        self.answers = list(answers)
        self.taken: list[bytes] = []

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        if self.answers:
            raise self.answers.pop(0)
        self.taken.append(message)
        return Receipt(reference=f"ref-{len(self.taken)}")

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    entry = {"title": "T", "from": "T <t@example.org>", "list_id": "t.example.org"}
    return Settings.model_validate(
        {
            "publication": {"title": "T"},
            "lists": {"weekly": entry},
            "replies": {"domain": "r.example.org"},
            "root": tmp_path,
        }
    )


@pytest.fixture
def database(settings: Settings) -> Database:
    return fresh_database(settings.database_url)


@pytest.fixture
def plan(database: Database) -> Callable[..., int]:
    def planned(about: str = "one", recipient: str = "jo@example.net") -> int:
        notice = Notice(
            kind="answer",
            about=about,
            recipient=recipient,
            list_name="weekly",
            subject="Re: T",
            text="Yes.",
            is_automatic=False,
        )
        with database.write() as connection:
            return plan_notice(connection, notice, NOW)

    return planned


def _post(database: Database, settings: Settings, hop: Hop | OutboxTransport, now: datetime = NOW) -> list[str]:
    posted = send_due_notices(database, KEYRING, settings, hop, clock=lambda: now)
    return [str(notice.status) for notice in (*posted.submitted, *posted.problems)]


def test_a_notice_is_planned_once_and_submitted_once(
    database: Database, settings: Settings, plan: Callable[..., int]
) -> None:
    assert plan() == plan()
    hop = Hop()
    assert _post(database, settings, hop) == ["submitted"]
    assert _post(database, settings, hop) == []
    assert len(hop.taken) == 1
    assert list_notices(database)[0].reference == "ref-1"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused("550 no"), DeliveryStatus.FAILED),
        (Uncertain("lost"), DeliveryStatus.UNCERTAIN),
        (Deferred("451 later"), DeliveryStatus.PLANNED),
        (SendingHalted("not verified"), DeliveryStatus.PLANNED),
    ],
)
def test_the_mail_servers_answer_decides_a_notices_status(
    database: Database, settings: Settings, plan: Callable[..., int], error: Exception, status: DeliveryStatus
) -> None:
    plan()
    _post(database, settings, Hop(error))
    (notice,) = list_notices(database)
    assert (notice.status, notice.reason) == (status, str(error))


def test_an_uncertain_notice_is_never_retried_automatically(
    database: Database, settings: Settings, plan: Callable[..., int]
) -> None:
    number = plan()
    hop = Hop(Uncertain("lost"))
    for days in range(9):
        _post(database, settings, hop, NOW + timedelta(days=days))
    assert hop.taken == []
    resolve_notice(database, number, resend=True, now=NOW)
    assert _post(database, settings, hop) == ["submitted"]
    with pytest.raises(UsageError, match="nothing to resolve"):
        resolve_notice(database, number, resend=True, now=NOW)


def test_a_kill_after_submission_leaves_it_uncertain_and_not_repeated(
    database: Database, settings: Settings, plan: Callable[..., int]
) -> None:
    plan()
    with pytest.raises(KeyboardInterrupt):
        _post(database, settings, Hop(KeyboardInterrupt()))
    hop = Hop()
    assert _post(database, settings, hop) == []
    assert hop.taken == []
    (notice,) = list_notices(database)
    assert notice.status is DeliveryStatus.UNCERTAIN
    assert resolve_notice(database, notice.id, resend=False, now=NOW).status is DeliveryStatus.FAILED


def test_an_internal_error_leaves_it_uncertain_and_is_raised(
    database: Database, settings: Settings, plan: Callable[..., int]
) -> None:
    plan()
    with pytest.raises(RuntimeError):
        _post(database, settings, Hop(RuntimeError("bug")))
    assert list_notices(database)[0].status is DeliveryStatus.UNCERTAIN


def test_the_outbox_leaves_nothing_uncertain(database: Database, settings: Settings, plan: Callable[..., int]) -> None:
    plan("one")
    plan("two")
    outbox = OutboxTransport(settings.var / "outbox")
    assert _post(database, settings, outbox) == ["submitted", "submitted"]
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE notices SET status = 'claimed', worker = 'outbox/x/1'")
        connection.exec_driver_sql(
            "INSERT INTO notices SELECT 9, kind, 'three', recipient, recipient_name, list_name,"
            ' delivery_id, subject, text, in_reply_to, "references", is_automatic, status, reason, attempts,'
            " due_at, worker, reference, created_at, changed_at, html FROM notices WHERE id = 1"
        )
    assert _post(database, settings, outbox) == ["submitted"]
    assert {str(notice.status) for notice in list_notices(database)} == {"submitted"}
    assert len(outbox.accepted()) == 3
    outbox.close()


def test_a_notice_is_never_mistaken_for_a_delivery(
    database: Database, settings: Settings, plan: Callable[..., int]
) -> None:
    number = plan()
    outbox = OutboxTransport(settings.var / "outbox")
    _post(database, settings, outbox)
    assert number not in outbox.accepted()
    (accepted,) = outbox.accepted()
    assert find_notice(database, accepted) == list_notices(database)[0]
    outbox.close()


def test_a_deferred_notice_is_retried_later_and_fails_after_some_days(
    database: Database, settings: Settings, plan: Callable[..., int]
) -> None:
    plan()
    hop = Hop(*(Deferred("451 later") for _ in range(99)))
    moment = NOW
    _post(database, settings, hop, moment)
    _post(database, settings, hop, moment)
    assert list_notices(database)[0].attempts == 1
    for _ in range(20):
        moment += timedelta(days=1)
        _post(database, settings, hop, moment)
    assert list_notices(database)[0].status is DeliveryStatus.FAILED


def test_after_a_halt_no_further_notice_is_submitted(
    database: Database, settings: Settings, plan: Callable[..., int]
) -> None:
    for number in range(5):
        plan(str(number))
    hop = Hop(*(SendingHalted("not verified") for _ in range(5)))
    _post(database, settings, hop)
    assert len(hop.answers) == 4
    assert _post(database, settings, Hop()) == ["submitted"] * 5


def test_two_processes_send_nothing_twice(database: Database, settings: Settings, plan: Callable[..., int]) -> None:
    plan()

    class Nested(Hop):
        def submit(self, envelope: Envelope, message: bytes) -> Receipt:
            with pytest.raises(TemporaryError, match="sending notices"):
                _post(database, settings, Hop())
            return super().submit(envelope, message)

    hop = Nested()
    assert _post(database, settings, hop) == ["submitted"]
    assert len(hop.taken) == 1
