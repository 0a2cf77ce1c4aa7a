"""Mail that Amazon SES received: a queue (SQS) of notifications, and a bucket (S3) of raw messages.

A notification stays in the queue until its message is dealt with; what was read and not acknowledged shows again.
Nothing in the bucket is deleted: let its lifecycle rule do that. A notification that cannot be read, or whose
mail is never there, is parked in a folder and named, so that it holds up no other.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from newsletter.atomic_file import make_private_folder, write_atomically
from newsletter.aws import ErrorResponse, call
from newsletter.errors import Deferred, NewsletterError, SendingHalted, SettingsError, TemporaryError, Uncertain
from newsletter.replies.mailboxes.base import ReceivedMessage
from newsletter.replies.parsing.message import MAX_RAW_BYTES

MOST_TRIES = 5
"""How often a notification is looked at whose message is not there, before it is parked."""

_HIDDEN_SECONDS = 600
"""How long a notification that was read stays away from others."""
_AT_ONCE = 10
"""The most that SQS hands out."""
_VERDICTS = ("spam", "virus", "spf", "dkim", "dmarc")
_NAME = re.compile(r"[A-Za-z0-9!_.*'()/@=+:-]{1,1024}")
_LATER = {"Throttling", "ThrottlingException", "RequestThrottled", "SlowDown", "KMS.ThrottlingException"}
_GONE = {"NoSuchKey", "404"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """One notification, and where its message is stored."""

    source: str
    bucket: str
    key: str
    recipients: tuple[str, ...]
    verdicts: dict[str, str]
    handle: str
    tries: int


class _Unreadable(Exception):
    """A notification is not one of SES's receipts."""


