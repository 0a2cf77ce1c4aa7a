"""Simulated SQS: events arrive in a queue as SNS and EventBridge deliver them; so they do in a real queue."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from newsletter.app.rehearsal import unwrap_event
from newsletter.aws import Credentials, SqsQueue, make_client
from newsletter.compose import Edition
from newsletter.delivery import DeliveryStatus, list_delivery_problems
from newsletter.delivery.queue import start_test_mailing
from newsletter.delivery.queue.claim import DeliveryOutcome, record, record_and_claim
from newsletter.errors import SettingsError, TemporaryError
from newsletter.feedback import EventState, IngestProgress, list_events, pull_from_queue
from newsletter.ses_simulator import Account
from newsletter.ses_simulator.event_targets import SqsTarget
from newsletter.ses_simulator.server import SesSimulator, publish_events, run_simulator
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from tests.fresh_database import fresh_database

KEYS = Credentials(access="testing", secret="testing")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def ses() -> Iterator[SesSimulator]:
    account = Account()
    publish_events(account, "news")
    with run_simulator(account, has_queue=True) as up:
        yield up


@pytest.fixture
def sqs(ses: SesSimulator) -> Iterator[Any]:
    client = make_client("sqs", region="eu-west-1", endpoint=ses.url, credentials=KEYS)
    yield client
    client.close()


def mail(ses: SesSimulator, to: str = "x@example.net", delivery: int = 7) -> None:
    client = make_client("sesv2", region="eu-west-1", endpoint=ses.url, credentials=KEYS)
    client.send_email(
        FromEmailAddress="news@example.org",
        Destination={"ToAddresses": [to]},
        Content={"Raw": {"Data": b"From: news@example.org\r\nSubject: x\r\n\r\nHello\r\n"}},
        EmailTags=[{"Name": "delivery", "Value": str(delivery)}, {"Name": "mailing", "Value": "1"}],
        ConfigurationSetName="news",
    )
    client.close()


def test_boto3_receives_what_was_published_until_it_deletes_it(ses: SesSimulator, sqs: Any) -> None:
    assert sqs.get_queue_url(QueueName="events")["QueueUrl"] == ses.queue_url
    mail(ses)
    found = sqs.receive_message(QueueUrl=ses.queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0)["Messages"]
    envelope = json.loads(found[0]["Body"])
    assert envelope["Type"] == "Notification"
    assert [json.loads(json.loads(each["Body"])["Message"])["eventType"] for each in found] == ["Send", "Delivery"]
    again = sqs.receive_message(QueueUrl=ses.queue_url, MaxNumberOfMessages=10, VisibilityTimeout=60)["Messages"]
    assert [each["MessageId"] for each in again] == [each["MessageId"] for each in found]
    assert "Messages" not in sqs.receive_message(QueueUrl=ses.queue_url)
    sqs.change_message_visibility(QueueUrl=ses.queue_url, ReceiptHandle=again[0]["ReceiptHandle"], VisibilityTimeout=0)
    (back,) = sqs.receive_message(QueueUrl=ses.queue_url)["Messages"]
    assert back["MessageId"] == found[0]["MessageId"]
    sqs.delete_message(QueueUrl=ses.queue_url, ReceiptHandle=back["ReceiptHandle"])
    attributes = sqs.get_queue_attributes(QueueUrl=ses.queue_url, AttributeNames=["All"])["Attributes"]
    assert attributes == {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "1"}


def test_an_empty_queue_answers_after_the_wait_or_as_soon_as_a_message_comes(ses: SesSimulator, sqs: Any) -> None:
    begun = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=ses.queue_url, WaitTimeSeconds=1)
    assert time.monotonic() - begun >= 1
    sqs.send_message(QueueUrl=ses.queue_url, MessageBody="x")
    begun = time.monotonic()
    assert sqs.receive_message(QueueUrl=ses.queue_url, WaitTimeSeconds=20)["Messages"][0]["Body"] == "x"
    assert time.monotonic() - begun < 19


def test_eventbridge_delivers_the_event_as_its_detail(ses: SesSimulator, sqs: Any) -> None:
    arn = "arn:aws:events:eu-west-1:111122223333:event-bus/default"
    ses.account.configuration_sets["news"] = {
        "bus": {
            "Enabled": True,
            "MatchingEventTypes": ["BOUNCE"],
            "EventBridgeDestination": {"EventBusArn": arn},
        }
    }
    mail(ses, "bounce@simulator.amazonses.com")
    (found,) = sqs.receive_message(QueueUrl=ses.queue_url, MaxNumberOfMessages=10)["Messages"]
    envelope = json.loads(found["Body"])
    assert (envelope["source"], envelope["detail-type"]) == ("aws.ses", "Email Bounced")
    event = unwrap_event(found["Body"])
    assert event is not None
    assert event["eventType"] == "Bounce"


def test_calls_that_sqs_would_refuse_are_refused(ses: SesSimulator, sqs: Any) -> None:
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.receive_message(QueueUrl=f"{ses.url}/1/nowhere")
    with pytest.raises(sqs.exceptions.ClientError, match="1 to 10"):
        sqs.receive_message(QueueUrl=ses.queue_url, MaxNumberOfMessages=11)
    with pytest.raises(sqs.exceptions.ClientError, match="No AddPermission"):
        sqs.add_permission(QueueUrl=ses.queue_url, Label="x", AWSAccountIds=["1"], Actions=["*"])
    with pytest.raises(SettingsError, match="credentials and permissions"):
        SqsQueue(f"{ses.url}/1/nowhere", KEYS, region="eu-west-1").receive()
    with pytest.raises(SettingsError, match="not the URL of a queue"):
        SqsQueue("sqs:events", KEYS)
    with pytest.raises(TemporaryError):
        SqsQueue("http://127.0.0.1:9/1/x", KEYS, region="eu-west-1").receive()


def test_events_of_a_queue_settle_uncertain_deliveries_and_are_stored_before_they_are_deleted(
    ses: SesSimulator, tmp_path: Path
) -> None:
    database = fresh_database(f"sqlite:///{tmp_path / 'newsletter.db'}")
    words = {"subject": ("x",), "preheader": "", "html": ("x",), "text": ("x",), "web": ""}
    edition = Edition(slug="lamp", list_name="weekly", title="x", language="en", **words)
    people = [f"{number}@example.net" for number in range(15)]
    mailing = start_test_mailing(database, edition, people, transport="ses", now=now())
    claimed = record_and_claim(database, mailing, (), wanted=15, worker="ses/x/1", now=now()).claimed
    doubt = [DeliveryOutcome(delivery_id=each.id, status=DeliveryStatus.UNCERTAIN, reason="lost") for each in claimed]
    record(database, doubt, now())
    for each in claimed[:12]:
        mail(ses, delivery=each.id)
    queue = SqsQueue(ses.queue_url, KEYS, region="eu-west-1")
    queue.send(["no event", "[]"])
    settings = Settings.model_validate({"root": tmp_path, "publication": {"title": "x"}})
    keyring = Keyring((b"k" * 32,))

    def pulled() -> IngestProgress:
        return sum(pull_from_queue(database, keyring, settings, queue, clock=now, wait_seconds=0), IngestProgress())

    arrived = pulled()
    assert arrived.applied.settled == 12
    assert arrived.applied.states == {EventState.APPLIED: 24, EventState.PARKED: 2}
    assert len(list_delivery_problems(database, mailing, DeliveryStatus.UNCERTAIN)) == 3
    assert len(list_events(database)) == 26
    assert pulled() == IngestProgress()
    queue.close()
    database.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_events_go_to_a_real_queue_by_its_url() -> None:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        host, port = moto.get_host_and_port()
        client = make_client("sqs", region="eu-west-1", endpoint=f"http://{host}:{port}", credentials=KEYS)
        url = client.create_queue(QueueName="ses-events")["QueueUrl"].replace("localhost", host)
        errors: list[str] = []
        event_target = SqsTarget(SqsQueue(url, KEYS, region="eu-west-1"), errors.append)
        account = Account()
        publish_events(account, "news")
        with run_simulator(account, event_target=event_target) as ses:
            for number in range(7):
                mail(ses, delivery=number)
        event_target.close()
        assert not errors
        queue, found = SqsQueue(url, KEYS, region="eu-west-1"), []
        while messages := queue.receive(0):
            found += [unwrap_event(message.body) for message in messages]
            queue.delete(messages)
        assert [event["eventType"] for event in found if event] == ["Send", "Delivery"] * 7
        broken = SqsTarget(SqsQueue(f"http://{host}:{port}/1/nowhere", KEYS, region="eu-west-1"), errors.append)
        broken.put("x")
        broken.close()
        assert "nowhere" in errors[0]
        client.close()
        queue.close()
    finally:
        moto.stop()
