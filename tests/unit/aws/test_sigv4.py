"""Signature Version 4: our signatures equal botocore's."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.aws.sigv4 import SigV4Signer

NOW = datetime(2026, 11, 24, 9, 30, 1, tzinfo=UTC)


def signed_by_botocore(url: str, region: str, keys: Credentials, body: bytes) -> dict[str, str]:
    request = AWSRequest(method="POST", url=url, headers={"Content-Type": "application/json"}, data=body)
    request.context["timestamp"] = NOW.strftime("%Y%m%dT%H%M%SZ")
    signer: Any = SigV4Auth(keys, "ses", region)
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    if keys.token:
        request.headers["X-Amz-Security-Token"] = keys.token
    wanted = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(wanted, request))
    return {name.lower(): str(value) for name, value in request.headers.items()}


@pytest.mark.parametrize("token", [None, "a-token/with+signs="])
@pytest.mark.parametrize(
    "url",
    [
        "https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails",
        "https://email.eu-west-1.amazonaws.com:443/v2/email/outbound-emails",
        "http://127.0.0.1:8005/v2/email/outbound-emails",
        "https://proxy.example:8443/a path/v2/email/outbound-emails",
    ],
)
@settings(max_examples=15, deadline=None)
@given(pieces=st.lists(st.binary(max_size=60), max_size=4), secret=st.text("abcXYZ/+09", min_size=1))
def test_each_signature_equals_botocores(url: str, token: str | None, pieces: list[bytes], secret: str) -> None:
    keys = Credentials("AKIDEXAMPLE", secret, token)
    signer = SigV4Signer(url=url, region="eu-west-1", service="ses", credentials=keys)
    for _ in range(2):
        first, *lines = signer.head(pieces, NOW).decode().strip().split("\r\n")
        ours = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        theirs = signed_by_botocore(url, "eu-west-1", keys, b"".join(pieces))
        assert ours["authorization"] == theirs["authorization"]
        assert ours["x-amz-date"] == theirs["x-amz-date"]
        assert ours.get("x-amz-security-token") == token
        assert ours["content-length"] == str(len(b"".join(pieces)))
        assert first.startswith("POST /")


def test_another_day_or_renewed_credentials_give_another_signing_key() -> None:
    keys = Credentials("AKIDEXAMPLE", "one")
    signer = SigV4Signer(url="https://ses.example/x", region="eu-west-1", service="ses", credentials=keys)
    first = signer.head((b"x",), NOW)
    assert signer.head((b"x",), NOW.replace(day=25)) != first
    keys.secret_key = "two"
    assert signer.head((b"x",), NOW) != first
    keys.secret_key = "one"
    assert signer.head((b"x",), NOW) == first
