"""SES inbound mail on a moto server: an SQS queue and an S3 bucket."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest import mock
from urllib.request import Request, urlopen

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "inbound"
_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-west-1"}


@cache
def _client(url: str, service: str) -> Any:
    return boto3.client(
        service, endpoint_url=url, region_name="eu-west-1", aws_access_key_id="t", aws_secret_access_key="t"
    )


@dataclass
class SesInbound:
    """A queue and a bucket, used as SES uses them."""

    url: str
    queue: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    def client(self, service: str) -> Any:
        return _client(self.url, service)

    def make_queue(self, name: str) -> "SesInbound":
        """Return a copy with a new queue."""
        queue = self.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        return SesInbound(self.url, queue, self.numbers)

    def put(self, raw: bytes, *, is_enveloped: bool = True, **receipt: Any) -> str:
        """Store a message in the bucket and put its notification into the queue; returns its key."""
        key = f"mail{next(self.numbers):05}"
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=raw)
        notification = {
            "notificationType": "Received",
            "receipt": {
                "recipients": ["r+x@reply.example.org"],
                "spamVerdict": {"status": "PASS"},
                "dkimVerdict": {"status": "PASS"},
                "action": {"type": "S3", "topicArn": "arn", "bucketName": BUCKET, "objectKey": key},
                **receipt,
            },
            "mail": {"messageId": key, "source": "jo@example.net"},
        }
        self.enqueue({"Type": "Notification", "Message": json.dumps(notification)} if is_enveloped else notification)
        return key

    def enqueue(self, body: Any) -> None:
        """Put a message into the queue."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.client("sqs").send_message(QueueUrl=self.queue, MessageBody=text)

    def queue_length(self) -> int:
        """Return how many messages are in the queue, including invisible ones."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def clear(self) -> None:
        """Delete all messages and objects, as another program would."""
        self.client("sqs").purge_queue(QueueUrl=self.queue)
        s3 = self.client("s3")
        for stored in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            s3.delete_object(Bucket=BUCKET, Key=stored["Key"])


@contextmanager
def running_ses_inbound() -> Iterator[SesInbound]:
    """Run a moto server; the environment directs AWS clients to it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        with urlopen(Request(f"{url}/moto-api/reset", method="POST")):
            pass  # what an earlier server of this process held is moto's still
        with mock.patch.dict(os.environ, {**_KEYS, "AWS_ENDPOINT_URL": url}):
            inbound = SesInbound(url)
            inbound.client("s3").create_bucket(
                Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
            yield inbound
    finally:
        server.stop()
