"""SPF check: whether a domain has exactly one record, which can be evaluated and ends in `all` (RFC 7208)."""

from collections.abc import Iterator, Sequence

from newsletter.doctor.check import CheckResult, fail, ok, warn
from newsletter.doctor.dns.resolver import Resolver

_PART = "dns"
_MAX_LOOKUPS = 10
"""RFC 7208, section 4.6.4: with more, receivers give up and nothing passes."""
_LOOKUP_TERMS = {"include", "a", "mx", "ptr", "exists", "redirect"}


def check_spf(domain: str, dns: Resolver, *, must_include: str | None = None) -> Iterator[CheckResult]:
    """Check the SPF record of the domain in the envelope sender."""
    name = f"SPF {domain}"
    if domain == "amazonses.com":
        yield warn(
            _PART,
            name,
            "the envelope sender is SES's own, so SPF passes but says nothing about your domain",
            "Set a custom MAIL FROM domain in SES",
        )
        return
    records = _records(dns.require(domain, "TXT"))
    if not records:
        yield fail(_PART, name, "no SPF record", f"Publish a TXT record at {domain}: {_suggested(must_include)}")
        return
    if len(records) > 1:
        yield fail(_PART, name, f"{len(records)} SPF records: receivers ignore them all", "Merge them into one")
        return
    terms = records[0].lower().split()[1:]
    last = next((term for term in terms if term.lstrip("+-~?") == "all"), "")
    lookups = _lookups(domain, terms, dns, seen=set())
    if last in {"all", "+all"}:
        yield fail(_PART, name, "it allows everybody to send (+all)", "End it with ~all or -all")
    elif lookups > _MAX_LOOKUPS:
        yield fail(
            _PART,
            name,
            f"it needs {lookups} lookups and receivers make at most {_MAX_LOOKUPS}: nothing passes",
            "Remove servers that do not send for you",
        )
    elif must_include and not any(term.lstrip("+") == f"include:{must_include}" for term in terms):
        yield warn(_PART, name, f"it does not include {must_include}", f"Add include:{must_include}")
    elif not last and not any(term.startswith("redirect=") for term in terms):
        yield warn(
            _PART, name, "it does not end in all, so it says nothing about other servers", "End it with ~all or -all"
        )
    else:
        yield ok(_PART, name, records[0] if len(records[0]) < 80 else f"{records[0][:77]}...")


def _records(texts: Sequence[str]) -> list[str]:
    return [text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


def _lookups(domain: str, terms: list[str], dns: Resolver, *, seen: set[str]) -> int:
    """Count the lookups that an evaluation needs at most, those of included records too."""
    seen.add(domain)
    count = 0
    for term in terms:
        bare = term.lstrip("+-~?")
        word, _, target = bare.partition("=") if bare.startswith("redirect=") else bare.partition(":")
        word = word.partition("/")[0]
        if word not in _LOOKUP_TERMS:
            continue
        count += 1
        if word in {"include", "redirect"} and target and "%" not in target and target not in seen:
            inner = _records(dns.query(target, "TXT") or ())
            if inner:
                count += _lookups(target, inner[0].lower().split()[1:], dns, seen=seen)
        if count > 2 * _MAX_LOOKUPS:
            break
    return count


def _suggested(include: str | None) -> str:
    return f"v=spf1 include:{include} ~all" if include else "v=spf1 a mx ~all, and what else sends for you"
