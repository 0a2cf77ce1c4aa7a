"""Event targets: where the simulator writes events: a durable file of JSON lines, and a queue.

The file of accepted messages is of the same kind.
"""

import json
import os
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol
from uuid import uuid4

from newsletter.atomic_file import make_private_folder
from newsletter.aws import SqsQueue
from newsletter.errors import NewsletterError
from newsletter.ses_simulator.events import ACCOUNT_ID
from newsletter.utc import format_utc

_MAX_BATCH = 10
_TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT_ID}:ses-events"
_DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Rendering Failure": "Email Rendering Failed",
}


class EventTarget(Protocol):
    """Receives published events, each wrapped in an envelope."""

    def put(self, body: str) -> None:
        """Take one message."""


class JsonLinesFile:
    """A file of JSON lines to which many threads append; each line is synced before it counts as written."""

    def __init__(self, path: Path) -> None:
        make_private_folder(path.parent)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._adding = threading.Lock()
        self._writing = threading.Lock()
        self._pending: list[bytes] = []
        self._added = 0
        self._written = 0

    def add(self, *entries: Mapping[str, object]) -> None:
        """Append entries; durable when this returns. Entries of several threads share one sync."""
        lines = [json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in entries]
        with self._adding:
            self._pending += lines
            self._added += 1
            own = self._added
        with self._writing:
            if self._written >= own:
                return
            with self._adding:
                pending, self._pending, upto = self._pending, [], self._added
            os.write(self._file, b"".join(pending))
            os.fsync(self._file)
            self._written = upto

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class SqsTarget:
    """Sends events to an SQS queue, from a thread of its own, in the order in which they were published."""

    def __init__(self, queue: SqsQueue, on_error: Callable[[str], None]) -> None:
        """`on_error` is called, from that thread, with what the queue refuses."""
        self._queue = queue
        self._on_error = on_error
        self._bodies: SimpleQueue[str | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def put(self, body: str) -> None:
        """Take one message."""
        self._bodies.put(body)

    def close(self) -> None:
        """Send what is left, and close the queue."""
        self._bodies.put(None)
        self._thread.join()
        self._queue.close()

    def _send(self) -> None:
        is_open = True
        while is_open:
            batch = [self._bodies.get()]
            while len(batch) < _MAX_BATCH and not self._bodies.empty():
                batch.append(self._bodies.get())
            is_open = None not in batch
            try:
                self._queue.send([body for body in batch if body is not None])
            except NewsletterError as error:
                self._on_error(str(error))


def wrap_event(event: Mapping[str, Any], destination: Mapping[str, Any]) -> str:
    """Return an event in the envelope in which it reaches a queue behind this destination: EventBridge's or SNS's."""
    timestamp = format_utc(datetime.now(UTC).replace(microsecond=0), "milliseconds")
    if "EventBridgeDestination" in destination:
        return json.dumps(
            {
                "version": "0",
                "id": str(uuid4()),
                "detail-type": _DETAIL_TYPES[event["eventType"]],
                "source": "aws.ses",
                "account": ACCOUNT_ID,
                "time": timestamp,
                "region": "eu-west-1",
                "resources": [],
                "detail": event,
            }
        )
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": str(uuid4()),
            "TopicArn": destination.get("SnsDestination", {}).get("TopicArn", _TOPIC),
            "Subject": "Amazon SES Email Event Notification",
            "Message": json.dumps(event),
            "Timestamp": timestamp,
            "SignatureVersion": "2",
            "Signature": "cHJldGVuZA==",
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
            "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        }
    )
