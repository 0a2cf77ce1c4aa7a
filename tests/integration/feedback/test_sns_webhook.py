"""SNS over HTTPS is believed only when all six steps are passed, with real signatures of a test authority."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.errors import TemporaryError
from newsletter.feedback import WebhookResponse, handle_sns_notification, list_events
from newsletter.feedback.sources.sns_signature import is_certificate_url
from tests.integration.feedback.ledger import KEYRING, NOW, Ledger, open_ledger
from tests.integration.feedback.sns_authority import TOPIC, URL, Authority, body, pem

AUTHORITY = Authority(NOW)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path, topics=(TOPIC,)) as ledger:
        yield ledger


def post(ledger: Ledger, said: dict[str, Any] | bytes, certificates: bytes = AUTHORITY.pem) -> WebhookResponse:
    return handle_sns_notification(
        ledger.database,
        KEYRING,
        ledger.settings,
        {"x-amz-sns-message-type": "Notification"},
        said if isinstance(said, bytes) else body(said),
        clock=ledger.clock,
        certificate=lambda _url: certificates,
        confirm=lambda url: visited.append(url),
    )


visited: list[str] = []


def bounce(ledger: Ledger) -> str:
    return json.dumps(ledger.event("Bounce", ledger.numbers()[0]))


def test_what_sns_signed_is_applied_and_a_repetition_counts_once(ledger: Ledger) -> None:
    said = AUTHORITY.signed(Message=bounce(ledger))
    assert post(ledger, said).status == 200
    assert post(ledger, said).status == 200
    assert [fact[1] for fact in ledger.facts()] == ["bounced"]
    assert len(list_events(ledger.database)) == 1
    assert ledger.suppressed() == {"reader1@example.net": "bounced"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Message", '{"eventType": "Bounce", "mail": {}}'),
        ("MessageId", "another"),
        ("Subject", "another"),
        ("Subject", None),
        ("Timestamp", "2030-01-01T12:00:01.000Z"),
        ("Signature", "AAAA"),
        ("Signature", "!"),
    ],
)
def test_what_was_altered_is_refused(ledger: Ledger, name: str, value: str | None) -> None:
    said = {**AUTHORITY.signed(Message=bounce(ledger)), name: value}
    refused(ledger, {key: each for key, each in said.items() if each is not None})


def test_another_topic_is_refused_however_well_it_is_signed(ledger: Ledger) -> None:
    foreign = TOPIC.replace("111122223333", "999988887777")
    answer = refused(ledger, AUTHORITY.signed(Message=bounce(ledger), TopicArn=foreign))
    assert "not in [feedback] topics" in answer.text


@pytest.mark.parametrize("hours", [-1, 3, 24 * 365])
def test_a_replay_of_long_ago_is_refused_and_so_is_the_future(ledger: Ledger, hours: int) -> None:
    at = NOW - timedelta(hours=hours)
    refused(ledger, AUTHORITY.signed(Message=bounce(ledger), Timestamp=f"{at:%Y-%m-%dT%H:%M:%S.000Z}"))


def test_sha1_is_refused_unless_the_author_allows_it(ledger: Ledger, tmp_path: Path) -> None:
    said = AUTHORITY.signed("1", Message=bounce(ledger))
    assert "SignatureVersion to 2" in refused(ledger, said).text
    with open_ledger(tmp_path / "other", topics=(TOPIC,), allow_sha1=True) as allowing:
        assert post(allowing, AUTHORITY.signed("1", Message=bounce(allowing))).status == 200
        refused(allowing, {**said, "SignatureVersion": "3"}, keeps=1)
        refused(allowing, {**AUTHORITY.signed("2"), "SignatureVersion": "1"}, keeps=1)


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.test/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.test/SimpleNotificationService-0.pem",
        "https://evil@sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0.pem",
        "https://SNS.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem?x=1",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem#x",
        "https://sns.eu-west-1.amazonaws.com/other/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com/../SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com/bucket.pem",
        "https://sns.eu-west-1.amazonaws.com\\@evil.test/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.cοm/SimpleNotificationService-0.pem",
        "https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "file:///SimpleNotificationService-0.pem",
        "https://[sns/SimpleNotificationService-0.pem",
        "",
    ],
)
def test_a_certificate_from_anywhere_else_is_not_even_fetched(ledger: Ledger, url: str) -> None:
    assert not is_certificate_url(url, "eu-west-1")

    def never(_url: str) -> bytes:
        raise AssertionError

    said = AUTHORITY.signed(Message=bounce(ledger), SigningCertURL=url)
    answer = handle_sns_notification(
        ledger.database, KEYRING, ledger.settings, {}, body(said), clock=ledger.clock, certificate=never
    )
    assert answer.status == 403
    assert not list_events(ledger.database)


def test_snss_own_addresses_are_known() -> None:
    assert is_certificate_url(URL, "eu-west-1")
    assert is_certificate_url(URL.replace("eu-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn"), "cn-north-1")


def test_a_certificate_that_is_none_expired_weak_or_anothers_is_refused(ledger: Ledger) -> None:
    said = AUTHORITY.signed(Message=bounce(ledger))
    other = Authority(NOW)
    for certificates in (b"", b"none", other.pem, other.root and pem(other.root)):
        refused(ledger, said, certificates)
    refused(ledger, said, pem(AUTHORITY.leaf) + pem(other.root))
    for authority in (Authority(NOW, days=-1, starts=-9), Authority(NOW, starts=1), Authority(NOW, bits=1024)):
        refused(ledger, authority.signed(Message=bounce(ledger)), authority.pem)


@pytest.mark.parametrize(
    "junk", [b"", b"{}", b"[]", b"null", b"\xff", b'{"Type": "Notification"}', b"[" * 99_999, b" " * 2_000_000]
)
def test_junk_is_refused(ledger: Ledger, junk: bytes) -> None:
    refused(ledger, junk)


def test_without_topics_nothing_is_heard(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        assert post(ledger, AUTHORITY.signed(Message=bounce(ledger))).status == 404
        assert not list_events(ledger.database)


def test_a_subscription_to_a_topic_of_ours_is_confirmed_by_snss_own_page_only(ledger: Ledger) -> None:
    visited.clear()
    said = AUTHORITY.subscribing()
    assert post(ledger, said).status == 200
    assert visited == [said["SubscribeURL"]]
    good = said["SubscribeURL"]
    for url in (
        good.replace("amazonaws.com", "amazonaws.com.evil.test"),
        good.replace("ConfirmSubscription", "DeleteTopic"),
        good.replace("Token=", "Token=x"),
        good.replace("111122223333", "999988887777"),
        f"{good}&Endpoint=x",
        "http://169.254.169.254/latest/meta-data",
    ):
        refused(ledger, AUTHORITY.subscribing(SubscribeURL=url))
    assert len(visited) == 1


def test_the_end_of_a_subscription_is_kept_and_never_taken_back(ledger: Ledger) -> None:
    visited.clear()
    assert post(ledger, AUTHORITY.subscribing(Type="UnsubscribeConfirmation")).status == 200
    assert not visited
    assert [(each.kind, each.state) for each in list_events(ledger.database)] == [
        ("UnsubscribeConfirmation", "unknown")
    ]


def test_while_snss_certificate_cannot_be_had_it_is_asked_to_come_again(ledger: Ledger) -> None:
    def broken(_url: str) -> bytes:
        raise TemporaryError("no")

    said = body(AUTHORITY.signed(Message=bounce(ledger)))
    answer = handle_sns_notification(
        ledger.database, KEYRING, ledger.settings, {}, said, clock=ledger.clock, certificate=broken
    )
    assert answer.status == 503


def test_a_pinned_certificate_needs_no_network(tmp_path: Path) -> None:
    (tmp_path / "pins").mkdir()
    (tmp_path / "pins" / URL.rpartition("/")[2]).write_bytes(AUTHORITY.pem)
    with open_ledger(tmp_path, topics=(TOPIC,), certificates="pins") as ledger:
        said = body(AUTHORITY.signed(Message=bounce(ledger)))
        answer = handle_sns_notification(ledger.database, KEYRING, ledger.settings, {}, said, clock=ledger.clock)
        assert answer.status == 200


def test_while_the_database_is_locked_nothing_is_acknowledged(tmp_path: Path) -> None:
    from newsletter.database import open_database

    with open_ledger(tmp_path, topics=(TOPIC,)) as ledger:
        said = AUTHORITY.signed(Message=bounce(ledger))
        place = ledger.database.place
        ledger.database.close()
        ledger.database = open_database(f"sqlite:///{place}", busy_seconds=0.2)
        other = sqlite3.connect(place, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert post(ledger, said).status == 503
        other.execute("ROLLBACK")
        assert post(ledger, said).status == 200
        other.close()


def test_on_a_full_disk_nothing_is_acknowledged(ledger: Ledger) -> None:
    said = AUTHORITY.signed(Message=bounce(ledger))
    with ledger.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    from sqlalchemy import event

    @event.listens_for(ledger.database.engine, "begin")
    def fill(connection: Any) -> None:
        connection.connection.driver_connection.execute(f"PRAGMA max_page_count={pages}")

    filler = [
        AUTHORITY.signed(Message=json.dumps({"eventType": "x", "n": n, "words": [f"{n}-{m}" for m in range(3000)]}))
        for n in range(60)
    ]
    answers = [post(ledger, each).status for each in filler]
    assert answers[-1] == 503
    kept = len(list_events(ledger.database))
    assert kept == answers.count(200)
    event.remove(ledger.database.engine, "begin", fill)
    ledger.database.engine.dispose()
    assert post(ledger, said).status == 200


def refused(
    ledger: Ledger, said: dict[str, Any] | bytes, certificates: bytes = AUTHORITY.pem, *, keeps: int = 0
) -> WebhookResponse:
    answer = post(ledger, said, certificates)
    assert answer.status == 403, answer
    assert len(list_events(ledger.database)) == keeps
    return answer
