"""Doctor's checks of an SES account, against the simulator over HTTP."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.doctor.check import CheckLevel, CheckResult
from newsletter.doctor.dns.domains import check_domains
from newsletter.doctor.dns.resolver import parse_resolver
from newsletter.doctor.ses import check_ses
from newsletter.ses_simulator import account_calls
from newsletter.ses_simulator.account import Account
from newsletter.ses_simulator.server import publish_events, run_simulator
from tests.integration.doctor.dns_server import Zone, serving
from tests.integration.doctor.publication import ZONE, settings_for

DOMAIN = "news.example.org"


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def ready(**more: Any) -> Account:
    account = Account(**more)
    account_calls.create_identity(account, {"EmailIdentity": DOMAIN})
    account_calls.put_mail_from(account, {"EmailIdentity": DOMAIN, "MailFromDomain": f"bounce.{DOMAIN}"})
    publish_events(account, "news")
    kinds = ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"]
    account.configuration_sets["news"]["simulator"] = {"Enabled": True, "MatchingEventTypes": kinds}
    return account


def look(
    root: Path, account: Account, *, zone: Zone | None = None, now: datetime | None = None
) -> dict[str, CheckResult]:
    with run_simulator(account) as ses:
        ses_settings = {"endpoint": ses.url, "region": "eu-west-1", "configuration_set": "news"}
        settings = settings_for(root, "ses", delivery={"ses": ses_settings})
        if zone is None:
            return {check.name: check for check in check_ses(settings, now=now or datetime.now(UTC))}
        with serving(zone) as place:
            return {check.name: check for check in check_domains(settings, parse_resolver(place))}


def zone_for(account: Account) -> dict[tuple[str, str], list[str]]:
    zone = {key: list(value) for key, value in ZONE.items()}
    zone[(f"bounce.{DOMAIN}", "MX")] = ["10 feedback-smtp.eu-west-1.amazonses.com."]
    zone[(f"bounce.{DOMAIN}", "TXT")] = ["v=spf1 include:amazonses.com -all"]
    for token in account.identities[DOMAIN]["DkimAttributes"]["Tokens"]:
        zone[(f"{token}._domainkey.{DOMAIN}", "CNAME")] = [f"{token}.dkim.amazonses.com."]
    return zone


def test_an_account_as_it_should_be_is_ok(tmp_path: Path) -> None:
    found = look(tmp_path, ready())
    assert {check.level for check in found.values()} == {CheckLevel.OK}, found
    assert {f"identity {DOMAIN}", f"DKIM {DOMAIN}", f"MAIL FROM {DOMAIN}", "events of news"} <= set(found)


def test_dns_as_ses_wants_it_is_ok_and_aligned(tmp_path: Path) -> None:
    account = ready()
    found = look(tmp_path, account, zone=zone_for(account))
    assert {check.level for check in found.values()} == {CheckLevel.OK}, found
    assert "are both aligned" in found[f"alignment {DOMAIN}"].message


@pytest.mark.parametrize(
    ("missing", "name"),
    [
        ((f"bounce.{DOMAIN}", "MX"), f"MAIL FROM bounce.{DOMAIN}"),
        ((f"bounce.{DOMAIN}", "TXT"), f"SPF bounce.{DOMAIN}"),
        (("", "CNAME"), f"DKIM {DOMAIN}"),
    ],
)
def test_a_record_that_ses_needs_and_is_missing_fails(tmp_path: Path, missing: tuple[str, str], name: str) -> None:
    account = ready()
    zone = {
        key: value
        for key, value in zone_for(account).items()
        if key != missing and key[1] != (missing[0] or missing[1])
    }
    assert look(tmp_path, account, zone=zone)[name].level is CheckLevel.FAIL


def test_the_sandbox_is_told_and_a_switched_off_account_fails(tmp_path: Path) -> None:
    assert look(tmp_path, ready(is_in_production=False))["sandbox"].level is CheckLevel.WARN
    assert look(tmp_path, ready(is_enabled=False))["sending"].level is CheckLevel.FAIL
    assert look(tmp_path, ready(quota=100.0, spent=100.0))["quota"].level is CheckLevel.WARN


def test_no_identity_no_configuration_set_and_no_destination_fail(tmp_path: Path) -> None:
    bare = Account()
    found = look(tmp_path, bare)
    assert found[f"identity {DOMAIN}"].level is CheckLevel.FAIL
    assert found["configuration set news"].level is CheckLevel.FAIL
    silent = ready()
    silent.configuration_sets["news"] = {}
    assert look(tmp_path, silent)["events of news"].level is CheckLevel.FAIL


def test_events_that_are_missing_or_personal_are_told(tmp_path: Path) -> None:
    account = ready()
    account.configuration_sets["news"]["simulator"]["MatchingEventTypes"] = ["SEND", "BOUNCE", "OPEN"]
    found = look(tmp_path, account)
    assert "DELIVERY, COMPLAINT, REJECT" in found["events of news"].message
    assert found["tracking by news"].level is CheckLevel.WARN


def test_a_parent_domain_that_is_verified_serves(tmp_path: Path) -> None:
    account = ready()
    account.identities["example.org"] = account.identities.pop(DOMAIN)
    assert look(tmp_path, account)[f"identity {DOMAIN}"].message == "example.org is verified"


def test_an_identity_that_waits_for_dns_fails(tmp_path: Path) -> None:
    account = ready()
    account.identities[DOMAIN] |= {"VerifiedForSendingStatus": False}
    account.identities[DOMAIN]["DkimAttributes"]["Status"] = "PENDING"
    found = look(tmp_path, account)
    assert [found[name].level for name in (f"identity {DOMAIN}", f"DKIM {DOMAIN}")] == [
        CheckLevel.FAIL,
        CheckLevel.FAIL,
    ]


def test_a_clock_that_is_off_is_seen_by_amazons(tmp_path: Path) -> None:
    found = look(tmp_path, ready(), now=datetime.now(UTC) + timedelta(minutes=9))
    assert found["Amazon's clock"].level is CheckLevel.FAIL
