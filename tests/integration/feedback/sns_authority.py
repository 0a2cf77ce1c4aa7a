"""A certificate authority of the tests, and what SNS would have signed with a certificate of it."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from newsletter.feedback.sources.sns_signature import string_to_sign

TOPIC = "arn:aws:sns:eu-west-1:111122223333:ses-events"
URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"
ALGORITHMS = {"1": hashes.SHA1(), "2": hashes.SHA256()}


class Authority:
    """Issues certificates, and signs with the one it issued."""

    def __init__(self, now: datetime, *, days: int = 30, bits: int = 2048, starts: int = -1) -> None:
        self._key = rsa.generate_private_key(65537, bits)
        root_key = rsa.generate_private_key(65537, 2048)
        begin, end = now + timedelta(days=starts), now + timedelta(days=days)
        self.root = _certificate("Test authority", root_key.public_key(), "Test authority", root_key, begin, end)
        leaf = _certificate("sns.amazonaws.com", self._key.public_key(), "Test authority", root_key, begin, end)
        self.leaf = leaf
        self.pem = _pem(leaf) + _pem(self.root)

    def signed(self, version: str = "2", **changes: Any) -> dict[str, Any]:
        """Return a notification, signed; `changes` are made before."""
        said = {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Subject": "Amazon SES Email Event Notification",
            "Message": "{}",
            "Timestamp": "2030-01-01T12:00:00.000Z",
            "SignatureVersion": version,
            "SigningCertURL": URL,
            "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
            **changes,
        }
        said = {name: value for name, value in said.items() if value is not None}
        signature = self._key.sign(string_to_sign(said), padding.PKCS1v15(), ALGORITHMS[version])
        return {**said, "Signature": base64.b64encode(signature).decode()}

    def subscribing(self, **changes: Any) -> dict[str, Any]:
        """Return the question whether a subscription is wanted, signed."""
        token = "2336412f37fb687f5d51e6e2"
        url = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={token}"
        more = {"Type": "SubscriptionConfirmation", "Subject": None, "Token": token, "SubscribeURL": url}
        return self.signed(**{**more, "Message": "You have chosen to subscribe", **changes})


def body(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode()


def pem(certificate: x509.Certificate) -> bytes:
    return _pem(certificate)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _certificate(
    name: str, key: rsa.RSAPublicKey, issuer: str, issuer_key: rsa.RSAPrivateKey, begin: datetime, end: datetime
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin.astimezone(UTC))
        .not_valid_after(end.astimezone(UTC))
        .sign(issuer_key, hashes.SHA256())
    )
