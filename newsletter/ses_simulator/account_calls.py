"""SES calls that manage the account: its suppression list, identities, configuration sets and templates.

Each function answers one operation of the API; it takes the parsed request and returns the response's members.
"""

import hashlib
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from newsletter.ses_simulator.account import Account, ApiError, SuppressedAddress

_MAX_PAGE_SIZE = 1000
_TEMPLATES_PER_PAGE = 10


def get_account(account: Account, _request: dict[str, Any]) -> dict[str, Any]:
    """GetAccount: its limits and its status."""
    account.apply_changes()
    if account.account_error is not None:
        raise account.account_error
    return {
        "SendQuota": {
            "Max24HourSend": account.quota,
            "MaxSendRate": account.rate,
            "SentLast24Hours": account.sent_in_day(),
        },
        "SendingEnabled": account.is_enabled,
        "ProductionAccessEnabled": account.is_in_production,
        "EnforcementStatus": "HEALTHY",
        "DedicatedIpAutoWarmupEnabled": False,
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    }


def put_suppressed(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """PutSuppressedDestination; an address that is suppressed already is no error."""
    account.suppress(request["EmailAddress"], request["Reason"])
    return {}


def get_suppressed(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """GetSuppressedDestination."""
    return {"SuppressedDestination": _summary(_suppressed(account, request["EmailAddress"]))}


def delete_suppressed(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteSuppressedDestination."""
    _suppressed(account, request["EmailAddress"])
    account.suppressed.pop(request["EmailAddress"].lower(), None)
    return {}


def list_suppressed(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """ListSuppressedDestinations, by address; the token is the last address of the page before."""
    start, end, reasons = request.get("StartDate"), request.get("EndDate"), request.get("Reasons")
    after, size = request.get("NextToken", ""), request.get("PageSize", _MAX_PAGE_SIZE)
    entries = [
        entry
        for address, entry in sorted(account.suppressed.items())
        if address > after
        and (not reasons or entry.reason in reasons)
        and (start is None or entry.since >= start)
        and (end is None or entry.since < end)
    ]
    page = {"SuppressedDestinationSummaries": [_summary(entry) for entry in entries[:size]]}
    return page if len(entries) <= size else {**page, "NextToken": entries[size - 1].address.lower()}


def get_identity(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """GetEmailIdentity."""
    name = request["EmailIdentity"].lower()
    if name not in account.identities:
        raise ApiError(404, "NotFoundException", f"Email identity {name} does not exist.")
    return account.identities[name]


def create_identity(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """CreateEmailIdentity: it is verified at once, for the simulator queries no DNS."""
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
            "Tokens": [] if is_address else [_dkim_token(name, number) for number in range(3)],
            "SigningAttributesOrigin": "AWS_SES",
        },
        "MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"},
    }
    identity = account.identities[name]
    return {key: identity[key] for key in ("IdentityType", "VerifiedForSendingStatus", "DkimAttributes")}


def delete_identity(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteEmailIdentity."""
    if account.identities.pop(request["EmailIdentity"].lower(), None) is None:
        raise ApiError(404, "NotFoundException", "Email identity does not exist.")
    return {}


def put_mail_from(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """PutEmailIdentityMailFromAttributes: the MAIL FROM domain is verified at once."""
    identity = get_identity(account, request)
    domain = request.get("MailFromDomain") or ""
    identity["MailFromAttributes"] = {
        **({"MailFromDomain": domain, "MailFromDomainStatus": "SUCCESS"} if domain else {}),
        "BehaviorOnMxFailure": request.get("BehaviorOnMxFailure", "USE_DEFAULT_VALUE"),
    }
    return {}


def list_identities(account: Account, _request: dict[str, Any]) -> dict[str, Any]:
    """ListEmailIdentities."""
    names = ("IdentityType", "VerificationStatus")
    return {
        "EmailIdentities": [
            {"IdentityName": name, "SendingEnabled": True, **{key: identity[key] for key in names}}
            for name, identity in sorted(account.identities.items())
        ]
    }


def create_set(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """CreateConfigurationSet: it publishes nothing yet."""
    name = request["ConfigurationSetName"]
    if name in account.configuration_sets:
        raise ApiError(400, "AlreadyExistsException", f"Configuration set <{name}> already exists.")
    account.configuration_sets[name] = {}
    return {}


def get_set(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """GetConfigurationSet."""
    _destinations(account, request)
    return {
        "ConfigurationSetName": request["ConfigurationSetName"],
        "SendingOptions": {"SendingEnabled": True},
        "ReputationOptions": {"ReputationMetricsEnabled": False},
        "SuppressionOptions": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    }


def delete_set(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteConfigurationSet."""
    _destinations(account, request)
    del account.configuration_sets[request["ConfigurationSetName"]]
    return {}


def list_sets(account: Account, _request: dict[str, Any]) -> dict[str, Any]:
    """ListConfigurationSets."""
    return {"ConfigurationSets": sorted(account.configuration_sets)}


def create_destination(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """CreateConfigurationSetEventDestination; wherever its events should go, the simulator's own targets get them."""
    destinations, name = _destinations(account, request), request["EventDestinationName"]
    if name in destinations:
        raise ApiError(400, "AlreadyExistsException", f"Event destination <{name}> already exists.")
    destinations[name] = request["EventDestination"]
    return {}


def get_destinations(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """GetConfigurationSetEventDestinations."""
    destinations = _destinations(account, request)
    return {"EventDestinations": [{"Name": name, **destination} for name, destination in destinations.items()]}


def update_destination(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateConfigurationSetEventDestination."""
    destinations, name = _destinations(account, request), request["EventDestinationName"]
    if name not in destinations:
        raise ApiError(404, "NotFoundException", "Event destination does not exist.")
    destinations[name] = request["EventDestination"]
    return {}


def delete_destination(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteConfigurationSetEventDestination."""
    if _destinations(account, request).pop(request["EventDestinationName"], None) is None:
        raise ApiError(404, "NotFoundException", "Event destination does not exist.")
    return {}


def create_template(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """CreateEmailTemplate."""
    name = request["TemplateName"]
    if name in account.templates:
        raise ApiError(400, "AlreadyExistsException", f"Template {name} already exists.")
    account.templates[name] = request["TemplateContent"]
    return {}


def get_template(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """GetEmailTemplate."""
    return {"TemplateName": request["TemplateName"], "TemplateContent": _template(account, request)}


def update_template(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateEmailTemplate."""
    _template(account, request)
    account.templates[request["TemplateName"]] = request["TemplateContent"]
    return {}


def delete_template(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteEmailTemplate; one that does not exist is no error, as at SES."""
    account.templates.pop(request["TemplateName"], None)
    return {}


def list_templates(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """ListEmailTemplates, by name; the token is the last name of the page before."""
    after, size = request.get("NextToken", ""), request.get("PageSize", _TEMPLATES_PER_PAGE)
    names = [name for name in sorted(account.templates) if name > after]
    page = {"TemplatesMetadata": [{"TemplateName": name} for name in names[:size]]}
    return page if len(names) <= size else {**page, "NextToken": names[size - 1]}


def _dkim_token(name: str, number: int) -> str:
    return hashlib.sha256(f"{name} {number}".encode()).hexdigest()[:32]


def _template(account: Account, request: dict[str, Any]) -> dict[str, str]:
    name = request["TemplateName"]
    if name not in account.templates:
        raise ApiError(404, "NotFoundException", f"Template {name} does not exist.")
    return account.templates[name]


def _destinations(account: Account, request: dict[str, Any]) -> dict[str, dict[str, Any]]:
    name = request["ConfigurationSetName"]
    if name not in account.configuration_sets:
        raise ApiError(404, "NotFoundException", f"Configuration set <{name}> does not exist.")
    return account.configuration_sets[name]


def _suppressed(account: Account, address: str) -> SuppressedAddress:
    entry = account.suppressed.get(address.lower())
    if entry is None:
        raise ApiError(404, "NotFoundException", f"Email address {address} does not exist on your suppression list.")
    return entry


def _summary(entry: SuppressedAddress) -> dict[str, Any]:
    return {"EmailAddress": entry.address, "Reason": entry.reason, "LastUpdateTime": entry.since.timestamp()}


ACCOUNT_CALLS: MappingProxyType[str, Callable[[Account, dict[str, Any]], dict[str, Any]]] = MappingProxyType(
    {
        "GetAccount": get_account,
        "PutSuppressedDestination": put_suppressed,
        "GetSuppressedDestination": get_suppressed,
        "DeleteSuppressedDestination": delete_suppressed,
        "ListSuppressedDestinations": list_suppressed,
        "CreateEmailIdentity": create_identity,
        "GetEmailIdentity": get_identity,
        "DeleteEmailIdentity": delete_identity,
        "ListEmailIdentities": list_identities,
        "PutEmailIdentityMailFromAttributes": put_mail_from,
        "CreateConfigurationSet": create_set,
        "GetConfigurationSet": get_set,
        "DeleteConfigurationSet": delete_set,
        "ListConfigurationSets": list_sets,
        "CreateConfigurationSetEventDestination": create_destination,
        "GetConfigurationSetEventDestinations": get_destinations,
        "UpdateConfigurationSetEventDestination": update_destination,
        "DeleteConfigurationSetEventDestination": delete_destination,
        "CreateEmailTemplate": create_template,
        "GetEmailTemplate": get_template,
        "UpdateEmailTemplate": update_template,
        "DeleteEmailTemplate": delete_template,
        "ListEmailTemplates": list_templates,
    }
)
"""Each operation that is answered here, by its name in the API."""
