"""Simulated SQS: queues that boto3's client uses unchanged; one of them receives the simulator's events."""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from newsletter.ses_simulator.account import ApiError
from newsletter.ses_simulator.events import ACCOUNT_ID

EVENTS_QUEUE = "events"
"""The queue that exists from the start."""
_MAX_BATCH = 10
_MAX_WAIT_SECONDS = 20
_VISIBILITY_TIMEOUT = 30
_POLL_SECONDS = 0.1
"""How often a waiting receiver looks for messages that are visible again."""


@dataclass(slots=True)
class _QueuedMessage:
    """One message in a queue."""

    id: str
    body: str
    visible_at: float = 0.0
    handle: str = ""
    receive_count: int = 0


@dataclass(slots=True)
class SimulatedQueue:
    """One queue: delivers at least once; a received message is hidden until it is deleted or its timeout ends."""

    messages: dict[str, _QueuedMessage] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, body: str) -> None:
        """Take one message."""
        self.add(body)

    def add(self, body: str) -> str:
        """Take one message; return its id."""
        message = _QueuedMessage(id=str(uuid4()), body=body)
        with self._changed:
            self.messages[message.id] = message
            self._changed.notify_all()
        return message.id

    def receive(self, limit: int, wait_seconds: float, visibility_timeout: float) -> list[_QueuedMessage]:
        """Return visible messages, and hide them."""
        deadline = time.monotonic() + wait_seconds
        with self._changed:
            while True:
                now = time.monotonic()
                visible = [message for message in self.messages.values() if message.visible_at <= now][:limit]
                if visible or now >= deadline:
                    break
                self._changed.wait(min(_POLL_SECONDS, deadline - now))
            for message in visible:
                message.visible_at = now + visibility_timeout
                message.handle = str(uuid4())
                message.receive_count += 1
            return visible

    def delete(self, handle: str) -> None:
        """Delete a message; one that is gone is no error."""
        with self._changed:
            for message in [message for message in self.messages.values() if message.handle == handle]:
                del self.messages[message.id]

    def change_visibility(self, handle: str, seconds: float) -> None:
        """Change how long a received message stays hidden."""
        with self._changed:
            for message in self.messages.values():
                if message.handle == handle:
                    message.visible_at = time.monotonic() + seconds


class SqsSimulator:
    """The queues of one account, and SQS's calls on them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queues = {EVENTS_QUEUE: SimulatedQueue()}

    @property
    def events(self) -> SimulatedQueue:
        """The queue that exists from the start."""
        return self._queues[EVENTS_QUEUE]

    def url_of(self, name: str) -> str:
        """Return the URL of a queue."""
        return f"{self._url}/{ACCOUNT_ID}/{name}"

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out a call; ApiError when it cannot be done."""
        call = self._calls().get(operation)
        if call is None:
            raise ApiError(400, "com.amazon.coral.service#UnknownOperationException", f"No {operation} here.")
        return call(request)

    def _calls(self) -> dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
        return {
            "CreateQueue": self._create,
            "GetQueueUrl": lambda request: {"QueueUrl": self.url_of(self._existing(request["QueueName"]))},
            "ListQueues": lambda _: {"QueueUrls": [self.url_of(name) for name in sorted(self._queues)]},
            "GetQueueAttributes": self._attributes,
            "SendMessage": lambda request: self._send(self._queue(request), request["MessageBody"]),
            "SendMessageBatch": self._send_batch,
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "ChangeMessageVisibility": self._change_visibility,
            "PurgeQueue": self._purge,
        }

    def _existing(self, name: str) -> str:
        if name not in self._queues:
            raise ApiError(400, "com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist.")
        return name

    def _queue(self, request: Mapping[str, Any]) -> SimulatedQueue:
        return self._queues[self._existing(str(request["QueueUrl"]).rpartition("/")[2])]

    def _create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._queues.setdefault(request["QueueName"], SimulatedQueue())
        return {"QueueUrl": self.url_of(request["QueueName"])}

    def _attributes(self, request: Mapping[str, Any]) -> dict[str, Any]:
        messages, now = list(self._queue(request).messages.values()), time.monotonic()
        hidden = sum(message.visible_at > now for message in messages)
        counts = {
            "ApproximateNumberOfMessages": len(messages) - hidden,
            "ApproximateNumberOfMessagesNotVisible": hidden,
        }
        wanted = request.get("AttributeNames", ["All"])
        return {"Attributes": {name: str(n) for name, n in counts.items() if name in wanted or "All" in wanted}}

    def _send(self, queue: SimulatedQueue, body: str) -> dict[str, Any]:
        return {"MessageId": queue.add(body), "MD5OfMessageBody": _md5(body)}

    def _send_batch(self, request: Mapping[str, Any]) -> dict[str, Any]:
        queue = self._queue(request)
        entries = _batch(request["Entries"])
        return {"Successful": [{"Id": entry["Id"], **self._send(queue, entry["MessageBody"])} for entry in entries]}

    def _receive(self, request: Mapping[str, Any]) -> dict[str, Any]:
        limit = request.get("MaxNumberOfMessages", 1)
        wait_seconds = request.get("WaitTimeSeconds", 0)
        if not 1 <= limit <= _MAX_BATCH or not 0 <= wait_seconds <= _MAX_WAIT_SECONDS:
            raise ApiError(400, "InvalidParameterValue", "MaxNumberOfMessages is 1 to 10, WaitTimeSeconds 0 to 20.")
        visibility_timeout = request.get("VisibilityTimeout", _VISIBILITY_TIMEOUT)
        messages = self._queue(request).receive(limit, wait_seconds, visibility_timeout)
        if not messages:
            return {}
        return {
            "Messages": [
                {
                    "MessageId": message.id,
                    "ReceiptHandle": message.handle,
                    "MD5OfBody": _md5(message.body),
                    "Body": message.body,
                    "Attributes": {"ApproximateReceiveCount": str(message.receive_count)},
                }
                for message in messages
            ]
        }

    def _delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._queue(request).delete(request["ReceiptHandle"])
        return {}

    def _delete_batch(self, request: Mapping[str, Any]) -> dict[str, Any]:
        queue = self._queue(request)
        for entry in _batch(request["Entries"]):
            queue.delete(entry["ReceiptHandle"])
        return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]]}

    def _change_visibility(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._queue(request).change_visibility(request["ReceiptHandle"], request["VisibilityTimeout"])
        return {}

    def _purge(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._queue(request).messages.clear()
        return {}


def _batch(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a batch's entries; ApiError when there are none or too many."""
    if not 1 <= len(entries) <= _MAX_BATCH:
        raise ApiError(400, "com.amazonaws.sqs#TooManyEntriesInBatchRequest", "A batch has 1 to 10 entries.")
    return entries


def _md5(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
