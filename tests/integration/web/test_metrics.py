"""`/metrics` requires the configured token and contains no personal data."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from newsletter.address import Address
from newsletter.audience import add_subscriber, ensure_lists
from newsletter.content import create_publication
from newsletter.errors import SettingsError
from newsletter.settings import read_settings
from newsletter.web.context import WebContext
from tests.integration.web.asgi import make_context, send_request
from tests.integration.web.conftest import now

TOKEN = "a-token-of-some-length"


@pytest.fixture
def context(tmp_path: Path) -> WebContext:
    """A web context with a metrics token and one reader."""
    context = make_context(tmp_path, metrics_token=SecretStr(TOKEN))
    ensure_lists(context.publication.database, context.settings.lists)
    reader = Address.parse("ada@example.org")
    add_subscriber(context.publication.database, context.keyring, reader, "sample", origin="test", now=now())
    return context


def test_with_the_token_metrics_are_in_prometheus_format(context: WebContext) -> None:
    answer = send_request(context, "/metrics", authorization=f"Bearer {TOKEN}")
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    (sample,) = [
        sample
        for sample in families["newsletter_subscriptions"].samples
        if sample.labels == {"list": "sample", "state": "confirmed"}
    ]
    assert sample.value == 1
    assert "@" not in answer.text
    assert "ada" not in answer.text


@pytest.mark.parametrize(
    "headers", ["", "Bearer", "Bearer another-token-of-length", f"Basic {TOKEN}", TOKEN, "Bearer é"]
)
def test_without_the_right_token_metrics_are_refused(context: WebContext, headers: str) -> None:
    answer = send_request(context, "/metrics", authorization=headers, x_forwarded_for="127.0.0.1")
    assert answer.status == 401
    assert "newsletter_" not in answer.text


def test_without_a_configured_token_there_is_no_metrics_page(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    for headers in ("", "Bearer ", "Bearer None"):
        assert send_request(context, "/metrics", client="127.0.0.1", authorization=headers).status == 404


def test_a_short_metrics_token_is_refused(tmp_path: Path) -> None:
    create_publication(tmp_path)
    with pytest.raises(SettingsError, match="NEWSLETTER_METRICS_TOKEN: must have at least 16"):
        read_settings(tmp_path, {"NEWSLETTER_METRICS_TOKEN": "secret"})
    assert read_settings(tmp_path, {"NEWSLETTER_METRICS_TOKEN": ""}).metrics_token is None
