"""The pretend SES's other calls: the account, its suppression list, its configuration sets, its templates."""

import hashlib
from typing import Any

from newsletter.ses_simulator.account import Account, ApiError, SuppressedAddress

_MOST_A_PAGE = 1000
_TEMPLATES_A_PAGE = 10


def get_account(account: Account, _request: dict[str, Any]) -> dict[str, Any]:
    """Say what the account is granted."""
    account.change()
    if account.account_refusal is not None:
        raise account.account_refusal
    return {
        "SendQuota": {
            "Max24HourSend": account.quota,
            "MaxSendRate": account.rate,
            "SentLast24Hours": account.sent_today(),
        },
        "SendingEnabled": account.is_enabled,
        "ProductionAccessEnabled": account.is_in_production,
        "EnforcementStatus": "HEALTHY",
        "DedicatedIpAutoWarmupEnabled": False,
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    }


def put_suppressed(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Add an address; a second time is no fault."""
    account.suppress(request["EmailAddress"], request["Reason"])
    return {}


def get_suppressed(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Say why an address is suppressed."""
    return {"SuppressedDestination": _summary(_found(account, request["EmailAddress"]))}


def delete_suppressed(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Take an address out."""
    _found(account, request["EmailAddress"])
    account.suppressed.pop(request["EmailAddress"].lower(), None)
    return {}


def list_suppressed(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """List a page of them, in order of their addresses; the token is the last address of the page before."""
    start, end, reasons = request.get("StartDate"), request.get("EndDate"), request.get("Reasons")
    after, size = request.get("NextToken", ""), request.get("PageSize", _MOST_A_PAGE)
    found = [
        entry
        for address, entry in sorted(account.suppressed.items())
        if address > after
        and (not reasons or entry.reason in reasons)
        and (start is None or entry.since >= start)
        and (end is None or entry.since < end)
    ]
    page = {"SuppressedDestinationSummaries": [_summary(entry) for entry in found[:size]]}
    return page if len(found) <= size else {**page, "NextToken": found[size - 1].address.lower()}


def get_identity(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Say what is known of a domain or an address."""
    name = request["EmailIdentity"].lower()
    if name not in account.identities:
        raise ApiError(404, "NotFoundException", f"Email identity {name} does not exist.")
    return account.identities[name]


def create_identity(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Make an identity, which is verified at once: the pretend SES asks no name server."""
    name = request["EmailIdentity"].lower()
    if name in account.identities:
        raise ApiError(400, "AlreadyExistsException", f"Email identity {name} already exist.")
    is_address = "@" in name
    account.identities[name] = {
        "IdentityType": "EMAIL_ADDRESS" if is_address else "DOMAIN",
        "VerifiedForSendingStatus": True,
        "VerificationStatus": "SUCCESS",
        "FeedbackForwardingStatus": True,
        "DkimAttributes": {
            "SigningEnabled": not is_address,
            "Status": "NOT_STARTED" if is_address else "SUCCESS",
            "Tokens": [] if is_address else [_token(name, number) for number in range(3)],
            "SigningAttributesOrigin": "AWS_SES",
        },
        "MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"},
    }
    said = account.identities[name]
    return {key: said[key] for key in ("IdentityType", "VerifiedForSendingStatus", "DkimAttributes")}


def delete_identity(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Forget an identity."""
    if account.identities.pop(request["EmailIdentity"].lower(), None) is None:
        raise ApiError(404, "NotFoundException", "Email identity does not exist.")
    return {}


def put_mail_from(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Give an identity a MAIL FROM domain, found to be right at once."""
    found = get_identity(account, request)
    domain = request.get("MailFromDomain") or ""
    found["MailFromAttributes"] = {
        **({"MailFromDomain": domain, "MailFromDomainStatus": "SUCCESS"} if domain else {}),
        "BehaviorOnMxFailure": request.get("BehaviorOnMxFailure", "USE_DEFAULT_VALUE"),
    }
    return {}


def list_identities(account: Account, _request: dict[str, Any]) -> dict[str, Any]:
    """List the identities."""
    names = ("IdentityType", "VerificationStatus")
    return {
        "EmailIdentities": [
            {"IdentityName": name, "SendingEnabled": True, **{key: found[key] for key in names}}
            for name, found in sorted(account.identities.items())
        ]
    }


def create_set(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Make a configuration set, which publishes nothing yet."""
    name = request["ConfigurationSetName"]
    if name in account.sets:
        raise ApiError(400, "AlreadyExistsException", f"Configuration set <{name}> already exists.")
    account.sets[name] = {}
    return {}


def get_set(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Say that a configuration set is there."""
    _destinations(account, request)
    return {
        "ConfigurationSetName": request["ConfigurationSetName"],
        "SendingOptions": {"SendingEnabled": True},
        "ReputationOptions": {"ReputationMetricsEnabled": False},
        "SuppressionOptions": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    }


def delete_set(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Take a configuration set away."""
    _destinations(account, request)
    del account.sets[request["ConfigurationSetName"]]
    return {}


def list_sets(account: Account, _request: dict[str, Any]) -> dict[str, Any]:
    """List the configuration sets."""
    return {"ConfigurationSets": sorted(account.sets)}


def create_destination(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Publish a configuration set's events; wherever they should go, they go into the file of events."""
    destinations, name = _destinations(account, request), request["EventDestinationName"]
    if name in destinations:
        raise ApiError(400, "AlreadyExistsException", f"Event destination <{name}> already exists.")
    destinations[name] = request["EventDestination"]
    return {}


def get_destinations(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Say who hears of a configuration set's events."""
    destinations = _destinations(account, request)
    return {"EventDestinations": [{"Name": name, **given} for name, given in destinations.items()]}


def update_destination(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Publish otherwise."""
    destinations, name = _destinations(account, request), request["EventDestinationName"]
    if name not in destinations:
        raise ApiError(404, "NotFoundException", "Event destination does not exist.")
    destinations[name] = request["EventDestination"]
    return {}


def delete_destination(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Publish no longer."""
    if _destinations(account, request).pop(request["EventDestinationName"], None) is None:
        raise ApiError(404, "NotFoundException", "Event destination does not exist.")
    return {}


def create_template(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Keep a template."""
    name = request["TemplateName"]
    if name in account.templates:
        raise ApiError(400, "AlreadyExistsException", f"Template {name} already exists.")
    account.templates[name] = request["TemplateContent"]
    return {}


def get_template(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Show a template."""
    return {"TemplateName": request["TemplateName"], "TemplateContent": _template(account, request)}


def update_template(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Keep another text under a template's name."""
    _template(account, request)
    account.templates[request["TemplateName"]] = request["TemplateContent"]
    return {}


def delete_template(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Forget a template; one that is not there is no fault, as at SES."""
    account.templates.pop(request["TemplateName"], None)
    return {}


def list_templates(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """List a page of their names; the token is the last name of the page before."""
    after, size = request.get("NextToken", ""), request.get("PageSize", _TEMPLATES_A_PAGE)
    found = [name for name in sorted(account.templates) if name > after]
    page = {"TemplatesMetadata": [{"TemplateName": name} for name in found[:size]]}
    return page if len(found) <= size else {**page, "NextToken": found[size - 1]}


def _token(name: str, number: int) -> str:
    return hashlib.sha256(f"{name} {number}".encode()).hexdigest()[:32]


def _template(account: Account, request: dict[str, Any]) -> dict[str, str]:
    name = request["TemplateName"]
    if name not in account.templates:
        raise ApiError(404, "NotFoundException", f"Template {name} does not exist.")
    return account.templates[name]


def _destinations(account: Account, request: dict[str, Any]) -> dict[str, dict[str, Any]]:
    name = request["ConfigurationSetName"]
    if name not in account.sets:
        raise ApiError(404, "NotFoundException", f"Configuration set <{name}> does not exist.")
    return account.sets[name]


def _found(account: Account, address: str) -> SuppressedAddress:
    entry = account.suppressed.get(address.lower())
    if entry is None:
        raise ApiError(404, "NotFoundException", f"Email address {address} does not exist on your suppression list.")
    return entry


def _summary(entry: SuppressedAddress) -> dict[str, Any]:
    return {"EmailAddress": entry.address, "Reason": entry.reason, "LastUpdateTime": entry.since.timestamp()}
