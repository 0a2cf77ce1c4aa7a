"""SES simulator as boto3 sees it: its limits, its errors, and the events it publishes."""

import json
import urllib.request
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from newsletter.app.rehearsal import read_events
from newsletter.aws import Credentials, load_service_model, make_client
from newsletter.ses_simulator import Account, parse_faults
from newsletter.ses_simulator.server import SesSimulator, publish_events, run_simulator

HEAD = b"From: News <news@example.org>\r\nTo: x@example.net\r\nSubject: Issue 42\r\nMessage-ID: <1@x>\r\n"
MESSAGE = HEAD + b"\r\nHello\r\n"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SesSimulator, Any, Path]]:
    """One server for all, its client, and the folder of its files."""
    folder = tmp_path_factory.mktemp("files")
    with run_simulator(Account(), folder=folder) as ses:
        keys = Credentials(access="testing", secret="testing")
        client = make_client("sesv2", region="eu-west-1", endpoint=ses.url, credentials=keys)
        yield ses, client, folder
        client.close()


@pytest.fixture
def ses(up: tuple[SesSimulator, Any, Path]) -> SesSimulator:
    """The server, with an account as new."""
    fresh = Account(rate=100)
    up[0].account = up[0].intake.account = fresh
    publish_events(fresh, "news")
    return up[0]


@pytest.fixture
def client(up: tuple[SesSimulator, Any, Path], ses: SesSimulator) -> Any:
    return up[1]


@pytest.fixture
def folder(up: tuple[SesSimulator, Any, Path]) -> Path:
    return up[2]


def send(client: Any, *recipients: str, message: bytes = MESSAGE, delivery: str = "7", **more: Any) -> str:
    answer = client.send_email(
        FromEmailAddress="News <news@example.org>",
        Destination={"ToAddresses": list(recipients or ("x@example.net",))},
        Content={"Raw": {"Data": message}},
        EmailTags=[{"Name": "delivery", "Value": delivery}, {"Name": "mailing", "Value": "3"}],
        **more,
    )
    return str(answer["MessageId"])


def refused(client: Any, name: str) -> Any:
    return pytest.raises(getattr(client.exceptions, name))


def test_an_accepted_message_is_on_disk_before_the_response(client: Any, folder: Path) -> None:
    for number in range(5):
        reference = send(client, delivery=str(number))
        last = json.loads((folder / "accepted.jsonl").read_text().splitlines()[-1])
        assert last["message_id"] == reference
        assert last["delivery"] == str(number)


def test_sends_beyond_a_seconds_rate_are_throttled(ses: SesSimulator, client: Any) -> None:
    ses.account.rate = 3
    for _ in range(4):
        send(client)
    with refused(client, "TooManyRequestsException"):
        send(client)
    assert client.get_account()["SendQuota"]["MaxSendRate"] == 3


def test_the_quota_counts_recipients_but_none_of_the_mailbox_simulator(ses: SesSimulator, client: Any) -> None:
    ses.account.quota = 3
    send(client, "a@example.net", "b@example.net")
    send(client, *[f"success+{number}@simulator.amazonses.com" for number in range(5)])
    send(client)
    with pytest.raises(client.exceptions.TooManyRequestsException, match="Daily message quota exceeded"):
        send(client)
    assert client.get_account()["SendQuota"]["SentLast24Hours"] == 3


@pytest.mark.parametrize(
    ("recipient", "kinds", "subtype"),
    [
        ("x@example.net", ["Send", "Delivery"], ""),
        ("success@simulator.amazonses.com", ["Send", "Delivery"], ""),
        ("bounce+a@simulator.amazonses.com", ["Send", "Bounce"], "General"),
        ("suppressionlist@simulator.amazonses.com", ["Send", "Bounce"], "Suppressed"),
        ("complaint@simulator.amazonses.com", ["Send", "Delivery", "Complaint"], ""),
        ("gone@example.net", ["Send", "Bounce"], "OnAccountSuppressionList"),
    ],
)
def test_events_report_what_happened_to_a_message(
    client: Any, folder: Path, recipient: str, kinds: list[str], subtype: str
) -> None:
    client.put_suppressed_destination(EmailAddress="gone@example.net", Reason="BOUNCE")
    reference = send(client, recipient, ConfigurationSetName="news")
    found = [event for event in read_events(folder / "events.jsonl") if event["mail"]["messageId"] == reference]
    assert [event["eventType"] for event in found] == kinds
    for event in found:
        mail = event["mail"]
        assert mail["tags"]["delivery"] == ["7"]
        assert mail["tags"]["ses:configuration-set"] == ["news"]
        assert mail["destination"] == [recipient]
        assert mail["commonHeaders"]["subject"] == "Issue 42"
        assert {"name": "Message-ID", "value": "<1@x>"} in mail["headers"]
    if subtype:
        assert found[-1]["bounce"]["bounceSubType"] == subtype
        assert found[-1]["bounce"]["bouncedRecipients"][0]["emailAddress"] == recipient


