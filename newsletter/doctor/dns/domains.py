"""Domain checks: SPF, DKIM and DMARC of every sender's domain, and the MX of the domain that replies go to."""

from collections.abc import Iterator

from newsletter.delivery.message import open_dkim_signer, unpublished_dkim_keys
from newsletter.doctor.check import CheckResult, fail, fail_with, ok, warn
from newsletter.doctor.dns.dmarc import check_dmarc, find_dmarc_policy
from newsletter.doctor.dns.resolver import Resolver
from newsletter.doctor.dns.spf import check_spf
from newsletter.doctor.ses_identity import SesIdentity, find_identity
from newsletter.errors import NewsletterError
from newsletter.settings import ListSettings, Settings

_PART = "dns"


def check_domains(settings: Settings, dns: Resolver) -> Iterator[CheckResult]:
    """Check SPF, DKIM and DMARC of every sender's domain, and the MX of the reply domain."""
    senders = {each.sender.address.domain.lower(): (name, each) for name, each in settings.lists.items()}
    for domain, (name, mailing_list) in senders.items():
        yield from _check_sender(domain, name, mailing_list, settings, dns)
    for domain in _reply_domains(settings):
        yield check_mx(domain, settings, dns)


def _check_sender(
    domain: str, list_name: str, sender: ListSettings, settings: Settings, dns: Resolver
) -> Iterator[CheckResult]:
    identity: SesIdentity | None = None
    if settings.delivery.transport == "ses":
        try:
            identity = find_identity(settings, domain, str(sender.sender.address))
        except NewsletterError:
            identity = None  # which the group "ses" reports
    envelope = _envelope_domain(domain, settings, identity)
    is_ses = settings.delivery.transport == "ses"
    yield from check_spf(envelope, dns, must_include="amazonses.com" if is_ses and envelope == domain else None)
    if identity is not None and identity.mail_from:
        yield from _check_mail_from(identity.mail_from, settings, dns)
    signed = tuple(_check_dkim(domain, list_name, settings, identity, dns))
    yield from (check for check, _ in signed)
    policy = find_dmarc_policy(domain, dns)
    yield from check_dmarc(domain, policy, signers=tuple(name for _, name in signed if name), envelope=envelope)


def _envelope_domain(domain: str, settings: Settings, identity: SesIdentity | None) -> str:
    """Return the domain whose SPF record receivers look up: that of the envelope sender."""
    if settings.delivery.transport == "ses":
        return (identity.mail_from if identity else "") or "amazonses.com"
    if settings.replies.domain:
        return settings.replies.domain.lower()
    return settings.replies.address.domain.lower() if settings.replies.address else domain


def _check_mail_from(domain: str, settings: Settings, dns: Resolver) -> Iterator[CheckResult]:
    hosts = [record.split()[-1].rstrip(".").lower() for record in dns.require(domain, "MX")]
    name = f"MAIL FROM {domain}"
    region = settings.delivery.ses.region
    expected = f"feedback-smtp.{region or 'REGION'}.amazonses.com"
    valid = [host for host in hosts if host.startswith("feedback-smtp.") and host.endswith(".amazonses.com")]
    if len(hosts) != 1 or not valid or (region and valid != [expected]):
        yield fail(
            _PART,
            name,
            f"its MX is {', '.join(hosts) or 'missing'}: SES needs its own, and no other",
            f"Publish a single MX for {domain}: 10 {expected}",
        )
    else:
        yield ok(_PART, name, f"its MX is {hosts[0]}")


def _check_dkim(
    domain: str, list_name: str, settings: Settings, identity: SesIdentity | None, dns: Resolver
) -> Iterator[tuple[CheckResult, str]]:
    """Yield a result for each signature, with the domain that it is of; "" if it will not verify."""
    name = f"DKIM {domain}"
    if settings.delivery.dkim:
        try:
            signer = open_dkim_signer(settings, list_name)
            missing = unpublished_dkim_keys(signer, lambda dns_name: dns.query(dns_name, "TXT")) if signer else ()
        except NewsletterError as error:
            yield fail_with(_PART, name, error), ""
        else:
            for line in missing:
                yield fail(_PART, name, line, "Publish its public key there, as v=DKIM1; p=..."), ""
            if signer and not missing:
                for key in signer.keys:
                    yield ok(_PART, name, f"{key.dns_name} publishes the key that signs"), key.domain
    if identity is not None:
        yield from _check_ses_dkim(identity, dns)
    elif not settings.delivery.dkim and settings.delivery.transport == "smtp":
        yield (
            warn(
                _PART,
                name,
                "whether the relay signs cannot be checked from here",
                "newsletter doctor --mail shows it, or sign here with [delivery.dkim]",
            ),
            domain,
        )


def _check_ses_dkim(identity: SesIdentity, dns: Resolver) -> Iterator[tuple[CheckResult, str]]:
    name = f"DKIM {identity.name}"
    if not identity.tokens:
        return
    for token in identity.tokens:
        dns_name = f"{token}._domainkey.{identity.name}"
        target = dns.require(dns_name, "CNAME")
        if not target:
            text = dns.query(dns_name, "TXT")
            if text and any("p=" in record for record in text):
                continue  # a flattened CNAME works as well
            yield (
                fail(_PART, name, f"{dns_name} is missing", f"Publish it as a CNAME of {token}.dkim.amazonses.com"),
                "",
            )
            return
    yield ok(_PART, name, f"{len(identity.tokens)} keys of SES are published"), identity.name


def _reply_domains(settings: Settings) -> Iterator[str]:
    if settings.replies.domain:
        yield settings.replies.domain.lower()
    elif settings.replies.address:
        yield settings.replies.address.domain.lower()


def check_mx(domain: str, settings: Settings, dns: Resolver) -> CheckResult:
    """Check the MX of a domain to which replies and bounces go."""
    name = f"MX {domain}"
    hosts = [record.split()[-1].rstrip(".").lower() for record in dns.require(domain, "MX")]
    if hosts == [""]:
        return fail(_PART, name, "it accepts no mail (null MX, RFC 7505)", "Publish an MX that accepts replies")
    if not hosts:
        return fail(_PART, name, "no MX: replies and bounces go nowhere", _mx_remedy(settings))
    at_ses = [host for host in hosts if host.startswith("inbound-smtp.") and host.endswith(".amazonaws.com")]
    if (settings.replies.mailbox or "").startswith("sqs:") and not at_ses:
        return fail(_PART, name, f"it is {', '.join(hosts)}, not SES", _mx_remedy(settings))
    without_address = [host for host in hosts if not (dns.query(host, "A") or dns.query(host, "AAAA"))]
    if len(without_address) == len(hosts):
        return fail(_PART, name, f"{', '.join(without_address)} has no address", "Correct the MX, or the host it names")
    return ok(_PART, name, ", ".join(hosts))


def _mx_remedy(settings: Settings) -> str:
    if (settings.replies.mailbox or "").startswith("sqs:"):
        region = settings.delivery.ses.region or "REGION"
        return f"Publish an MX: 10 inbound-smtp.{region}.amazonaws.com"
    return "Publish an MX of the server that has the mailbox"
