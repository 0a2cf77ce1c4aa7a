"""The one maker of boto3 clients: one attempt a call, and every fault returned as a plain value.

The SDK would repeat a call whose answer was lost, and each repetition of a send is another real mail.
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

CONNECT_SECONDS = 5
RESPONSE_TIMEOUT = 60
"""Long, for each answer that is given up leaves doubt."""

_KEY_LENGTH = 20
_BEFORE_ANY_REQUEST = ("certificate", "handshake", "wrong_version", "wrong version")
"""What OpenSSL says while a connection is being made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResponse:
    """What a service answered instead of doing what it was asked."""

    code: str
    message: str
    status: int
    """The HTTP status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Credentials that are handed in instead of looked up."""

    access: str
    secret: str = field(repr=False)


def open_session(keys: Credentials | None) -> boto3.Session:
    """Return a session for these keys, or for whatever the environment and ~/.aws name."""
    core = session.Session(session_vars={"profile": (None, None, None, None)} if keys else None)
    loader = _loader(core.get_config_variable("data_path"))
    core.register_component("data_loader", loader)
    named = {"aws_access_key_id": keys.access, "aws_secret_access_key": keys.secret} if keys else {}
    opened = boto3.Session(botocore_session=core, **named)
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)  # each session adds boto3's own once more
    return opened


@cache
def _loader(data_path: str | None) -> Any:
    """Return what reads the descriptions of services, each once in a process: reading takes longer than a call."""
    return create_loader(data_path)


def make_client(
    service: str,
    *,
    region: str | None,
    endpoint: str | None,
    connections: int = 8,
    keys: Credentials | None = None,
    section: str = "[delivery.ses]",
    more: Config | None = None,
) -> Any:
    """Return a client of `service`; the environment and ~/.aws decide what is not given.

    With `keys` it goes to the endpoint directly, past any proxy, and no credentials are looked up. `section` is
    the author's, as faults name it; `more` goes before what all clients have.
    Raises SettingsError when no region is known, or the profile that is named does not exist.
    """
    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=RESPONSE_TIMEOUT,
        max_pool_connections=connections,
        parameter_validation=False,
        proxies={} if keys else None,
    ).merge(more or Config())
    region = region or os.environ.get("AWS_REGION")  # which boto3 itself does not read
    try:
        return open_session(keys).client(service, region_name=region, endpoint_url=endpoint, config=config)
    except exceptions.NoRegionError as error:
        raise SettingsError(f"{section} region is not set, nor is AWS_REGION") from error
    except (exceptions.BotoCoreError, ValueError) as error:
        raise SettingsError(f"AWS: {error}. Check {section} and AWS's own settings") from error


def account_id_of(client: Any) -> str:
    """Return the number of the account that a client calls, else a name that its access key alone has.

    An access key holds its account's number in base32; very old ones do not.
    """
    try:
        credentials = getattr(client, "_get_credentials", lambda: None)()
        access = credentials.get_frozen_credentials().access_key if credentials else ""
    except exceptions.BotoCoreError:
        access = ""
    try:
        octets = b32decode(access[4:]) if len(access) == _KEY_LENGTH else b""
    except ValueError:
        octets = b""
    return f"{(int.from_bytes(octets[:6], 'big') & 0x7FFFFFFFFF80) >> 7:012}" if octets else str(access)


def call(operation: Callable[..., Any], **arguments: Any) -> dict[str, Any] | ErrorResponse:
    """Call once and return the answer, or the fault that the service answered; raises what `told_apart` does."""
    try:
        with translated_errors():
            answer: dict[str, Any] = operation(**arguments)
    except exceptions.ClientError as error:
        said = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return ErrorResponse(code=str(said.get("Code", "")), message=str(said.get("Message", "")), status=status)
    return answer


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn what botocore raises within the block into what it means for the request.

    Raises Deferred when it certainly did not reach the service, Uncertain when it may have been carried out,
    SendingHalted when there are no valid credentials to sign it with; the service's own faults stay ClientErrors.
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
        if any(word in str(error).lower() for word in _BEFORE_ANY_REQUEST):
            raise Deferred(f"AWS: no TLS: {error}") from error
        raise Uncertain(f"AWS: the connection broke: {error}") from error
    except (exceptions.HTTPClientError, ResponseParserError) as error:
        raise Uncertain(f"AWS: no answer after the request was sent: {error}") from error
    except exceptions.BotoCoreError as error:
        raise SendingHalted(f"AWS: {error}") from error
