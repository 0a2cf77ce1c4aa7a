"""The lean way to SES: botocore's credentials and signature over its own HTTP session, less its machinery.

It raises what a boto3 client raises, so that `call` judges both alike; it never repeats a request.
"""

import json
import os
import socket
from base64 import b64encode
from typing import Any

from botocore import exceptions
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from newsletter.aws.client import ANSWER_SECONDS, CONNECT_SECONDS, Keys, open_session
from newsletter.errors import EditSettings

_PATH = "/v2/email/outbound-emails"
_OPERATION = "SendEmail"


class LeanSes:
    """A client of one operation, SendEmail with a raw message; safe to share between threads."""

    def __init__(self, *, url: str, region: str, credentials: Any, session: URLLib3Session) -> None:
        self._url = url
        self._region = region
        self._credentials = credentials
        self._session = session

    def send_email(self, **arguments: Any) -> dict[str, Any]:
        """Call SendEmail once; the arguments are boto3's, the message in Content.Raw.Data as bytes."""
        message: bytes = arguments.pop("Content")["Raw"]["Data"]
        rest = json.dumps(arguments).encode()[1:]
        request = AWSRequest(
            method="POST",
            url=self._url,
            headers={"Content-Type": "application/json"},
            data=b'{"Content":{"Raw":{"Data":"' + b64encode(message) + b'"}},' + rest,
        )
        if self._credentials is None:
            raise exceptions.NoCredentialsError
        SigV4Auth(self._credentials.get_frozen_credentials(), "ses", self._region).add_auth(request)
        answer = self._session.send(request.prepare())
        return _read(answer.status_code, answer.headers.get("x-amzn-ErrorType", ""), answer.content)

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()


def open_lean_ses(client: Any, *, connections: int, keys: Keys | None = None) -> LeanSes:
    """Return a lean client for the endpoint and region of boto3's `client`; it finds the rest as boto3 does."""
    url = client.meta.endpoint_url.rstrip("/") + _PATH
    session = open_session(keys)
    bundle = os.environ.get("AWS_CA_BUNDLE") or session._session.get_config_variable("ca_bundle")
    try:
        credentials = session.get_credentials()
    except exceptions.BotoCoreError as error:
        raise EditSettings(f"AWS: {error}. Check AWS's own settings") from error
    return LeanSes(
        url=url,
        region=client.meta.region_name,
        credentials=credentials,
        session=URLLib3Session(
            verify=bundle or True,
            proxies={} if keys else get_environ_proxies(url),
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            max_pool_connections=connections,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # head and body are written apart
        ),
    )


def _read(status: int, kind: str, content: bytes) -> dict[str, Any]:
    """Return what was answered; ClientError for a fault, as boto3 raises it."""
    try:
        answer = json.loads(content or b"{}")
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        answer = {}
    if status < 300:
        return answer
    code = kind.partition(":")[0] or str(answer.get("__type") or answer.get("code") or status).rpartition("#")[2]
    message = str(answer.get("message") or answer.get("Message") or "")
    raise exceptions.ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, _OPERATION
    )
