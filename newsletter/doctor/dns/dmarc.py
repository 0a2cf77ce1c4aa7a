"""DMARC check: the policy that applies to a domain, and whether our messages are aligned with it (RFC 7489)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from newsletter.doctor.check import CheckResult, fail, ok, warn
from newsletter.doctor.dns.resolver import Resolver

_PART = "dns"
_SHORT = 3
"""A second-level domain of at most so many letters below a country code is a registry's: co.uk, com.au."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcPolicy:
    """A DMARC record and the domain it was found at."""

    found_at: str
    tags: Mapping[str, str]
    count: int = 1


def find_dmarc_policy(domain: str, dns: Resolver) -> DmarcPolicy | None:
    """Return a domain's policy, else its organisational domain's; None if there is none."""
    for candidate in dict.fromkeys((domain, organisational_domain(domain))):
        records = [
            text for text in dns.require(f"_dmarc.{candidate}", "TXT") if text.replace(" ", "")[:8] == "v=DMARC1"
        ]
        if records:
            pairs = (part.partition("=")[::2] for part in records[0].split(";") if "=" in part)
            tags = {name.strip().lower(): value.strip() for name, value in pairs}
            return DmarcPolicy(found_at=candidate, tags=tags, count=len(records))
    return None


def organisational_domain(domain: str) -> str:
    """Return the registered domain, by a rule of thumb instead of the Public Suffix List."""
    labels = domain.split(".")
    if len(labels) <= 2:
        return domain
    is_below_registry = len(labels[-1]) == 2 and len(labels[-2]) <= _SHORT
    return ".".join(labels[-3:] if is_below_registry else labels[-2:])


def is_aligned(one: str, other: str, *, strict: bool) -> bool:
    """Return whether two domains are aligned (RFC 7489, section 3.1)."""
    return one == other or (not strict and organisational_domain(one) == organisational_domain(other))


def check_dmarc(
    domain: str, policy: DmarcPolicy | None, *, signers: tuple[str, ...], envelope: str
) -> Iterator[CheckResult]:
    """Check a policy, and whether DKIM by one of `signers`, or SPF of `envelope`, is aligned with the domain."""
    name = f"DMARC {domain}"
    if policy is None:
        yield fail(
            _PART,
            name,
            "no DMARC record, which Gmail, Yahoo and Outlook require of bulk senders",
            f"Publish a TXT record at _dmarc.{organisational_domain(domain)}: v=DMARC1; p=none; rua=mailto:YOU",
        )
        return
    tags = policy.tags
    requested = tags.get("sp", tags.get("p", "")) if policy.found_at != domain else tags.get("p", "")
    if policy.count > 1:
        yield fail(_PART, name, f"{policy.count} records: receivers ignore them all", "Merge them into one")
    elif requested.lower() not in {"none", "quarantine", "reject"}:
        yield fail(_PART, name, f"p={requested or '(nothing)'} is not a policy", "Set p=none, quarantine or reject")
    elif "rua" not in tags:
        yield warn(_PART, name, f"p={requested}, and nobody receives the reports", "Add rua=mailto:YOU to it")
    else:
        yield ok(_PART, name, f"p={requested}, found at _dmarc.{policy.found_at}")
    yield _check_alignment(domain, tags, signers=signers, envelope=envelope)


def _check_alignment(domain: str, tags: Mapping[str, str], *, signers: tuple[str, ...], envelope: str) -> CheckResult:
    by_dkim = [signer for signer in signers if is_aligned(signer, domain, strict=tags.get("adkim", "r").lower() == "s")]
    by_spf = is_aligned(envelope, domain, strict=tags.get("aspf", "r").lower() == "s")
    name = f"alignment {domain}"
    if by_dkim and by_spf:
        return ok(_PART, name, f"DKIM of {by_dkim[0]} and SPF of {envelope} are both aligned")
    if by_dkim:
        return ok(_PART, name, f"DKIM of {by_dkim[0]} is aligned, which is enough; SPF of {envelope} is not")
    if by_spf:
        return warn(
            _PART,
            name,
            f"only SPF of {envelope} is aligned, which forwarding breaks",
            f"Sign with DKIM for {domain}",
        )
    return fail(
        _PART,
        name,
        f"neither DKIM nor SPF of {envelope} is aligned: DMARC fails for every message",
        f"Sign with DKIM for {domain}",
    )
