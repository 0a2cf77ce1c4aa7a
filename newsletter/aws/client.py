"""boto3 clients: made in one place, one attempt a call, and each error response returned as a value.

botocore by itself would retry a call whose answer was lost, and each retry of a send is another real email.
"""

import os
from base64 import b32decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore import exceptions, session
from botocore.config import Config
from botocore.loaders import create_loader
from botocore.parsers import ResponseParserError

from newsletter.errors import Deferred, SendingHalted, SettingsError, Uncertain

CONNECT_TIMEOUT = 5
"""Seconds."""
RESPONSE_TIMEOUT = 60
"""Seconds; long, because a response that we stop waiting for leaves it uncertain whether the call was carried out."""

_ACCESS_KEY_LENGTH = 20
_HANDSHAKE_ERRORS = ("certificate", "handshake", "wrong_version", "wrong version")
"""What OpenSSL says when it fails before any request is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResponse:
    """An error that a service answered instead of doing what it was asked."""

    code: str
    message: str
    status: int
    """The HTTP status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """AWS credentials that are handed in instead of looked up."""

    access: str
    secret: str = field(repr=False)


def open_session(credentials: Credentials | None) -> boto3.Session:
    """Return a boto3 session with these credentials, or with what the environment and ~/.aws provide."""
    core = session.Session(session_vars={"profile": (None, None, None, None)} if credentials else None)
    loader = _loader(core.get_config_variable("data_path"))
    core.register_component("data_loader", loader)
    given = (
        {"aws_access_key_id": credentials.access, "aws_secret_access_key": credentials.secret} if credentials else {}
    )
    opened = boto3.Session(botocore_session=core, **given)
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)  # each session adds boto3's own path once more
    return opened


@cache
def _loader(data_path: str | None) -> Any:
    """Return botocore's loader of service models, one for the process: loading a model takes longer than a call."""
    return create_loader(data_path)


def make_client(
    service: str,
    *,
    region: str | None,
    endpoint: str | None,
    connections: int = 8,
    credentials: Credentials | None = None,
    section: str = "[delivery.ses]",
    config: Config | None = None,
) -> Any:
    """Return a boto3 client of `service`; the environment and ~/.aws decide what is not given.

    With `credentials` it connects to the endpoint directly, past any proxy. `section` is where the author names the
    service in newsletter.toml, for error messages; `config` overrides what all clients have.
    Raises SettingsError when no region is known, or the profile that is named does not exist.
    """
    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=RESPONSE_TIMEOUT,
        max_pool_connections=connections,
        parameter_validation=False,
        proxies={} if credentials else None,
    ).merge(config or Config())
    region = region or os.environ.get("AWS_REGION")  # which boto3 itself does not read
    try:
        return open_session(credentials).client(service, region_name=region, endpoint_url=endpoint, config=config)
    except exceptions.NoRegionError as error:
        raise SettingsError(f"{section}: no region. Set region there, or AWS_REGION in the environment") from error
    except (exceptions.BotoCoreError, ValueError) as error:
        raise SettingsError(f"AWS: {error}. Check {section}, and AWS's own settings") from error


def account_id_of(client: Any) -> str:
    """Return the 12-digit account id of a client's credentials, else its access key id.

    An access key id encodes the account id in base32; very old ones do not.
    """
    try:
        credentials = getattr(client, "_get_credentials", lambda: None)()
        access_key = credentials.get_frozen_credentials().access_key if credentials else ""
    except exceptions.BotoCoreError:
        access_key = ""
    try:
        octets = b32decode(access_key[4:]) if len(access_key) == _ACCESS_KEY_LENGTH else b""
    except ValueError:
        octets = b""
    return f"{(int.from_bytes(octets[:6], 'big') & 0x7FFFFFFFFF80) >> 7:012}" if octets else str(access_key)


def call(operation: Callable[..., Any], **arguments: Any) -> dict[str, Any] | ErrorResponse:
    """Call a client's operation once; return its response or its error. Raises what `translated_errors` does."""
    try:
        with translated_errors():
            response: dict[str, Any] = operation(**arguments)
    except exceptions.ClientError as error:
        details = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return ErrorResponse(code=str(details.get("Code", "")), message=str(details.get("Message", "")), status=status)
    return response


@contextmanager
def translated_errors() -> Iterator[None]:
    """Translate botocore's exceptions to ours, by what they mean for the request.

    Raises Deferred when it certainly did not reach the service, Uncertain when it may have been carried out, and
    SendingHalted when there are no valid credentials to sign it with. The service's own errors stay ClientErrors.
    """
    try:
        yield
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise SendingHalted(f"AWS: {error}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE") from error
    except (
        exceptions.ConnectTimeoutError,
        exceptions.EndpointConnectionError,
        exceptions.ProxyConnectionError,
    ) as error:
        raise Deferred(f"AWS: {error}") from error
    except exceptions.SSLError as error:
        if any(phrase in str(error).lower() for phrase in _HANDSHAKE_ERRORS):
            raise Deferred(f"AWS: no TLS connection: {error}") from error
        raise Uncertain(f"AWS: the connection was lost: {error}") from error
    except (exceptions.HTTPClientError, ResponseParserError) as error:
        raise Uncertain(f"AWS: no answer after the request was sent: {error}") from error
    except exceptions.BotoCoreError as error:
        raise SendingHalted(f"AWS: {error}") from error