def test_nothing_is_published_without_a_configuration_set_that_publishes(client: Any, folder: Path) -> None:
    client.create_configuration_set(ConfigurationSetName="quiet")
    references = {send(client), send(client, ConfigurationSetName="quiet")}
    assert not references & {event["mail"]["messageId"] for event in read_events(folder / "events.jsonl")}
    client.create_configuration_set_event_destination(
        ConfigurationSetName="quiet",
        EventDestinationName="bounces",
        EventDestination={"Enabled": True, "MatchingEventTypes": ["BOUNCE"]},
    )
    reference = send(client, "bounce@simulator.amazonses.com", ConfigurationSetName="quiet")
    found = [e["eventType"] for e in read_events(folder / "events.jsonl") if e["mail"]["messageId"] == reference]
    assert found == ["Bounce"]
    with refused(client, "NotFoundException"):
        send(client, ConfigurationSetName="nowhere")


def test_the_suppression_list_can_be_changed_read_and_paged(client: Any) -> None:
    for number in range(5):
        reason = "COMPLAINT" if number % 2 else "BOUNCE"
        client.put_suppressed_destination(EmailAddress=f"Gone{number}+x@example.net", Reason=reason)
    found = client.get_suppressed_destination(EmailAddress="gone1+x@example.net")["SuppressedDestination"]
    assert (found["EmailAddress"], found["Reason"]) == ("Gone1+x@example.net", "COMPLAINT")
    seen, page = [], client.list_suppressed_destinations(PageSize=2)
    while True:
        seen += [entry["EmailAddress"] for entry in page["SuppressedDestinationSummaries"]]
        if "NextToken" not in page:
            break
        page = client.list_suppressed_destinations(PageSize=2, NextToken=page["NextToken"])
    assert seen == [f"Gone{number}+x@example.net" for number in range(5)]
    assert len(client.list_suppressed_destinations(Reasons=["BOUNCE"])["SuppressedDestinationSummaries"]) == 3
    client.delete_suppressed_destination(EmailAddress="gone1+x@example.net")
    with refused(client, "NotFoundException"):
        client.get_suppressed_destination(EmailAddress="gone1+x@example.net")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ConfigurationOverrides": {"Tracking": {"OpenTrackingEnabled": False}}}, "Invalid type"),
        ({"ConfigurationOverrides": {"Tracking": {"OpenTrackingEnabled": "OFF"}}}, "none of ENABLED"),
        ({"EmailTag": []}, "unknown members: EmailTag"),
        ({"Content": {"Raw": {"Data": "not base64"}}}, "not base64"),
        ({"Content": {"Raw": {}}}, "Data"),
        ({"Content": None}, "Content"),
        ({"EmailTags": [{"Name": "a", "Value": "b.c"}]}, "Invalid tag"),
        ({"Destination": {"ToAddresses": [f"{n}@example.net" for n in range(51)]}}, "exceeds 50"),
        ({"Destination": {"ToAddresses": ["zoë@example.net"]}}, "Invalid address"),
    ],
)
def test_a_request_that_botocores_model_does_not_allow_is_refused(
    ses: SesSimulator, change: dict[str, Any], words: str
) -> None:
    request = {"Destination": {"ToAddresses": ["x@example.net"]}, "Content": {"Raw": {"Data": "RnJvbTogYQoKYg=="}}}
    before = len(ses.accepted)
    assert post(ses, {**request})[0] == 200
    status, code, message = post(ses, {**request, **change})
    assert (status, code) == (400, "BadRequestException")
    assert words in message
    assert len(ses.accepted) == before + 1


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (MESSAGE.replace(b"To:", b"Subject: again\r\nTo:"), "Duplicate header 'subject'"),
        (b"Subject: x\r\n\r\nbody", "From"),
        (MESSAGE + b"x" * 1000, "longer than"),
    ],
)
def test_a_message_that_ses_would_refuse_is_refused(client: Any, message: bytes, words: str) -> None:
    with pytest.raises(client.exceptions.ClientError, match=words):
        send(client, message=message)


