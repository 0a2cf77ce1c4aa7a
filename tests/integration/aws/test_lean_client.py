"""Lean SES client: it is worth its code only while it takes less than half of boto3's CPU time a call."""

import time
from contextlib import closing

import pytest

from bench.load.serving import serving
from newsletter.aws import Credentials
from newsletter.delivery.transports.base import Envelope
from newsletter.delivery.transports.ses import open_ses
from newsletter.settings import SesSettings
from tests.contract.submitter import Submitter

pytestmark = pytest.mark.slow

CALLS = 120
MESSAGE = b"From: news@b.example\r\nSubject: x\r\n\r\n" + (b"y" * 74 + b"\r\n") * 660


def cost(url: str, client: str) -> float:
    """Seconds of CPU for so many calls over one connection, after one that opens the connection."""
    settings = {"endpoint": url, "region": "eu-west-1", "client": client}
    keys = Credentials(access="testing", secret="testing")
    with closing(Submitter(open_ses(SesSettings.model_validate(settings), keys))) as submitter:
        begun = 0.0
        for number in range(CALLS + 1):
            envelope = Envelope(
                delivery_id=number,
                mailing_id=3,
                slug="x",
                sender="b@x.example",
                from_address="news@b.example",
                recipient=f"{number}@c.example",
            )
            submitter.submit(envelope, MESSAGE)
            begun = begun or time.process_time()
        return time.process_time() - begun


def test_the_lean_client_takes_less_than_half_of_boto3s_cpu_time() -> None:
    with serving(1e6) as served:
        assert min(cost(served.url, "lean") for _ in range(3)) < min(cost(served.url, "boto3") for _ in range(3)) / 2
    assert served.found["taken"] == 6 * (CALLS + 1)
