"""The pretend SQS: queues that boto3's client speaks to unchanged, one of them with the pretend SES's events."""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from newsletter.ses_simulator.account import ApiError
from newsletter.ses_simulator.events import ACCOUNT_ID

EVENTS = "events"
"""The queue that is there from the start."""
_MOST_AT_ONCE = 10
_MOST_WAIT = 20
_HIDDEN_SECONDS = 30


@dataclass(slots=True)
class _QueuedMessage:
    """One message in a queue."""

    id: str
    body: str
    visible_at: float = 0.0
    handle: str = ""
    received: int = 0


@dataclass(slots=True)
class SimulatedQueue:
    """One queue: at least once, hidden while somebody has a message, until it is deleted."""

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

    def receive(self, most: int, wait: float, hidden: float) -> list[_QueuedMessage]:
        """Return messages that nobody has at present, and hide them."""
        deadline = time.monotonic() + wait
        with self._changed:
            while True:
                now = time.monotonic()
                found = [each for each in self.messages.values() if each.visible_at <= now][:most]
                if found or now >= deadline:
                    break
                self._changed.wait(min(0.1, deadline - now))
            for each in found:
                each.visible_at, each.handle, each.received = now + hidden, str(uuid4()), each.received + 1
            return found

    def delete(self, handle: str) -> None:
        """Forget a message; one that is gone is no fault."""
        with self._changed:
            for each in [each for each in self.messages.values() if each.handle == handle]:
                del self.messages[each.id]

    def hide(self, handle: str, seconds: float) -> None:
        """Change how long a message stays hidden."""
        with self._changed:
            for each in self.messages.values():
                if each.handle == handle:
                    each.visible_at = time.monotonic() + seconds


class SqsSimulator:
    """The queues of one account, answering SQS's calls."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queues = {EVENTS: SimulatedQueue()}

    @property
    def events(self) -> SimulatedQueue:
        """The queue that is there from the start."""
        return self._queues[EVENTS]

    def url_of(self, name: str) -> str:
        """Return the address of a queue."""
        return f"{self._url}/{ACCOUNT_ID}/{name}"

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a call asks; Refusal when it cannot be done."""
        do = self._calls().get(operation)
        if do is None:
            raise ApiError(400, "com.amazon.coral.service#UnknownOperationException", f"No {operation} here.")
        return do(request)

    def _calls(self) -> dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
        return {
            "CreateQueue": self._create,
            "GetQueueUrl": lambda request: {"QueueUrl": self.url_of(self._named(request["QueueName"]))},
            "ListQueues": lambda _: {"QueueUrls": [self.url_of(name) for name in sorted(self._queues)]},
            "GetQueueAttributes": self._attributes,
            "SendMessage": lambda request: self._sent(self._queue(request), request["MessageBody"]),
            "SendMessageBatch": self._send_batch,
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "ChangeMessageVisibility": self._hide,
            "PurgeQueue": self._purge,
        }

    def _named(self, name: str) -> str:
        if name not in self._queues:
            raise ApiError(400, "com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist.")
        return name

    def _queue(self, request: Mapping[str, Any]) -> SimulatedQueue:
        return self._queues[self._named(str(request["QueueUrl"]).rpartition("/")[2])]

    def _create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._queues.setdefault(request["QueueName"], SimulatedQueue())
        return {"QueueUrl": self.url_of(request["QueueName"])}

    def _attributes(self, request: Mapping[str, Any]) -> dict[str, Any]:
        messages, now = list(self._queue(request).messages.values()), time.monotonic()
        hidden = sum(each.visible_at > now for each in messages)
        counts = {
            "ApproximateNumberOfMessages": len(messages) - hidden,
            "ApproximateNumberOfMessagesNotVisible": hidden,
        }
        wanted = request.get("AttributeNames", ["All"])
        return {"Attributes": {name: str(n) for name, n in counts.items() if name in wanted or "All" in wanted}}

    def _sent(self, queue: SimulatedQueue, body: str) -> dict[str, Any]:
        return {"MessageId": queue.add(body), "MD5OfMessageBody": _digest(body)}

    def _send_batch(self, request: Mapping[str, Any]) -> dict[str, Any]:
        queue = self._queue(request)
        entries = _few(request["Entries"])
        return {"Successful": [{"Id": each["Id"], **self._sent(queue, each["MessageBody"])} for each in entries]}

    def _receive(self, request: Mapping[str, Any]) -> dict[str, Any]:
        most = request.get("MaxNumberOfMessages", 1)
        wait = request.get("WaitTimeSeconds", 0)
        if not 1 <= most <= _MOST_AT_ONCE or not 0 <= wait <= _MOST_WAIT:
            raise ApiError(400, "InvalidParameterValue", "MaxNumberOfMessages is 1 to 10, WaitTimeSeconds 0 to 20.")
        found = self._queue(request).receive(most, wait, request.get("VisibilityTimeout", _HIDDEN_SECONDS))
        if not found:
            return {}
        return {
            "Messages": [
                {
                    "MessageId": each.id,
                    "ReceiptHandle": each.handle,
                    "MD5OfBody": _digest(each.body),
                    "Body": each.body,
                    "Attributes": {"ApproximateReceiveCount": str(each.received)},
                }
                for each in found
            ]
        }

    def _delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._queue(request).delete(request["ReceiptHandle"])
        return {}

    def _delete_batch(self, request: Mapping[str, Any]) -> dict[str, Any]:
        queue = self._queue(request)
        for each in _few(request["Entries"]):
            queue.delete(each["ReceiptHandle"])
        return {"Successful": [{"Id": each["Id"]} for each in request["Entries"]]}

    def _hide(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._queue(request).hide(request["ReceiptHandle"], request["VisibilityTimeout"])
        return {}

    def _purge(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._queue(request).messages.clear()
        return {}


def _few(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not 1 <= len(entries) <= _MOST_AT_ONCE:
        raise ApiError(400, "com.amazonaws.sqs#TooManyEntriesInBatchRequest", "A batch has 1 to 10 entries.")
    return entries


def _digest(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
