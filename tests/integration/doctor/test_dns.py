"""What the doctor says of DNS, asked of a real name server."""

from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from newsletter.doctor.check import CheckLevel, CheckResult
from newsletter.doctor.dns.domains import check_domains
from newsletter.doctor.dns.resolver import parse_resolver
from newsletter.doctor.runner import CheckGroup, run_groups
from newsletter.settings import Settings
from tests.integration.doctor.dns_server import Zone, serving
from tests.integration.doctor.publication import ZONE, settings_for

_ELEVEN = " ".join(f"a:{number}.example" for number in range(11))


def look(settings: Settings, zone: Zone) -> dict[str, CheckResult]:
    with serving(zone) as place:
        return {check.name: check for check in check_domains(settings, parse_resolver(place))}


def changed(name: str, kind: str, *records: str) -> Zone:
    """The zone with other records under a name; with none of them if none are given."""
    rest = {key: value for key, value in ZONE.items() if key != (name, kind)}
    return {**rest, (name, kind): list(records)} if records else rest


def test_records_as_they_should_be_are_ok(settings: Settings) -> None:
    found = look(settings, ZONE)
    assert {check.level for check in found.values()} <= {CheckLevel.OK, CheckLevel.WARN}
    assert found["SPF r.example.org"].level is CheckLevel.OK
    assert found["MX r.example.org"].level is CheckLevel.OK
    assert found["DMARC news.example.org"].message == "p=none, found at _dmarc.example.org"
    assert found["alignment news.example.org"].level is CheckLevel.OK


@pytest.mark.parametrize(
    ("zone", "name", "words"),
    [
        (changed("r.example.org", "TXT"), "SPF r.example.org", "no SPF"),
        (changed("r.example.org", "TXT", "v=spf1 -all", "v=spf1 ~all"), "SPF r.example.org", "2 SPF records"),
        (changed("r.example.org", "TXT", "v=spf1 +all"), "SPF r.example.org", "everybody"),
        (changed("r.example.org", "TXT", f"v=spf1 {_ELEVEN} -all"), "SPF r.example.org", "11 lookups"),
        (changed("r.example.org", "MX"), "MX r.example.org", "no MX"),
        (changed("r.example.org", "MX", "0 ."), "MX r.example.org", "accepts no mail"),
        (changed("r.example.org", "MX", "5 gone.example.org."), "MX r.example.org", "has no address"),
        (changed("_dmarc.example.org", "TXT"), "DMARC news.example.org", "no DMARC"),
        (
            changed("_dmarc.example.org", "TXT", "v=DMARC1; rua=mailto:a@b.example"),
            "DMARC news.example.org",
            "not a policy",
        ),
    ],
)
def test_what_keeps_letters_from_arriving_fails_with_a_remedy(
    settings: Settings, zone: Zone, name: str, words: str
) -> None:
    check = look(settings, zone)[name]
    assert check.level is CheckLevel.FAIL
    assert words in check.message
    assert check.remedy


def test_lookups_are_counted_through_includes(settings: Settings) -> None:
    zone = dict(ZONE)
    zone[("r.example.org", "TXT")] = ["v=spf1 include:a.example include:b.example -all"]
    for name in ("a.example", "b.example"):
        zone[(name, "TXT")] = ["v=spf1 " + " ".join(f"include:{n}.{name}" for n in range(5)) + " -all"]
    check = look(settings, zone)["SPF r.example.org"]
    assert (check.level, "12 lookups" in check.message) == (CheckLevel.FAIL, True)


def test_records_that_include_each_other_come_to_an_end(settings: Settings) -> None:
    zone = {**ZONE, ("r.example.org", "TXT"): ["v=spf1 include:r.example.org include:x.example -all"]}
    zone[("x.example", "TXT")] = ["v=spf1 include:r.example.org -all"]
    assert look(settings, zone)["SPF r.example.org"].level is CheckLevel.OK


def test_a_policy_that_is_strict_counts_no_other_subdomain(settings: Settings) -> None:
    zone = dict(ZONE)
    zone[("_dmarc.example.org", "TXT")] = ["v=DMARC1; p=reject; adkim=s; aspf=s; rua=mailto:a@example.org"]
    found = look(settings, zone)["alignment news.example.org"]
    assert "is not" in found.message
    elsewhere = settings_for(settings.root, delivery={"dkim": {"selector": "s", "domain": "example.org", "key": "k"}})
    assert look(elsewhere, zone)["alignment news.example.org"].level is CheckLevel.FAIL


def test_a_name_server_that_does_not_answer_keeps_nobody_waiting(settings: Settings, tmp_path: Path) -> None:
    with serving(ZONE, is_silent=True) as place:
        dns = parse_resolver(place)
        began = monotonic()
        found = list(run_groups([CheckGroup(name="dns", run=lambda: check_domains(settings, dns))], seconds=1.0))
        assert monotonic() - began < 30
    assert [check.level for check in found] == [CheckLevel.FAIL]
    assert "within 1 seconds" in found[0].message


def test_a_name_that_cannot_be_asked_is_said(settings: Settings) -> None:
    with serving(ZONE, is_silent=True) as place:
        dns = replace(parse_resolver(place), seconds=0.5)
        part = CheckGroup(name="dns", run=lambda: check_domains(settings, dns))
        found = list(run_groups([part], seconds=10))
    assert "no name server answered" in found[0].message
    assert "name servers" in found[0].remedy
