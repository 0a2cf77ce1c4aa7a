"""SNS signatures: verifies that a notification is SNS's and from one of our topics, in six steps.

The topic is checked first: any customer of AWS can have SNS sign a bounce that never happened.
https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

MAX_SNS_BODY = 1024 * 1024
"""Bytes: a message has 256 kB at most, plus JSON's escapes."""
_MAX_AGE, _MAX_SKEW = timedelta(hours=2), timedelta(minutes=15)
"""SNS retries for an hour at most; clocks differ."""
_MIN_KEY_BITS = 2048
_HOST = re.compile(r"sns\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_PATH = re.compile(r"/SimpleNotificationService-[0-9a-f]+\.pem")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[\w.-]+")
_SIGNED_FIELDS = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_SIGNED_FIELDS["UnsubscribeConfirmation"] = _SIGNED_FIELDS["SubscriptionConfirmation"]
_OPTIONAL_FIELDS = frozenset({"Subject"})


class SnsMessageType(StrEnum):
    """The three kinds of message that SNS posts."""

    NOTIFICATION = "Notification"
    SUBSCRIBED = "SubscriptionConfirmation"
    """SNS asks to confirm a subscription."""
    UNSUBSCRIBED = "UnsubscribeConfirmation"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnsNotification:
    """A verified message."""

    type: SnsMessageType
    topic: str
    message_id: str
    body: str
    """The whole message, as JSON."""
    subscribe_url: str = ""
    """The URL that confirms the subscription; "" when it is not SNS's own."""


class ForgedNotification(Exception):
    """A notification that failed verification; the message says at which step."""


def verify_notification(
    body: bytes,
    *,
    topics: Collection[str],
    allow_sha1: bool,
    now: datetime,
    certificate: Callable[[str], bytes],
) -> SnsNotification:
    """Verify a notification and return it; ForgedNotification if it fails.

    `certificate` fetches the PEM file at a URL of SNS; what it raises is passed on.
    """
    message = _parse(body)
    topic = message["TopicArn"]
    if topic not in topics:
        raise ForgedNotification(f"topic {topic[:200]} is not in [feedback] topics")
    arn = _TOPIC.fullmatch(topic)
    region = arn[1] if arn else ""
    _check_version(message, allow_sha1=allow_sha1)
    _check_age(message["Timestamp"], now)
    url = message.get("SigningCertURL", "")
    if not is_certificate_url(url, region):
        raise ForgedNotification("its certificate is not at an address of SNS")
    _check_signature(message, certificate(url), now)
    return SnsNotification(
        type=SnsMessageType(message["Type"]),
        topic=topic,
        message_id=message["MessageId"],
        body=body.decode("utf-8"),
        subscribe_url=message["SubscribeURL"] if _is_subscribe_url(message, region) else "",
    )


def is_certificate_url(url: str, region: str) -> bool:
    """Return whether a URL is where SNS of this region publishes its certificates, and not a look-alike."""
    parts = _parts(url, region)
    return parts is not None and not parts[1] and _PATH.fullmatch(parts[0]) is not None


def string_to_sign(message: dict[str, Any]) -> bytes:
    """Return the bytes of a message that SNS signs."""
    names = [name for name in _SIGNED_FIELDS[message["Type"]] if name in message]
    return "".join(f"{name}\n{message[name]}\n" for name in names).encode()


def _parse(body: bytes) -> dict[str, str]:
    if len(body) > MAX_SNS_BODY:
        raise ForgedNotification("it is too large")
    try:
        message = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ForgedNotification("it is not JSON") from error
    if not isinstance(message, dict) or message.get("Type") not in _SIGNED_FIELDS:
        raise ForgedNotification("it is none of the three kinds that SNS posts")
    for name in (*_SIGNED_FIELDS[message["Type"]], "Signature", "SignatureVersion", "SigningCertURL"):
        if not isinstance(message.get(name, "" if name in _OPTIONAL_FIELDS else None), str):
            raise ForgedNotification(f"'{name}' is missing")
    return message


def _check_version(message: dict[str, str], *, allow_sha1: bool) -> None:
    version = message["SignatureVersion"]
    if version == "1" and not allow_sha1:
        raise ForgedNotification(
            "it is signed with SHA-1: set the topic's attribute SignatureVersion to 2, or set [feedback] allow_sha1"
        )
    if version not in {"1", "2"}:
        raise ForgedNotification("its SignatureVersion is unknown")


def _check_age(timestamp: str, now: datetime) -> None:
    try:
        at = datetime.fromisoformat(timestamp)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        is_fresh = -_MAX_SKEW <= now - at <= _MAX_AGE
    except (ValueError, OverflowError) as error:
        raise ForgedNotification("its Timestamp cannot be parsed") from error
    if not is_fresh:
        raise ForgedNotification(f"it is dated {at:%Y-%m-%d %H:%M} UTC, which is too old or in the future")


def _check_signature(message: dict[str, str], pem: bytes, now: datetime) -> None:
    try:
        chain = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise ForgedNotification("its certificate is not a certificate") from error
    for index, certificate in enumerate(chain):
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise ForgedNotification("its certificate is not valid at this time")
        if index + 1 < len(chain):
            try:
                certificate.verify_directly_issued_by(chain[index + 1])
            except (ValueError, TypeError, InvalidSignature) as error:
                raise ForgedNotification("its certificate was not issued by the next one in its chain") from error
    key = chain[0].public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _MIN_KEY_BITS:
        raise ForgedNotification("its certificate's key is not what SNS uses")
    algorithm = hashes.SHA256() if message["SignatureVersion"] == "2" else hashes.SHA1()  # noqa: S303
    try:
        signature = base64.b64decode(message["Signature"], validate=True)
        key.verify(signature, string_to_sign(message), padding.PKCS1v15(), algorithm)
    except (binascii.Error, ValueError, InvalidSignature) as error:
        raise ForgedNotification("its signature does not match") from error


def _is_subscribe_url(message: dict[str, str], region: str) -> bool:
    parts = _parts(message.get("SubscribeURL", ""), region)
    if parts is None or parts[0] not in {"", "/"}:
        return False
    expected = {"Action": "ConfirmSubscription", "TopicArn": message["TopicArn"], "Token": message.get("Token", "")}
    try:
        query = parse_qs(parts[1], strict_parsing=True)
    except ValueError:
        return False
    return query == {name: [value] for name, value in expected.items()}


def _parts(url: str, region: str) -> tuple[str, str] | None:
    """Return path and query of a URL of SNS in a region; None for any other, however similar."""
    if not url.isascii() or not url.isprintable() or url != url.strip() or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        host = _HOST.fullmatch(parts.netloc)  # so a port, a user or capitals are refused
    except ValueError:
        return None
    if parts.scheme != "https" or not url.startswith("https://") or host is None or host[1] != region:
        return None
    return (parts.path, parts.query) if "#" not in url else None
