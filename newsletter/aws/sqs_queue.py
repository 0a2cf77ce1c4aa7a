"""SQS queue, addressed by its URL: receives, deletes and sends messages, and reads how many wait."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from newsletter.aws.client import Credentials, ErrorResponse, call, make_client
from newsletter.errors import SettingsError, TemporaryError, TransportError

_MAX_BATCH = 10
"""Messages in one call, either way."""
_VISIBILITY_TIMEOUT = 60
"""Seconds for which a received message is hidden from other receivers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsMessage:
    """A received message, hidden from other receivers until its visibility timeout."""

    body: str
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsQueueState:
    """How many messages a queue holds, approximately: SQS counts with some delay."""

    waiting: int
    hidden: int
    """Received, and not deleted yet."""
    retention_seconds: int | None
    dead_letters: str | None
    """The URL of the dead-letter queue; None where there is none."""


class SqsQueue:
    """A queue at SQS, or at another server with its API; each method raises SettingsError or TemporaryError."""

    def __init__(self, url: str, credentials: Credentials | None = None, *, region: str | None = None) -> None:
        """Make the client; SettingsError when `url` is not a queue's."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.count("/") < 2:
            raise SettingsError(
                f"{url}: not the URL of a queue. Use one such as https://sqs.REGION.amazonaws.com/ACCOUNT/NAME"
            )
        amazon = re.fullmatch(r"sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?", parts.hostname)
        self.url = url
        self._client = make_client(
            "sqs",
            region=amazon[1] if amazon else region,
            endpoint=None if amazon else f"{parts.scheme}://{parts.netloc}",
            credentials=credentials,
        )

    def receive(self, wait_seconds: int = 1) -> list[SqsMessage]:
        """Return up to ten messages; an empty list when none came in that time."""
        response = self._call(
            "receive_message",
            MaxNumberOfMessages=_MAX_BATCH,
            WaitTimeSeconds=wait_seconds,
            VisibilityTimeout=_VISIBILITY_TIMEOUT,
        )
        return [
            SqsMessage(body=message["Body"], handle=message["ReceiptHandle"])
            for message in response.get("Messages", ())
        ]

    def delete(self, messages: Sequence[SqsMessage]) -> None:
        """Delete up to ten messages; one that cannot be deleted is received again."""
        entries = [{"Id": str(number), "ReceiptHandle": message.handle} for number, message in enumerate(messages)]
        if entries:
            self._call("delete_message_batch", Entries=entries)

    def send(self, bodies: Sequence[str]) -> None:
        """Send up to ten messages; TemporaryError when one of them was not accepted."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        if entries and (failed := self._call("send_message_batch", Entries=entries).get("Failed")):
            raise TemporaryError(f"{self.url}: {failed[0].get('Message') or failed[0].get('Code')}. Run it again later")

    def state(self) -> SqsQueueState:
        """Return how many messages wait; none is received."""
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "MessageRetentionPeriod",
            "RedrivePolicy",
        ]
        attributes = self._call("get_queue_attributes", AttributeNames=names).get("Attributes", {})
        retention = attributes.get("MessageRetentionPeriod")
        return SqsQueueState(
            waiting=int(attributes.get("ApproximateNumberOfMessages") or 0),
            hidden=int(attributes.get("ApproximateNumberOfMessagesNotVisible") or 0),
            retention_seconds=int(retention) if retention else None,
            dead_letters=self._dead_letter_url(attributes.get("RedrivePolicy")),
        )

    def _dead_letter_url(self, policy: str | None) -> str | None:
        """Return the URL of the queue that a redrive policy names; it is in the same account."""
        try:
            arn = str(json.loads(policy or "{}").get("deadLetterTargetArn") or "")
        except (ValueError, AttributeError):
            return None
        return f"{self.url.rpartition('/')[0]}/{arn.rpartition(':')[2]}" if arn else None

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            response = call(getattr(self._client, operation), QueueUrl=self.url, **arguments)
        except TransportError as error:
            raise TemporaryError(f"{self.url}: {error}. Run it again later") from error
        if not isinstance(response, ErrorResponse):
            return response
        message = f"{self.url}: {response.code}: {response.message}"
        if response.status >= 500 or response.status == 429 or "Throttl" in response.code:
            raise TemporaryError(f"{message}. Run it again later")
        raise SettingsError(f"{message}. Check the queue's URL, and AWS's credentials and permissions")
