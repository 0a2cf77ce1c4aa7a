"""Amazon SES checks: the account's permissions and quota, its identities, configuration set and suppression list."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from newsletter.aws import ErrorResponse, call
from newsletter.doctor.check import CheckResult, fail, ok, warn
from newsletter.doctor.clock import check_skew
from newsletter.doctor.ses_identity import SesIdentity, find_identity, ses_client
from newsletter.settings import Settings

_PART = "ses"
_NEEDED_EVENTS = ("SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT")
_TRACKING_EVENTS = ("OPEN", "CLICK")


def check_ses(settings: Settings, *, now: datetime) -> Iterator[CheckResult]:
    """Check the account that `[delivery.ses]` and AWS's own settings name."""
    client = ses_client(settings)
    try:
        answer = call(client.get_account)
        if isinstance(answer, ErrorResponse):
            yield fail(
                _PART,
                "account",
                f"GetAccount was answered with {answer.code}: {answer.message.rstrip('.')}",
                "Check AWS's credentials, and allow ses:GetAccount",
            )
            if answer.status in {401, 403} and answer.code != "AccessDeniedException":
                return
        else:
            yield from _account(answer)
            yield from _clock(answer, now)
        yield from _configuration_set(client, settings)
    finally:
        client.close()
    for domain, address in _senders(settings).items():
        yield from _identity(domain, find_identity(settings, domain, address))


def _senders(settings: Settings) -> dict[str, str]:
    return {
        mailing_list.sender.address.domain.lower(): str(mailing_list.sender.address)
        for mailing_list in reversed(settings.lists.values())
    }


def _account(answer: dict[str, Any]) -> Iterator[CheckResult]:
    status = str(answer.get("EnforcementStatus") or "HEALTHY")
    if answer.get("SendingEnabled") is False or status == "SHUTDOWN":
        yield fail(_PART, "sending", "sending is disabled for this account", "The SES console says why")
    elif status == "PROBATION":
        yield warn(_PART, "sending", "the account is under review", "Answer AWS's email about it soon")
    else:
        yield ok(_PART, "sending", "the account may send")
    if answer.get("ProductionAccessEnabled") is False:
        yield warn(
            _PART,
            "sandbox",
            "the account is in the sandbox: it sends to verified addresses only, 200 messages a day",
            "Ask for production access: docs/going-live.md",
        )
    else:
        yield ok(_PART, "sandbox", "the account is out of the sandbox")
    quota = answer.get("SendQuota") or {}
    most, spent = float(quota.get("Max24HourSend") or -1), float(quota.get("SentLast24Hours") or 0)
    rate = f"{quota.get('MaxSendRate') or 0:,.0f} a second"
    if most >= 0 and spent >= most:
        yield warn(
            _PART,
            "quota",
            f"the quota of {most:,.0f} messages in 24 hours is used up; {rate}",
            "A send waits until quota frees",
        )
    else:
        yield ok(_PART, "quota", rate if most < 0 else f"{most - spent:,.0f} of {most:,.0f} left today, {rate}")
    reasons = set((answer.get("SuppressionAttributes") or {}).get("SuppressedReasons") or ())
    if not {"BOUNCE", "COMPLAINT"} <= reasons:
        yield warn(
            _PART,
            "suppression",
            "SES's suppression list does not cover both bounces and complaints",
            "Enable the account's suppression list for both; newsletter's own works without it",
        )
    else:
        yield ok(_PART, "suppression", "SES suppresses addresses that bounced or complained")


def _clock(answer: dict[str, Any], now: datetime) -> Iterator[CheckResult]:
    header = ((answer.get("ResponseMetadata") or {}).get("HTTPHeaders") or {}).get("date")
    try:
        theirs = parsedate_to_datetime(header) if header else None
    except ValueError:
        theirs = None
    if theirs is not None:
        yield check_skew(now, theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC), "Amazon's clock")


