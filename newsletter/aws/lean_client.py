"""Lean SES client: SendEmail with botocore's credentials and settings, but without its machinery around each call.

A call costs less than half of boto3's CPU time. It raises what a boto3 client raises, or what `translated_errors`
makes of that, and never repeats a request.
"""

import json
import os
import socket
import ssl
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore import exceptions
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies

from newsletter.aws.client import Credentials, ErrorResponse, open_session
from newsletter.aws.http11 import AwsResponse, HttpConnectionPool
from newsletter.aws.sigv4 import SigV4Signer
from newsletter.errors import SettingsError

_PATH = "/v2/email/outbound-emails"
_OPERATION = "SendEmail"


class LeanSesClient:
    """A client of one operation, SendEmail with a raw message; thread-safe."""

    def __init__(self, signer: SigV4Signer, pool: HttpConnectionPool, before_send: Callable[[], None]) -> None:
        self._signer = signer
        self._pool = pool
        self._before_send = before_send

    def send_email(self, **arguments: Any) -> dict[str, Any]:
        """Call SendEmail once; the arguments are boto3's, the message in Content.Raw.Data as bytes."""
        request = self.build_request(**arguments)
        self._before_send()
        response = parse_response(self._pool.send(request))
        if not isinstance(response, ErrorResponse):
            return response
        error = {"Code": response.code, "Message": response.message}
        raise exceptions.ClientError(
            {"Error": error, "ResponseMetadata": {"HTTPStatusCode": response.status}}, _OPERATION
        )

    def build_request(self, **arguments: Any) -> Sequence[bytes]:
        """Return the signed HTTP request of such a call, in pieces."""
        message: bytes = arguments.pop("Content")["Raw"]["Data"]
        body = (
            b'{"Content":{"Raw":{"Data":"',
            b2a_base64(message, newline=False),
            b'"}},' + json.dumps(arguments).encode()[1:],
        )
        return self._signer.head(body, datetime.now(UTC)), *body

    def connect(self) -> socket.socket:
        """Open a connection for such requests; Deferred where that fails."""
        return self._pool.connect()

    def close(self) -> None:
        """Close the kept connections."""
        self._pool.close()


def open_lean_ses(
    client: Any, *, credentials: Credentials | None = None, before_send: Callable[[], None]
) -> LeanSesClient:
    """Return a lean client for the endpoint and region of boto3's `client`; it finds the rest as boto3 does.

    `before_send` is called when a request is ready, as boto3's event of that name is.
    """
    url = client.meta.endpoint_url.rstrip("/") + _PATH
    session = open_session(credentials)
    bundle = os.environ.get("AWS_CA_BUNDLE") or session._session.get_config_variable("ca_bundle")
    try:
        found_credentials = session.get_credentials()
        tls = ssl.create_default_context(cafile=get_cert_path(bundle or True))
    except exceptions.BotoCoreError as error:
        raise SettingsError(f"AWS: {error}. Check AWS's own settings") from error
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"AWS_CA_BUNDLE: {bundle}: {error}. Name a file of PEM certificates") from error
    tls.set_alpn_protocols(["http/1.1"])
    proxies = {} if credentials else get_environ_proxies(url)
    return LeanSesClient(
        SigV4Signer(url=url, region=client.meta.region_name, service="ses", credentials=found_credentials),
        HttpConnectionPool(url=url, tls=tls, proxy=proxies.get("https" if url.startswith("https") else "http")),
        before_send,
    )


def parse_response(response: AwsResponse) -> dict[str, Any] | ErrorResponse:
    """Return what an HTTP response of a rest-json service says."""
    try:
        content = json.loads(response.body or b"{}")
    except ValueError:
        content = None
    if not isinstance(content, dict):
        content = {}
    if response.status < 300:
        return content
    code = response.headers.get("x-amzn-errortype", "").partition(":")[0]
    if not code:
        code = str(content.get("__type") or content.get("code") or response.status).rpartition("#")[2]
    message = str(content.get("message") or content.get("Message") or "")
    return ErrorResponse(code=code, message=message, status=response.status)