class SesInbound:
    """The messages that a queue's notifications are about."""

    def __init__(self, queue: str, sqs: Any, s3: Any, parked: Path) -> None:
        """Ask nothing yet; `sqs` and `s3` are boto3's clients, `parked` a folder for what cannot be read."""
        self._queue = queue
        self._sqs = sqs
        self._s3 = s3
        self._parked = parked
        self._open: dict[str, _Waiting] = {}

    def waiting(self) -> Iterator[ReceivedMessage]:
        """Yield the messages, the oldest of each handful first; those read before and not acknowledged come first.

        SettingsError where access, queue or bucket is wrong; TemporaryError where AWS cannot be reached.
        NewsletterError after all others if something had to be parked.
        """
        faults: list[str] = []
        for waiting in tuple(self._open.values()):
            yield from self._received(waiting, faults)
        while messages := self._messages():
            notifications = []
            for message in messages:
                try:
                    notifications.append(_read(message))
                except (_Unreadable, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                    self._park(message, f"it is not an SES receipt: {error}", faults)
            for waiting in notifications:
                self._open[waiting.source] = waiting
                yield from self._received(waiting, faults)
        if faults:
            raise NewsletterError(
                f"{faults[0]} ({len(faults)} parked in all in {self._parked}). Look at them, then delete them"
            )

    def acknowledge(self, received: ReceivedMessage) -> None:
        """Take a message's notification out of the queue."""
        waiting = self._open.pop(received.source, None)
        if waiting is not None:
            self._delete(waiting.handle)

    def _messages(self) -> list[dict[str, Any]]:
        answer = self._asked(
            self._sqs.receive_message,
            QueueUrl=self._queue,
            MaxNumberOfMessages=_AT_ONCE,
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            AttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        )
        messages = answer.get("Messages", [])
        return sorted(messages, key=lambda message: int(message.get("Attributes", {}).get("SentTimestamp", 0)))

    def _received(self, waiting: _Waiting, faults: list[str]) -> Iterator[ReceivedMessage]:
        if waiting.key.endswith("AMAZON_SES_SETUP_NOTIFICATION"):  # SES's own word that the bucket can be written
            self._open.pop(waiting.source, None)
            self._delete(waiting.handle)
            return
        raw = self._raw(waiting)
        if raw is not None:
            yield ReceivedMessage(
                source=waiting.source, raw=raw, recipients=waiting.recipients, verdicts=waiting.verdicts
            )
            return
        self._open.pop(waiting.source, None)  # it comes back by itself, and may be there then
        if waiting.tries >= MOST_TRIES:
            message = {"MessageId": waiting.source, "Body": f"{waiting.bucket}/{waiting.key}"}
            self._park({**message, "ReceiptHandle": waiting.handle}, "its email is not in the bucket", faults)

    def _raw(self, waiting: _Waiting) -> bytes | None:
        """Return a message, cut after MAX_RAW_BYTES + 1; None if it is not there."""

        def get(**arguments: Any) -> dict[str, Any]:
            answer = self._s3.get_object(**arguments)
            return {"Raw": answer["Body"].read()}

        wanted = {"Bucket": waiting.bucket, "Key": waiting.key, "Range": f"bytes=0-{MAX_RAW_BYTES}"}
        answer = self._asked(get, is_missing=lambda fault: fault.code in _GONE or fault.status == 416, **wanted)
        return answer.get("Raw")

    def _park(self, message: dict[str, Any], why: str, faults: list[str]) -> None:
        """Keep a notification on disk, and only then take it out of the queue."""
        name = re.sub(r"[^A-Za-z0-9_-]", "-", str(message.get("MessageId", "unnamed")))[:80]
        make_private_folder(self._parked)
        kept = json.dumps({"why": why[:300], "body": message.get("Body", "")}, ensure_ascii=False)
        write_atomically(self._parked / f"{name}.json", kept.encode("utf-8", "replace"), mode=0o600)
        self._delete(str(message.get("ReceiptHandle", "")))
        faults.append(f"{self._queue}: {why[:120]}")

    def _delete(self, handle: str) -> None:
        self._asked(
            self._sqs.delete_message,
            is_missing=lambda fault: fault.code in {"ReceiptHandleIsInvalid", "InvalidParameterValue"},
            QueueUrl=self._queue,
            ReceiptHandle=handle,
        )

    def _asked(
        self,
        operation: Callable[..., Any],
        is_missing: Callable[[ErrorResponse], bool] = lambda _fault: False,
        **arguments: Any,
    ) -> dict[str, Any]:
        """Call AWS and translate its errors into our own; {} for what is missing and may be."""
        try:
            answer = call(operation, **arguments)
        except (Deferred, Uncertain) as error:
            raise TemporaryError(f"{self._queue}: {error}. Fetch again later") from error
        except SendingHalted as error:
            raise SettingsError(str(error)) from error
        if not isinstance(answer, ErrorResponse):
            return answer
        if is_missing(answer):
            return {}
        detail = f"{arguments.get('Bucket', self._queue)}: {answer.code}: {' '.join(answer.message.split())[:160]}"
        if answer.code in _LATER or answer.status >= 500 or answer.status == 429:
            raise TemporaryError(f"{detail}. Fetch again later")
        raise SettingsError(f"{detail}. Check [replies] mailbox, AWS's region and what these credentials may do")


def region_in(queue: str) -> str | None:
    """Return the region that a queue's URL names, or None."""
    match = re.match(r"https?://(?:sqs\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.", queue)
    return match[1] if match else None


def _read(message: dict[str, Any]) -> _Waiting:
    """Read a notification: SES's own, within SNS's envelope or bare; or S3's word of a new object."""
    body = json.loads(message["Body"])
    if isinstance(body, dict) and body.get("Type") == "Notification":
        body = json.loads(body["Message"])
    recipients: tuple[str, ...] = ()
    verdicts: dict[str, str] = {}
    if body.get("notificationType") == "Received":
        receipt = body["receipt"]
        bucket, key = receipt["action"]["bucketName"], receipt["action"]["objectKey"]
        recipients = tuple(str(name)[:320] for name in receipt.get("recipients", [])[:100])
        verdicts = {name: str((receipt.get(f"{name}Verdict") or {}).get("status", "")).upper() for name in _VERDICTS}
    elif body.get("Records"):
        stored = body["Records"][0]["s3"]
        bucket, key = stored["bucket"]["name"], unquote_plus(stored["object"]["key"])
    elif body.get("Event") == "s3:TestEvent":
        bucket, key = str(body.get("Bucket", "test")), "AMAZON_SES_SETUP_NOTIFICATION"
    else:
        raise _Unreadable(str(body.get("notificationType", "unknown"))[:60])
    if not _NAME.fullmatch(bucket) or not _NAME.fullmatch(key):
        raise _Unreadable("a name that S3 would not have given")
    return _Waiting(
        source=f"{bucket}/{key}",
        bucket=bucket,
        key=key,
        recipients=recipients,
        verdicts={name: status for name, status in verdicts.items() if status},
        handle=str(message["ReceiptHandle"]),
        tries=int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
    )