def test_each_entry_of_a_bulk_send_has_its_own_result(ses: SesSimulator, client: Any, folder: Path) -> None:
    ses.account.quota = 2
    entry = {"ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": '{"name":"Zoë"}'}}}
    results = client.send_bulk_email(
        FromEmailAddress="news@example.org",
        ConfigurationSetName="news",
        DefaultContent={"Template": {"TemplateContent": {"Subject": "Dear {{name}}", "Html": "{{name}}"}}},
        BulkEmailEntries=[
            {
                "Destination": {"ToAddresses": [f"{number}@example.net"]},
                "ReplacementTags": [{"Name": "delivery", "Value": str(number)}],
                **entry,
            }
            for number in range(3)
        ],
    )["BulkEmailEntryResults"]
    assert [result["Status"] for result in results] == ["SUCCESS", "SUCCESS", "ACCOUNT_DAILY_QUOTA_EXCEEDED"]
    events = list(read_events(folder / "events.jsonl"))[-4:]
    assert {event["mail"]["commonHeaders"]["subject"] for event in events} == {"Dear Zoë"}
    assert {event["mail"]["tags"]["delivery"][0] for event in events} == {"0", "1"}


def test_a_simple_message_is_built_by_ses(up: tuple[SesSimulator, Any, Path], ses: SesSimulator, client: Any) -> None:
    ses.intake.keeps_messages = True
    body = {"Text": {"Data": "Grüße"}, "Html": {"Data": "<p>Grüße</p>"}}
    client.send_email(
        FromEmailAddress="News <news@example.org>",
        ReplyToAddresses=["answers@example.org"],
        Destination={"ToAddresses": ["x@example.net"], "CcAddresses": ["y@example.net"]},
        Content={
            "Simple": {
                "Subject": {"Data": "Über"},
                "Body": body,
                "Headers": [{"Name": "List-Id", "Value": "<a.example>"}],
            }
        },
    )
    ses.intake.keeps_messages = False
    taken = ses.accepted[-1]
    message = message_from_bytes(taken.message, policy=default)
    assert (message["Subject"], message["List-Id"]) == ("Über", "<a.example>")
    assert message["Reply-To"] == "answers@example.org"
    assert [part.get_content().strip() for part in message.iter_parts()] == ["Grüße", "<p>Grüße</p>"]
    assert taken.recipients == ("x@example.net", "y@example.net")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "one of Raw"),
        ({"Raw": {"Data": "RnJvbTogYQoKYg=="}, "Simple": {"Subject": {"Data": "x"}, "Body": {}}}, "one of Raw"),
        ({"Simple": {"Subject": {"Data": "x"}, "Body": {}}}, "neither Text nor Html"),
        ({"Simple": {"Body": {"Text": {"Data": "x"}}}}, "Subject"),
        (
            {
                "Simple": {
                    "Subject": {"Data": "x"},
                    "Body": {"Text": {"Data": "x"}},
                    "Headers": [{"Name": "Message-ID", "Value": "<x@y>"}],
                }
            },
            "cannot be set",
        ),
        (
            {
                "Simple": {
                    "Subject": {"Data": "x"},
                    "Body": {"Text": {"Data": "x"}},
                    "Headers": [{"Name": f"X-{n}", "Value": "y"} for n in range(16)],
                }
            },
            "16 is more than 15",
        ),
        ({"Template": {"TemplateName": "nowhere", "TemplateData": "{}"}}, "does not exist"),
        ({"Template": {"TemplateContent": {"Text": "x"}, "TemplateData": "[]"}}, "not a JSON object"),
        ({"Template": {"TemplateContent": {"Text": "{{#if x}}"}, "TemplateData": "{}"}}, "names"),
    ],
)
def test_content_that_ses_would_refuse_is_refused(ses: SesSimulator, content: dict[str, Any], words: str) -> None:
    request = {"FromEmailAddress": "n@x.example", "Destination": {"ToAddresses": ["x@example.net"]}}
    before = len(ses.accepted)
    assert words in post(ses, {**request, "Content": content})[2]
    assert len(ses.accepted) == before


