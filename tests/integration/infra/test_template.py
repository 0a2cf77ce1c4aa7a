"""The template of a ready account: without a finding, and deployed as far as the pretend AWS can."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import urllib3
from moto.server import ThreadedMotoServer

from newsletter.aws import Credentials, SqsQueue
from newsletter.doctor.check import CheckLevel
from newsletter.doctor.queues import check_queue
from tests.integration.doctor.publication import settings_for

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS")
"""The pretend AWS says of each kind it lacks that it does; docs/going-live.md names them."""
TEMPLATE = Path(__file__).parents[3] / "infra" / "ses.yaml"
REGION = "eu-west-1"
VALUES = {
    "Domain": "news.example.org",
    "MailFromDomain": "bounce.news.example.org",
    "ReplyDomain": "r.example.org",
    "FromAddress": "*@news.example.org",
}


class Deployed:
    """A stack that was deployed into the pretend AWS."""

    def __init__(self, endpoint: str, values: dict[str, str]) -> None:
        self.endpoint = endpoint
        stacks = self.client("cloudformation")
        stacks.create_stack(
            StackName="letters",
            TemplateBody=TEMPLATE.read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        found = stacks.describe_stack_resources(StackName="letters")["StackResources"]
        self.named = {
            each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found if "LogicalResourceId" in each
        }

    def queue(self, name: str) -> str:
        """Where a queue is called, here."""
        return self.endpoint + urlsplit(self.named[name]).path

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urllib3.request("POST", f"http://{host}:{port}/moto-api/reset")
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def deployed(aws: str) -> Deployed:
    return Deployed(aws, VALUES)


def test_the_template_is_without_a_finding() -> None:
    from cfnlint.api import lint  # which every process that runs tests would wait for
    from cfnlint.config import ManualArgs

    found = lint(TEMPLATE.read_text(), config=ManualArgs(regions=[REGION, "us-east-1"]))
    assert not found, [f"{each.rule.id} {each.message} {each.linenumber}" for each in found]


def test_what_is_published_at_the_topic_arrives_in_the_queue(deployed: Deployed) -> None:
    topic, sns = deployed.named["EventTopic"], deployed.client("sns")
    url = deployed.queue("EventQueue")
    arn = deployed.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])  # which the pretend AWS lacks
    sns.publish(TopicArn=topic, Message=json.dumps({"eventType": "Bounce"}))
    with closing(SqsQueue(url, Credentials(access="a", secret="b"), region=REGION)) as queue:
        (message,) = queue.receive()
    assert json.loads(json.loads(message.body)["Message"]) == {"eventType": "Bounce"}


def test_the_doctor_finds_the_queues_in_order(deployed: Deployed, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, "ses", delivery={"ses": {"region": REGION}})
    for name in ("EventQueue", "AnswerQueue"):
        found = list(check_queue("events", deployed.queue(name), settings))
        assert {check.level for check in found} == {CheckLevel.OK}, found
        assert len(found) == 2


def test_what_cannot_be_read_is_put_aside_and_kept(deployed: Deployed) -> None:
    sqs = deployed.client("sqs")
    for name, aside in (("EventQueue", "EventDeadLetters"), ("AnswerQueue", "AnswerDeadLetters")):
        said = sqs.get_queue_attributes(QueueUrl=deployed.named[name], AttributeNames=["All"])["Attributes"]
        assert said["MessageRetentionPeriod"] == "1209600"
        assert json.loads(said["RedrivePolicy"])["deadLetterTargetArn"].endswith(
            deployed.named[aside].rsplit("/", 1)[-1]
        )


def test_answers_lie_in_a_private_bucket_and_expire(deployed: Deployed) -> None:
    assert deployed.client("s3").head_bucket(Bucket=deployed.named["Answers"])
    from cfnlint.decode import decode_str

    template, _ = decode_str(TEMPLATE.read_text())
    bucket = template["Resources"]["Answers"]["Properties"]  # most of which the pretend AWS passes over
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == {"Ref": "KeepAnswersDays"}
    assert list(bucket["PublicAccessBlockConfiguration"].values()) == [True] * 4


def test_the_role_may_send_from_this_domain_only_and_delete_nothing_that_is_kept(deployed: Deployed) -> None:
    iam = deployed.client("iam")
    assert iam.get_role(RoleName=deployed.named["Publisher"])
    allowed: dict[str, Any] = {}
    for arn in (deployed.named[name] for name in ("MaySend", "MayLook", "MayReadEvents", "MayReadAnswers")):
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)
        for statement in document["PolicyVersion"]["Document"]["Statement"]:
            actions = statement["Action"]
            for action in actions if isinstance(actions, list) else [actions]:
                assert "*" not in action
                allowed[action] = statement
    assert allowed["ses:SendEmail"]["Condition"] == {"StringLike": {"ses:FromAddress": "*@news.example.org"}}
    assert "identity/news.example.org" in json.dumps(allowed["ses:SendEmail"]["Resource"])
    assert not [action for action in allowed if action.startswith("s3:") and action != "s3:GetObject"]


def test_without_a_domain_for_answers_nothing_is_made_for_them(aws: str) -> None:
    found = Deployed(aws, {**VALUES, "ReplyDomain": ""})
    assert not [name for name in found.named if name.startswith("Answer")]
    assert "EventQueue" in found.named


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    units = sorted((TEMPLATE.parent / "systemd").iterdir())
    assert len(units) == 8
    for unit in units:
        known = re.sub(r"^(ExecStart=)\S+", r"\1/bin/true", unit.read_text(), flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(known.replace("User=letters", "User=root"))
    said = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in units)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not [line for line in said.stderr.splitlines() if "newsletter-" in line]
