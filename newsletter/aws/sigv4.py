"""Signs one kind of request by AWS's Signature Version 4, over and over: all that stays the same is made once.

A test compares each signature with the one that botocore makes of the same request.
"""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

from botocore import exceptions

_DEFAULT_PORTS = {"http": 80, "https": 443}
_ALGORITHM = "AWS4-HMAC-SHA256"


class SigV4Signer:
    """Makes the heads of POST requests with a JSON body to one URL; safe to share between threads."""

    def __init__(self, *, url: str, region: str, service: str, credentials: Any) -> None:
        """`credentials` are botocore's, which renew themselves; None where there are none."""
        parts = urlsplit(url)
        is_usual = parts.port in (None, _DEFAULT_PORTS[parts.scheme])
        self._host = str(parts.hostname) if is_usual else f"{parts.hostname}:{parts.port}"
        self._path = quote(parts.path or "/", safe="/-_.~%")
        self._scope = f"{region}/{service}/aws4_request"
        self._region, self._service = region, service
        self._credentials = credentials
        self._made: tuple[tuple[str, str], bytes] = (("", ""), b"")

    def head(self, body: Sequence[bytes], now: datetime) -> bytes:
        """Return the request line and headers for a body in these pieces; NoCredentialsError without keys."""
        if self._credentials is None:
            raise exceptions.NoCredentialsError
        frozen = self._credentials.get_frozen_credentials()
        moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        day = moment[:8]
        digest, size = sha256(), 0
        for piece in body:
            digest.update(piece)
            size += len(piece)
        token = f"x-amz-security-token:{frozen.token}\n" if frozen.token else ""
        names = "content-type;host;x-amz-date" + (";x-amz-security-token" if token else "")
        canonical = (
            f"POST\n{self._path}\n\ncontent-type:application/json\nhost:{self._host}\nx-amz-date:{moment}\n"
            f"{token}\n{names}\n{digest.hexdigest()}"
        )
        wanted = f"{_ALGORITHM}\n{moment}\n{day}/{self._scope}\n{sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self._key(frozen.secret_key, day), wanted.encode(), "sha256").hex()
        signed = f"Credential={frozen.access_key}/{day}/{self._scope}, SignedHeaders={names}, Signature={signature}"
        lines = (
            f"POST {self._path} HTTP/1.1",
            f"Host: {self._host}",
            "Content-Type: application/json",
            f"Content-Length: {size}",
            f"X-Amz-Date: {moment}",
            *((f"X-Amz-Security-Token: {frozen.token}",) if token else ()),
            f"Authorization: {_ALGORITHM} {signed}",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _key(self, secret: str, day: str) -> bytes:
        """Return the signing key of a day, made once."""
        known_for, key = self._made
        if known_for != (secret, day):
            key = f"AWS4{secret}".encode()
            for word in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, word.encode(), "sha256")
            self._made = ((secret, day), key)
        return key
