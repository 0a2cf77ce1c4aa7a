"""Where the pretend SES publishes its events besides its file: a queue, in the envelope that queues get."""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any, Protocol
from uuid import uuid4

from newsletter.aws import SqsQueue
from newsletter.errors import NewsletterError
from newsletter.ses_simulator.events import ACCOUNT_ID

_MOST_AT_ONCE = 10
_TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT_ID}:ses-events"
_DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Rendering Failure": "Email Rendering Failed",
}


class EventTarget(Protocol):
    """Takes what is published."""

    def put(self, body: str) -> None:
        """Take one message."""


def wrap_event(event: Mapping[str, Any], destination: Mapping[str, Any]) -> str:
    """Return what arrives in a queue behind this destination: as EventBridge or SNS puts it."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if "EventBridgeDestination" in destination:
        return json.dumps(
            {
                "version": "0",
                "id": str(uuid4()),
                "detail-type": _DETAIL_TYPES[event["eventType"]],
                "source": "aws.ses",
                "account": ACCOUNT_ID,
                "time": moment,
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
            "Timestamp": moment,
            "SignatureVersion": "2",
            "Signature": "cHJldGVuZA==",
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
            "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        }
    )


class SqsTarget:
    """Hands what is published to a queue at SQS, in a thread of its own, in the order it was published."""

    def __init__(self, queue: SqsQueue, complain: Callable[[str], None]) -> None:
        """`complain` hears, from that thread, of what the queue did not take."""
        self._queue = queue
        self._complain = complain
        self._bodies: SimpleQueue[str | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def put(self, body: str) -> None:
        """Take one message."""
        self._bodies.put(body)

    def close(self) -> None:
        """Hand over what is left, and end."""
        self._bodies.put(None)
        self._thread.join()
        self._queue.close()

    def _work(self) -> None:
        is_open = True
        while is_open:
            group = [self._bodies.get()]
            while len(group) < _MOST_AT_ONCE and not self._bodies.empty():
                group.append(self._bodies.get())
            is_open = None not in group
            try:
                self._queue.send([body for body in group if body is not None])
            except NewsletterError as error:
                self._complain(str(error))