def test_a_stored_template_is_filled_in_and_fails_later_when_a_value_is_missing(client: Any, folder: Path) -> None:
    content = {"Subject": "Dear {{ name }}", "Text": "Hello {{name}}, {{person.city}}"}
    client.create_email_template(TemplateName="letter", TemplateContent=content)
    with refused(client, "AlreadyExistsException"):
        client.create_email_template(TemplateName="letter", TemplateContent=content)
    assert client.get_email_template(TemplateName="letter")["TemplateContent"] == content
    assert client.list_email_templates()["TemplatesMetadata"] == [{"TemplateName": "letter"}]

    def mail(data: str) -> list[dict[str, Any]]:
        reference = client.send_email(
            FromEmailAddress="news@example.org",
            Destination={"ToAddresses": ["x@example.net"]},
            Content={"Template": {"TemplateName": "letter", "TemplateData": data}},
            ConfigurationSetName="news",
        )["MessageId"]
        return [e for e in read_events(folder / "events.jsonl") if e["mail"]["messageId"] == reference]

    sent = mail('{"name": "Zoë", "person": {"city": "Wien"}}')
    assert [event["eventType"] for event in sent] == ["Send", "Delivery"]
    assert sent[0]["mail"]["commonHeaders"]["subject"] == "Dear Zoë"
    (failed,) = mail('{"name": "Zoë"}')
    assert failed["eventType"] == "Rendering Failure"
    assert failed["failure"]["errorMessage"].startswith("Attribute 'person.city' is not present")
    client.update_email_template(TemplateName="letter", TemplateContent={"Subject": "x", "Text": "y"})
    assert [event["eventType"] for event in mail("{}")] == ["Send", "Delivery"]
    client.delete_email_template(TemplateName="letter")
    with refused(client, "NotFoundException"):
        client.get_email_template(TemplateName="letter")


def test_limits_change_after_a_time(ses: SesSimulator, client: Any) -> None:
    ses.account.faults = parse_faults("quota=7@0s,rate=9@3600s")
    send(client)
    assert client.get_account()["SendQuota"]["Max24HourSend"] == 7
    assert client.get_account()["SendQuota"]["MaxSendRate"] == 100
    assert 3500 < (ses.account.seconds_to_next_change() or 0) <= 3600


def test_responses_have_only_members_of_the_model(client: Any) -> None:
    model = load_service_model("sesv2")
    client.put_suppressed_destination(EmailAddress="a@example.net", Reason="BOUNCE")
    calls = {
        "GetAccount": client.get_account,
        "ListSuppressedDestinations": client.list_suppressed_destinations,
        "ListConfigurationSets": client.list_configuration_sets,
    }
    for name, call in calls.items():
        answer = call()
        answer.pop("ResponseMetadata")
        assert answer
        assert set(answer) <= model.output_members(name)


def test_unknown_unsupported_and_unsigned_calls_are_refused(ses: SesSimulator, client: Any) -> None:
    with pytest.raises(client.exceptions.ClientError, match="does not support ListContactLists"):
        client.list_contact_lists()
    assert post(ses, {}, path="/v3")[:2] == (404, "UnknownOperationException")
    assert post(ses, {}, is_signed=False)[:2] == (403, "MissingAuthenticationTokenException")


def post(
    ses: SesSimulator, request: dict[str, Any], *, path: str = "/v2/email/outbound-emails", is_signed: bool = True
) -> tuple[int, str, str]:
    """Post JSON as it is; return status, class and message."""
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=x"} if is_signed else {}
    asked = urllib.request.Request(f"{ses.url}{path}", json.dumps(request).encode(), headers)
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, "", answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.headers["x-amzn-ErrorType"], json.load(error)["message"]
