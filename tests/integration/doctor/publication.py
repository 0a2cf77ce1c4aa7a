"""A publication that mails for real, with everything in DNS as it should be."""

from pathlib import Path
from typing import Any

import pytest

from newsletter.settings import Settings
from tests.integration.doctor.dns_server import Zone

ZONE: Zone = {
    ("news.example.org", "TXT"): ["v=spf1 include:relay.example.net -all", "something else"],
    ("relay.example.net", "TXT"): ["v=spf1 ip4:192.0.2.0/24 -all"],
    ("r.example.org", "TXT"): ["v=spf1 include:relay.example.net ~all"],
    ("r.example.org", "MX"): ["10 mx.example.org."],
    ("mx.example.org", "A"): ["192.0.2.1"],
    ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=none; rua=mailto:dmarc@example.org"],
}


def settings_for(root: Path, transport: str = "smtp", **more: Any) -> Settings:
    entry = {"title": "T", "from": "T <t@news.example.org>", "list_id": "t.example.org"}
    return Settings.model_validate(
        {
            "publication": {"title": "T", "postal_address": "1 Street"},
            "lists": {"weekly": entry},
            "delivery": {"transport": transport, **more.pop("delivery", {})},
            "replies": {"domain": "r.example.org", **more.pop("replies", {})},
            "web": {"url": "https://example.org"},
            "root": root,
            **more,
        }
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)
