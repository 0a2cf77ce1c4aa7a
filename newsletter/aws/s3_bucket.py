"""S3 bucket: reads, writes and deletes objects in Amazon S3, or in another store with S3's API."""

import os
from collections.abc import Callable
from typing import Any

from botocore.config import Config

from newsletter.aws.client import ErrorResponse, call, make_client
from newsletter.errors import Deferred, NewsletterError, SendingHalted, SettingsError, TemporaryError, Uncertain

_ATTEMPTS = 4
"""Unlike an email, an object may be written twice."""
_TIMEOUT = 20
_REMEDIES = {
    "NoSuchBucket": "Create the bucket, or correct its name",
    "AccessDenied": "Allow s3:GetObject, s3:PutObject and, for an archive, s3:DeleteObject on it",
    "AllAccessDisabled": "Ask AWS support",
    "InvalidAccessKeyId": "Check AWS's credentials",
    "SignatureDoesNotMatch": "Check AWS's secret key",
    "ExpiredToken": "Renew AWS's credentials",
    "RequestTimeTooSkewed": "Set this machine's clock",
    "PermanentRedirect": "Set its region",
    "AuthorizationHeaderMalformed": "Set its region",
}
_TEMPORARY = {"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "Throttling"}


class S3Bucket:
    """One bucket; `section` is where newsletter.toml names it, for error messages.

    Each method raises SettingsError or TemporaryError when the store refuses or cannot be reached.
    """

    def __init__(self, name: str, *, region: str | None, endpoint: str | None, section: str) -> None:
        """Make the client; no request is sent yet."""
        self.name = name
        self._section = section
        is_other_store = endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        config = Config(
            retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
            read_timeout=_TIMEOUT,
            request_checksum_calculation="when_required",  # stores other than Amazon's refuse the newer checksums
            s3={"addressing_style": "path" if is_other_store else "auto"},
        )
        self._client = make_client("s3", region=region, endpoint=endpoint, section=section, config=config)

    def exists(self, key: str, size: int | None = None) -> bool:
        """Return whether there is an object, of this size if one is given; one that we may not read does not exist."""
        response = self._call("head_object", Key=key)
        if not isinstance(response, ErrorResponse):
            return size is None or response.get("ContentLength") == size
        if response.status in {403, 404}:  # without ListBucket, S3 answers 403 for a missing object
            return False
        raise self._error_of(key, response)

    def get(self, key: str) -> bytes | None:
        """Return an object's content; None for one that is missing, or that we may not read."""

        def read(**arguments: str) -> dict[str, bytes]:
            return {"content": self._client.get_object(**arguments)["Body"].read()}

        response = self._translated_call(read, Key=key)
        if not isinstance(response, ErrorResponse):
            return bytes(response["content"])
        if response.status in {403, 404} and response.code != "NoSuchBucket":
            return None
        raise self._error_of(key, response)

    def delete(self, key: str) -> None:
        """Delete an object; one that is missing is no error."""
        response = self._call("delete_object", Key=key)
        if isinstance(response, ErrorResponse):
            raise self._error_of(key, response)

    def put(self, key: str, content: bytes, *, content_type: str, cache_control: str) -> None:
        """Write an object."""
        response = self._call("put_object", Key=key, Body=content, ContentType=content_type, CacheControl=cache_control)
        if isinstance(response, ErrorResponse):
            raise self._error_of(key, response)

    def _call(self, operation: str, **arguments: object) -> dict[str, Any] | ErrorResponse:
        return self._translated_call(getattr(self._client, operation), **arguments)

    def _translated_call(self, operation: Callable[..., Any], **arguments: object) -> dict[str, Any] | ErrorResponse:
        try:
            return call(operation, Bucket=self.name, **arguments)
        except SendingHalted as error:
            raise SettingsError(f"{self._section} s3://{self.name}: {error}") from error
        except (Deferred, Uncertain) as error:
            raise TemporaryError(f"{self._section} s3://{self.name} cannot be reached: {error}") from error

    def _error_of(self, key: str, response: ErrorResponse) -> NewsletterError:
        reason = " ".join(response.message.split()).rstrip(".") or f"HTTP status {response.status}"
        message = f"{self._section} s3://{self.name}/{key}: {response.code or response.status}: {reason}"
        if response.code in _TEMPORARY or response.status >= 500:
            return TemporaryError(f"{message}. Run it again")
        return SettingsError(f"{message}. {_REMEDIES.get(response.code, 'Check the bucket and its policy')}")
