"""One SQS queue, known by its URL: receive, delete only what is safe elsewhere, send."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from newsletter.aws.client import Credentials, ErrorResponse, call, make_client
from newsletter.errors import SettingsError, TemporaryError, TransportError

MOST_AT_ONCE = 10
"""Messages in one call, either way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsMessage:
    """One message that was received, and is hidden from others for a while."""

    body: str
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsQueueState:
    """How a queue is, about: SQS itself counts by and by."""

    waiting: int
    hidden: int
    """Received by somebody, and not deleted yet."""
    keeps_seconds: int | None
    dead_letters: str | None
    """The URL of the queue for what was received too often; None where there is none."""


class SqsQueue:
    """A queue at SQS, or at whatever speaks like it."""

    def __init__(self, url: str, keys: Credentials | None = None, *, region: str | None = None) -> None:
        """Name it; SettingsError when it is no address of a queue."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.count("/") < 2:
            raise SettingsError(
                f"{url}: this is no address of a queue, such as https://sqs.REGION.amazonaws.com/1/name"
            )
        at_amazon = re.fullmatch(r"sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?", parts.hostname)
        endpoint = None if at_amazon else f"{parts.scheme}://{parts.netloc}"
        self.url = url
        self._client = make_client("sqs", region=at_amazon[1] if at_amazon else region, endpoint=endpoint, keys=keys)

    def receive(self, wait_seconds: int = 1) -> list[SqsMessage]:
        """Return up to ten messages; an empty list when none came in that time."""
        answer = self._call(
            "receive_message", MaxNumberOfMessages=MOST_AT_ONCE, WaitTimeSeconds=wait_seconds, VisibilityTimeout=60
        )
        return [SqsMessage(body=each["Body"], handle=each["ReceiptHandle"]) for each in answer.get("Messages", ())]

    def delete(self, messages: Sequence[SqsMessage]) -> None:
        """Delete up to ten messages; one that fails comes again."""
        entries = [{"Id": str(number), "ReceiptHandle": each.handle} for number, each in enumerate(messages)]
        if entries:
            self._call("delete_message_batch", Entries=entries)

    def send(self, bodies: Sequence[str]) -> None:
        """Send up to ten messages; TemporaryError when one of them was not taken."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        if entries and (failed := self._call("send_message_batch", Entries=entries).get("Failed")):
            raise TemporaryError(f"{self.url}: {failed[0].get('Message') or failed[0].get('Code')}. Run it again later")

    def state(self) -> SqsQueueState:
        """Return how much waits; nothing is received."""
        names = (
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "MessageRetentionPeriod",
            "RedrivePolicy",
        )
        found = self._call("get_queue_attributes", AttributeNames=list(names)).get("Attributes", {})
        keeps = found.get("MessageRetentionPeriod")
        return SqsQueueState(
            waiting=int(found.get("ApproximateNumberOfMessages") or 0),
            hidden=int(found.get("ApproximateNumberOfMessagesNotVisible") or 0),
            keeps_seconds=int(keeps) if keeps else None,
            dead_letters=self._dead_letters(found.get("RedrivePolicy")),
        )

    def _dead_letters(self, policy: str | None) -> str | None:
        """Return the URL of the queue that a redrive policy names: it lies beside this one."""
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
            answer = call(getattr(self._client, operation), QueueUrl=self.url, **arguments)
        except TransportError as error:
            raise TemporaryError(f"{self.url}: {error}. Run it again later") from error
        if not isinstance(answer, ErrorResponse):
            return answer
        said = f"{self.url}: {answer.code}: {answer.message}"
        if answer.status >= 500 or answer.status == 429 or "Throttl" in answer.code:
            raise TemporaryError(f"{said}. Run it again later")
        raise SettingsError(f"{said}. Check the queue's address, and AWS's credentials and permissions")
