"""Amazon SNS over HTTPS: whether a notification is really ours, by six steps, each with its own refusal.

A topic that we do not know comes first: any customer of AWS can have SNS sign a bounce that never was.
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
"""A message has 256 kB at most, and JSON's escapes."""
_OLDEST, _AHEAD = timedelta(hours=2), timedelta(minutes=15)
"""SNS tries for an hour at most; and clocks differ."""
_LEAST_BITS = 2048
_HOST = re.compile(r"sns\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_PATH = re.compile(r"/SimpleNotificationService-[0-9a-f]+\.pem")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[\w.-]+")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_MAY_BE_ABSENT = frozenset({"Subject"})


class SnsType(StrEnum):
    """What SNS says."""

    NOTIFICATION = "Notification"
    SUBSCRIBED = "SubscriptionConfirmation"
    """It asks whether the subscription is wanted."""
    UNSUBSCRIBED = "UnsubscribeConfirmation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What SNS said, and proved."""

    type: SnsType
    topic: str
    message_id: str
    body: str
    """The whole of it."""
    subscribe_url: str = ""
    """Where to say that the subscription is wanted; "" when it is not SNS's own."""


class Forged(Exception):
    """A notification that is not to be believed; the message says which step it did not pass."""


def verify(
    body: bytes,
    *,
    topics: Collection[str],
    allow_sha1: bool,
    now: datetime,
    certificate: Callable[[str], bytes],
) -> Notification:
    """Return what SNS said if it is proven; Forged if it is not. `certificate` fetches what is at a URL of SNS's.

    What `certificate` raises is passed on.
    """
    said = _read(body)
    topic = said["TopicArn"]
    if topic not in topics:
        raise Forged(f"topic {topic[:200]} is not in [feedback] topics")
    known = _TOPIC.fullmatch(topic)
    region = known[1] if known else ""
    _check_version(said, allow_sha1=allow_sha1)
    _check_age(said["Timestamp"], now)
    url = said.get("SigningCertURL", "")
    if not is_certificate_url(url, region):
        raise Forged("its certificate is not at SNS's own address")
    _check_signature(said, certificate(url), now)
    return Notification(
        type=SnsType(said["Type"]),
        topic=topic,
        message_id=said["MessageId"],
        body=body.decode("utf-8"),
        subscribe_url=said["SubscribeURL"] if _is_subscribe_url(said, region) else "",
    )


def is_certificate_url(url: str, region: str) -> bool:
    """Whether a certificate lies where SNS of this region keeps its own, and nowhere that only looks like it."""
    parts = _parts(url, region)
    return parts is not None and not parts[1] and _PATH.fullmatch(parts[0]) is not None


def string_to_sign(said: dict[str, Any]) -> bytes:
    """Return what SNS signs of a message."""
    names = [name for name in _SIGNED[said["Type"]] if name in said]
    return "".join(f"{name}\n{said[name]}\n" for name in names).encode()


def _read(body: bytes) -> dict[str, str]:
    if len(body) > MAX_SNS_BODY:
        raise Forged("it is too large")
    try:
        said = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Forged("it is no JSON") from error
    if not isinstance(said, dict) or said.get("Type") not in _SIGNED:
        raise Forged("it is none of the three kinds that SNS sends")
    for name in (*_SIGNED[said["Type"]], "Signature", "SignatureVersion", "SigningCertURL"):
        if not isinstance(said.get(name, "" if name in _MAY_BE_ABSENT else None), str):
            raise Forged(f"'{name}' is missing")
    return said


def _check_version(said: dict[str, str], *, allow_sha1: bool) -> None:
    version = said["SignatureVersion"]
    if version == "1" and not allow_sha1:
        raise Forged(
            "it is signed with SHA-1: give the topic the attribute SignatureVersion 2, or set [feedback] allow_sha1"
        )
    if version not in {"1", "2"}:
        raise Forged("its signature is of an unknown version")


def _check_age(timestamp: str, now: datetime) -> None:
    try:
        at = datetime.fromisoformat(timestamp)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        is_fresh = -_AHEAD <= now - at <= _OLDEST
    except (ValueError, OverflowError) as error:
        raise Forged("its time cannot be read") from error
    if not is_fresh:
        raise Forged(f"it is of {at:%Y-%m-%d %H:%M} UTC, which is too long ago or still to come")


def _check_signature(said: dict[str, str], pem: bytes, now: datetime) -> None:
    try:
        chain = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise Forged("its certificate is none") from error
    for place, each in enumerate(chain):
        if not each.not_valid_before_utc <= now <= each.not_valid_after_utc:
            raise Forged("its certificate is not valid at this time")
        if place + 1 < len(chain):
            try:
                each.verify_directly_issued_by(chain[place + 1])
            except (ValueError, TypeError, InvalidSignature) as error:
                raise Forged("its certificate was not issued by the next one of its chain") from error
    key = chain[0].public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _LEAST_BITS:
        raise Forged("its certificate's key is not what SNS uses")
    algorithm = hashes.SHA256() if said["SignatureVersion"] == "2" else hashes.SHA1()  # noqa: S303
    try:
        signature = base64.b64decode(said["Signature"], validate=True)
        key.verify(signature, string_to_sign(said), padding.PKCS1v15(), algorithm)
    except (binascii.Error, ValueError, InvalidSignature) as error:
        raise Forged("its signature does not fit") from error


def _is_subscribe_url(said: dict[str, str], region: str) -> bool:
    parts = _parts(said.get("SubscribeURL", ""), region)
    if parts is None or parts[0] not in {"", "/"}:
        return False
    wanted = {"Action": "ConfirmSubscription", "TopicArn": said["TopicArn"], "Token": said.get("Token", "")}
    try:
        given = parse_qs(parts[1], strict_parsing=True)
    except ValueError:
        return False
    return given == {name: [value] for name, value in wanted.items()}


def _parts(url: str, region: str) -> tuple[str, str] | None:
    """Return path and query of a URL of SNS in a region; None for any other, however much it looks like one."""
    if not url.isascii() or not url.isprintable() or url != url.strip() or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        host = _HOST.fullmatch(parts.netloc)  # with a port, a user or capitals in it, it is none
    except ValueError:
        return None
    if parts.scheme != "https" or not url.startswith("https://") or host is None or host[1] != region:
        return None
    return (parts.path, parts.query) if "#" not in url else None
