"""A bucket of Amazon S3, or of a store that speaks its tongue: files are asked for, put there and taken away."""

import os
from collections.abc import Callable
from typing import Any

from botocore.config import Config

from newsletter.aws.client import ErrorResponse, call, make_client
from newsletter.errors import Deferred, NewsletterError, SendingHalted, SettingsError, TemporaryError, Uncertain

_ATTEMPTS = 4
"""Unlike a mail, a file may be put twice."""
_SECONDS = 20
_REMEDIES = {
    "NoSuchBucket": "Make the bucket, or mend its name",
    "AccessDenied": "Allow s3:GetObject, s3:PutObject and, for an archive, s3:DeleteObject on it",
    "AllAccessDisabled": "Ask AWS support",
    "InvalidAccessKeyId": "Check AWS's credentials",
    "SignatureDoesNotMatch": "Check AWS's secret key",
    "ExpiredToken": "Renew AWS's credentials",
    "RequestTimeTooSkewed": "Set this machine's clock",
    "PermanentRedirect": "Set its region",
    "AuthorizationHeaderMalformed": "Set its region",
}
_LATER = {"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "Throttling"}


class S3Bucket:
    """One bucket; `section` is where the author named it."""

    def __init__(self, name: str, *, region: str | None, endpoint: str | None, section: str) -> None:
        """Make the client; nothing is asked yet."""
        self.name = name
        self._section = section
        is_elsewhere = endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        more = Config(
            retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
            read_timeout=_SECONDS,
            request_checksum_calculation="when_required",  # stores other than Amazon's refuse the newer ones
            s3={"addressing_style": "path" if is_elsewhere else "auto"},
        )
        self._client = make_client("s3", region=region, endpoint=endpoint, section=section, more=more)

    def holds(self, key: str, size: int | None = None) -> bool:
        """Whether a file lies there, of this size if one is given; what we may not ask for counts as absent."""
        answer = self._call("head_object", Key=key)
        if not isinstance(answer, ErrorResponse):
            return size is None or answer.get("ContentLength") == size
        if answer.status in {403, 404}:  # S3 says 403 of what is not there to whoever may not list the bucket
            return False
        raise self._refusal(key, answer)

    def get(self, key: str) -> bytes | None:
        """Return a file; None for one that is not there, or that we may not ask for."""

        def read(**arguments: str) -> dict[str, bytes]:
            return {"content": self._client.get_object(**arguments)["Body"].read()}

        answer = self._called(read, Key=key)
        if not isinstance(answer, ErrorResponse):
            return bytes(answer["content"])
        if answer.status in {403, 404} and answer.code != "NoSuchBucket":
            return None
        raise self._refusal(key, answer)

    def delete(self, key: str) -> None:
        """Take a file away; one that is not there is no fault."""
        answer = self._call("delete_object", Key=key)
        if isinstance(answer, ErrorResponse):
            raise self._refusal(key, answer)

    def put(self, key: str, content: bytes, *, content_type: str, cache_control: str) -> None:
        """Put a file there; SettingsError or TemporaryError says why that cannot be done."""
        answer = self._call("put_object", Key=key, Body=content, ContentType=content_type, CacheControl=cache_control)
        if isinstance(answer, ErrorResponse):
            raise self._refusal(key, answer)

    def _call(self, operation: str, **arguments: object) -> dict[str, Any] | ErrorResponse:
        return self._called(getattr(self._client, operation), **arguments)

    def _called(self, operation: Callable[..., Any], **arguments: object) -> dict[str, Any] | ErrorResponse:
        try:
            return call(operation, Bucket=self.name, **arguments)
        except SendingHalted as error:
            raise SettingsError(f"{self._section} s3://{self.name}: {error}") from error
        except (Deferred, Uncertain) as error:
            raise TemporaryError(f"{self._section} s3://{self.name} cannot be reached: {error}") from error

    def _refusal(self, key: str, fault: ErrorResponse) -> NewsletterError:
        said = " ".join(fault.message.split()).rstrip(".") or f"HTTP status {fault.status}"
        what = f"{self._section} s3://{self.name}/{key}: {fault.code or fault.status}: {said}"
        if fault.code in _LATER or fault.status >= 500:
            return TemporaryError(f"{what}. Run it again")
        return SettingsError(f"{what}. {_REMEDIES.get(fault.code, 'Check the bucket and its policy')}")
