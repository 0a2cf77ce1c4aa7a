"""The lean way to SES: botocore's credentials and settings, less the machinery around each call.

It raises what a boto3 client raises, or what `call` would make of it; it never repeats a request.
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
from newsletter.aws.http11 import HttpConnectionPool, HttpResponse
from newsletter.aws.sigv4 import SigV4Signer
from newsletter.errors import SettingsError

_PATH = "/v2/email/outbound-emails"
_OPERATION = "SendEmail"


class LeanSesClient:
    """A client of one operation, SendEmail with a raw message; safe to share between threads."""

    def __init__(self, signer: SigV4Signer, wire: HttpConnectionPool, before_send: Callable[[], None]) -> None:
        self._signer = signer
        self._wire = wire
        self._before_send = before_send

    def send_email(self, **arguments: Any) -> dict[str, Any]:
        """Call SendEmail once; the arguments are boto3's, the message in Content.Raw.Data as bytes."""
        request = self.request(**arguments)
        self._before_send()
        answer = parse_response(self._wire.ask(request))
        if not isinstance(answer, ErrorResponse):
            return answer
        said = {"Code": answer.code, "Message": answer.message}
        raise exceptions.ClientError({"Error": said, "ResponseMetadata": {"HTTPStatusCode": answer.status}}, _OPERATION)

    def request(self, **arguments: Any) -> Sequence[bytes]:
        """Return the signed request of such a call, in pieces."""
        message: bytes = arguments.pop("Content")["Raw"]["Data"]
        body = (
            b'{"Content":{"Raw":{"Data":"',
            b2a_base64(message, newline=False),
            b'"}},' + json.dumps(arguments).encode()[1:],
        )
        return self._signer.head(body, datetime.now(UTC)), *body

    def connect(self) -> socket.socket:
        """Open a connection for such requests; Deferred where that fails."""
        return self._wire.connect()

    def close(self) -> None:
        """Close the kept connections."""
        self._wire.close()


def open_lean_ses(client: Any, *, keys: Credentials | None = None, before_send: Callable[[], None]) -> LeanSesClient:
    """Return a lean client for the endpoint and region of boto3's `client`; it finds the rest as boto3 does.

    `before_send` is called when a request is ready, as boto3's event of that name is.
    """
    url = client.meta.endpoint_url.rstrip("/") + _PATH
    session = open_session(keys)
    bundle = os.environ.get("AWS_CA_BUNDLE") or session._session.get_config_variable("ca_bundle")
    try:
        credentials = session.get_credentials()
        tls = ssl.create_default_context(cafile=get_cert_path(bundle or True))
    except exceptions.BotoCoreError as error:
        raise SettingsError(f"AWS: {error}. Check AWS's own settings") from error
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"AWS_CA_BUNDLE: {bundle}: {error}") from error
    tls.set_alpn_protocols(["http/1.1"])
    proxies = {} if keys else get_environ_proxies(url)
    return LeanSesClient(
        SigV4Signer(url=url, region=client.meta.region_name, service="ses", credentials=credentials),
        HttpConnectionPool(url=url, tls=tls, proxy=proxies.get("https" if url.startswith("https") else "http")),
        before_send,
    )


def parse_response(answer: HttpResponse) -> dict[str, Any] | ErrorResponse:
    """Return what was answered."""
    try:
        said = json.loads(answer.body or b"{}")
    except ValueError:
        said = None
    if not isinstance(said, dict):
        said = {}
    if answer.status < 300:
        return said
    kind = answer.headers.get("x-amzn-errortype", "")
    code = kind.partition(":")[0] or str(said.get("__type") or said.get("code") or answer.status).rpartition("#")[2]
    message = str(said.get("message") or said.get("Message") or "")
    return ErrorResponse(code=code, message=message, status=answer.status)
