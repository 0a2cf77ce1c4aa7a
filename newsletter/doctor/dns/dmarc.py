"""DMARC: the policy that holds for a domain, and whether what we send is aligned with it (RFC 7489)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from newsletter.doctor.check import CheckResult, fail, ok, warn
from newsletter.doctor.dns.resolver import Resolver

_PART = "dns"
_SHORT = 3
"""A second level of at most so many letters below a country is a registry's: co.uk, com.au."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcPolicy:
    """A DMARC record, and where it was found."""

    place: str
    tags: Mapping[str, str]
    count: int = 1


def find_dmarc_policy(domain: str, dns: Resolver) -> DmarcPolicy | None:
    """Return the policy of a domain, else that of the organisation above it; None where there is none."""
    for candidate in dict.fromkeys((domain, organisational_domain(domain))):
        records = [
            text for text in dns.require(f"_dmarc.{candidate}", "TXT") if text.replace(" ", "")[:8] == "v=DMARC1"
        ]
        if records:
            pairs = (part.partition("=")[::2] for part in records[0].split(";") if "=" in part)
            tags = {name.strip().lower(): value.strip() for name, value in pairs}
            return DmarcPolicy(place=candidate, tags=tags, count=len(records))
    return None


def organisational_domain(domain: str) -> str:
    """Return the domain that was registered, by rule of thumb: without the list of all registries' own domains."""
    labels = domain.split(".")
    if len(labels) <= 2:
        return domain
    is_below_registry = len(labels[-1]) == 2 and len(labels[-2]) <= _SHORT
    return ".".join(labels[-3:] if is_below_registry else labels[-2:])


def is_aligned(one: str, other: str, *, strict: bool) -> bool:
    """Return whether two domains count as one for DMARC (section 3.1)."""
    return one == other or (not strict and organisational_domain(one) == organisational_domain(other))


def check_dmarc(
    domain: str, policy: DmarcPolicy | None, *, signers: tuple[str, ...], envelope: str
) -> Iterator[CheckResult]:
    """Judge a policy, and whether a signature by `signers`, or SPF of `envelope`, satisfies it."""
    name = f"DMARC {domain}"
    if policy is None:
        yield fail(
            _PART,
            name,
            "no DMARC record, which Gmail, Yahoo and Outlook want of who mails many",
            f"Publish TXT of _dmarc.{organisational_domain(domain)}: v=DMARC1; p=none; rua=mailto:YOU",
        )
        return
    tags = policy.tags
    wanted = tags.get("sp", tags.get("p", "")) if policy.place != domain else tags.get("p", "")
    if policy.count > 1:
        yield fail(_PART, name, f"{policy.count} records: receivers take none of them", "Make one of them")
    elif wanted.lower() not in {"none", "quarantine", "reject"}:
        yield fail(_PART, name, f"p={wanted or '(nothing)'} is no policy", "Say p=none, quarantine or reject")
    elif "rua" not in tags:
        yield warn(_PART, name, f"p={wanted}, and nobody gets the reports", "Add rua=mailto:YOU to it")
    else:
        yield ok(_PART, name, f"p={wanted}, found at _dmarc.{policy.place}")
    yield _judge_alignment(domain, tags, signers=signers, envelope=envelope)


def _judge_alignment(domain: str, tags: Mapping[str, str], *, signers: tuple[str, ...], envelope: str) -> CheckResult:
    by_dkim = [each for each in signers if is_aligned(each, domain, strict=tags.get("adkim", "r").lower() == "s")]
    by_spf = is_aligned(envelope, domain, strict=tags.get("aspf", "r").lower() == "s")
    name = f"alignment {domain}"
    if by_dkim and by_spf:
        return ok(_PART, name, f"DKIM of {by_dkim[0]} and SPF of {envelope} both count for it")
    if by_dkim:
        return ok(_PART, name, f"DKIM of {by_dkim[0]} counts for it; SPF of {envelope} does not, which is enough")
    if by_spf:
        return warn(
            _PART,
            name,
            f"only SPF of {envelope} counts for it, which forwarding breaks",
            f"Sign with DKIM for {domain}",
        )
    return fail(
        _PART,
        name,
        f"neither DKIM nor SPF of {envelope} counts for it: DMARC fails for every letter",
        f"Sign with DKIM for {domain}",
    )
