"""Amazon SES: what the account may do, its identities, its configuration set, its list of suppressed addresses."""

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
_NEEDED = ("SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT")
_PERSONAL = ("OPEN", "CLICK")


def check_ses(settings: Settings, *, now: datetime) -> Iterator[CheckResult]:
    """Look at the account as `[delivery.ses]` and AWS's own settings reach it."""
    client = ses_client(settings)
    try:
        answer = call(client.get_account)
        if isinstance(answer, ErrorResponse):
            yield fail(
                _PART,
                "account",
                f"GetAccount was answered {answer.code}: {answer.message.rstrip('.')}",
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
    return {each.sender.address.domain.lower(): str(each.sender.address) for each in reversed(settings.lists.values())}


def _account(answer: dict[str, Any]) -> Iterator[CheckResult]:
    status = str(answer.get("EnforcementStatus") or "HEALTHY")
    if answer.get("SendingEnabled") is False or status == "SHUTDOWN":
        yield fail(_PART, "sending", "sending is switched off for this account", "See SES's console for why")
    elif status == "PROBATION":
        yield warn(_PART, "sending", "the account is under review", "Answer AWS's mail about it, soon")
    else:
        yield ok(_PART, "sending", "the account may send")
    if answer.get("ProductionAccessEnabled") is False:
        yield warn(
            _PART,
            "sandbox",
            "the account is in the sandbox: it mails verified addresses only, 200 a day",
            "Ask for production access: docs/going-live.md",
        )
    else:
        yield ok(_PART, "sandbox", "the account is out of the sandbox")
    quota = answer.get("SendQuota") or {}
    most, spent = float(quota.get("Max24HourSend") or -1), float(quota.get("SentLast24Hours") or 0)
    said = f"{quota.get('MaxSendRate') or 0:,.0f} a second"
    if most >= 0 and spent >= most:
        yield warn(_PART, "quota", f"all {most:,.0f} of 24 hours are spent; {said}", "A send waits until it frees")
    else:
        yield ok(_PART, "quota", said if most < 0 else f"{most - spent:,.0f} of {most:,.0f} left today, {said}")
    reasons = set((answer.get("SuppressionAttributes") or {}).get("SuppressedReasons") or ())
    if not {"BOUNCE", "COMPLAINT"} <= reasons:
        yield warn(
            _PART,
            "suppression",
            "SES does not keep bounced and complaining addresses from being mailed",
            "Switch the account's suppression list on for both; ours works without it",
        )
    else:
        yield ok(_PART, "suppression", "SES keeps a list of bounced and complaining addresses")


def _clock(answer: dict[str, Any], now: datetime) -> Iterator[CheckResult]:
    written = ((answer.get("ResponseMetadata") or {}).get("HTTPHeaders") or {}).get("date")
    try:
        theirs = parsedate_to_datetime(written) if written else None
    except ValueError:
        theirs = None
    if theirs is not None:
        yield check_skew(now, theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC), "Amazon's clock")


def _identity(domain: str, identity: SesIdentity | None) -> Iterator[CheckResult]:
    name = f"identity {domain}"
    if identity is None:
        yield fail(_PART, name, "no identity at SES, in this region", f"Create one: deploy infra/, or verify {domain}")
        return
    if not identity.is_verified:
        yield fail(
            _PART,
            name,
            f"{identity.name} is not verified for sending",
            "Publish the records that SES asks for, wait",
        )
    else:
        yield ok(_PART, name, f"{identity.name} is verified")
    if "@" in identity.name:
        yield warn(
            _PART,
            f"DKIM {domain}",
            f"only the address {identity.name} is verified, so nothing signs for {domain}",
            f"Verify the domain {domain} with Easy DKIM",
        )
    elif identity.dkim == "SUCCESS" and identity.is_signing:
        yield ok(_PART, f"DKIM {domain}", "SES signs, and has found its keys in DNS")
    else:
        yield fail(
            _PART,
            f"DKIM {domain}",
            f"status {identity.dkim}{'' if identity.is_signing else ', signing is off'}",
            "Publish the three CNAMEs that SES names, and switch signing on",
        )
    if not identity.mail_from:
        yield warn(
            _PART,
            f"MAIL FROM {domain}",
            "SES's own: SPF says nothing of your domain",
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
            "none: nothing reports deliveries, bounces and complaints, and nothing settles doubt",
            "Set [delivery.ses] configuration_set to one that publishes events",
        )
        return
    answer = call(client.get_configuration_set, ConfigurationSetName=name)
    if isinstance(answer, ErrorResponse):
        yield fail(
            _PART,
            f"configuration set {name}",
            f"{answer.code}: {answer.message.rstrip('.')}",
            "Create it, mend its name, or allow ses:GetConfigurationSet",
        )
        return
    if (answer.get("SendingOptions") or {}).get("SendingEnabled") is False:
        yield fail(_PART, f"configuration set {name}", "sending is switched off for it", "Switch it on in SES")
    else:
        yield ok(_PART, f"configuration set {name}", "it is there")
    found = call(client.get_configuration_set_event_destinations, ConfigurationSetName=name)
    if isinstance(found, ErrorResponse):
        yield warn(
            _PART,
            f"events of {name}",
            f"cannot be seen: {found.code}",
            "Allow ses:GetConfigurationSetEventDestinations",
        )
        return
    yield from _destinations(name, found.get("EventDestinations") or [])


def _destinations(name: str, found: list[dict[str, Any]]) -> Iterator[CheckResult]:
    enabled = [each for each in found if each.get("Enabled")]
    heard = {str(kind) for each in enabled for kind in each.get("MatchingEventTypes") or ()}
    missing = [kind for kind in _NEEDED if kind not in heard]
    if not enabled:
        yield fail(
            _PART,
            f"events of {name}",
            "no destination that is switched on: bounces and complaints are heard by nobody",
            "Add one to an SNS topic with an SQS queue: deploy infra/",
        )
    elif missing:
        yield warn(
            _PART,
            f"events of {name}",
            f"these are not published: {', '.join(missing)}",
            "Add them to the destination",
        )
    else:
        yield ok(_PART, f"events of {name}", "all that is needed is published")
    if personal := [kind for kind in _PERSONAL if kind in heard]:
        yield warn(
            _PART,
            f"tracking by {name}",
            f"{' and '.join(personal)} would record what single readers do, and when",
            "Take them out of the destination",
        )