def _identity(domain: str, identity: SesIdentity | None) -> Iterator[CheckResult]:
    name = f"identity {domain}"
    if identity is None:
        yield fail(_PART, name, "no identity in SES, in this region", f"Create one: deploy infra/, or verify {domain}")
        return
    if not identity.is_verified:
        yield fail(
            _PART,
            name,
            f"{identity.name} is not verified for sending",
            "Publish the DNS records that SES asks for, and wait",
        )
    else:
        yield ok(_PART, name, f"{identity.name} is verified")
    if "@" in identity.name:
        yield warn(
            _PART,
            f"DKIM {domain}",
            f"only the address {identity.name} is verified, so nothing is DKIM-signed for {domain}",
            f"Verify the domain {domain} with Easy DKIM",
        )
    elif identity.dkim == "SUCCESS" and identity.is_signing:
        yield ok(_PART, f"DKIM {domain}", "SES signs, and has found the keys in DNS")
    else:
        yield fail(
            _PART,
            f"DKIM {domain}",
            f"status {identity.dkim}{'' if identity.is_signing else ', signing is disabled'}",
            "Publish the three CNAME records that SES names, and enable signing",
        )
    if not identity.mail_from:
        yield warn(
            _PART,
            f"MAIL FROM {domain}",
            "SES's own: SPF says nothing about your domain",
            "Set a custom MAIL FROM domain",
        )
    elif identity.mail_from_status not in {"SUCCESS", "Success"}:
        yield fail(
            _PART,
            f"MAIL FROM {domain}",
            f"{identity.mail_from} has status {identity.mail_from_status or 'unknown'}",
            "Publish its MX and its SPF record, and wait",
        )
    else:
        yield ok(_PART, f"MAIL FROM {domain}", f"{identity.mail_from} is in use")


def _configuration_set(client: Any, settings: Settings) -> Iterator[CheckResult]:
    name = settings.delivery.ses.configuration_set
    if not name:
        yield warn(
            _PART,
            "configuration set",
            "none: deliveries, bounces and complaints are not reported, and uncertain deliveries stay uncertain",
            "Set [delivery.ses] configuration_set to one that publishes events",
        )
        return
    answer = call(client.get_configuration_set, ConfigurationSetName=name)
    if isinstance(answer, ErrorResponse):
        yield fail(
            _PART,
            f"configuration set {name}",
            f"{answer.code}: {answer.message.rstrip('.')}",
            "Create it, correct its name, or allow ses:GetConfigurationSet",
        )
        return
    if (answer.get("SendingOptions") or {}).get("SendingEnabled") is False:
        yield fail(_PART, f"configuration set {name}", "sending is disabled for it", "Enable it in SES")
    else:
        yield ok(_PART, f"configuration set {name}", "it exists")
    destinations = call(client.get_configuration_set_event_destinations, ConfigurationSetName=name)
    if isinstance(destinations, ErrorResponse):
        yield warn(
            _PART,
            f"events of {name}",
            f"cannot be read: {destinations.code}",
            "Allow ses:GetConfigurationSetEventDestinations",
        )
        return
    yield from _event_destinations(name, destinations.get("EventDestinations") or [])


def _event_destinations(name: str, destinations: list[dict[str, Any]]) -> Iterator[CheckResult]:
    enabled = [destination for destination in destinations if destination.get("Enabled")]
    published = {str(kind) for destination in enabled for kind in destination.get("MatchingEventTypes") or ()}
    missing = [kind for kind in _NEEDED_EVENTS if kind not in published]
    if not enabled:
        yield fail(
            _PART,
            f"events of {name}",
            "no event destination is enabled: bounces and complaints reach nobody",
            "Add one to an SNS topic with an SQS queue: deploy infra/",
        )
    elif missing:
        yield warn(
            _PART,
            f"events of {name}",
            f"these are not published: {', '.join(missing)}",
            "Add them to the event destination",
        )
    else:
        yield ok(_PART, f"events of {name}", "all events that newsletter needs are published")
    if tracking := [kind for kind in _TRACKING_EVENTS if kind in published]:
        yield warn(
            _PART,
            f"tracking by {name}",
            f"{' and '.join(tracking)} would record what each reader does, and when",
            "Remove them from the event destination",
        )
