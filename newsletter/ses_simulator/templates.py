"""Messages that SES builds itself: from a subject and bodies, or from a template and its values.

Values are inserted by name and not escaped, as SES does. Blocks such as `{{#if}}` are not supported.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from newsletter.ses_simulator.account import Account, ApiError

_VARIABLE = re.compile(r"\{\{\{?\s*([\w.-]+)\s*\}?\}\}")
_BLOCK = re.compile(r"\{\{\{?\s*[#/^>!&]")
_RESERVED_HEADERS = {
    *("from", "to", "cc", "bcc", "subject", "date", "message-id", "reply-to", "return-path", "content-type"),
}
"""Headers that only SES itself sets on such a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltMessage:
    """One message as SES built it."""

    message: bytes
    missing: str = ""
    """A variable without a value: the message is dropped later, as a rendering failure."""
    template: str = ""


def build_simple(request: Mapping[str, Any], recipients: Iterable[str]) -> BuiltMessage:
    """Build a message from Content.Simple."""
    simple = request["Content"]["Simple"]
    body = simple["Body"]
    texts = {kind: body[kind]["Data"] for kind in ("Text", "Html") if kind in body}
    if not texts:
        raise ApiError(400, "BadRequestException", "Body has neither Text nor Html.")
    parts = {"Subject": simple["Subject"]["Data"], **texts}
    return BuiltMessage(message=_serialise(request, recipients, parts, simple))


def build_from_template(
    account: Account,
    request: Mapping[str, Any],
    template: Mapping[str, Any],
    recipients: Iterable[str],
    replacement_data: str | None = None,
    replacement_headers: Iterable[Mapping[str, str]] = (),
) -> BuiltMessage:
    """Build a message from a template, in the request or stored; replacements override the template's own values."""
    name, content = template.get("TemplateName", ""), template.get("TemplateContent")
    if content is None and "TemplateArn" in template:
        name = template["TemplateArn"].rpartition("/")[2]
    if content is None:
        if name not in account.templates:
            raise ApiError(404, "NotFoundException", f"Template {name} does not exist.")
        content = account.templates[name]
    values = _parse_values(template.get("TemplateData")) | _parse_values(replacement_data)
    parts, missing = _fill(content, values)
    headers = {header["Name"].lower(): header for header in (*template.get("Headers", ()), *replacement_headers)}
    message = _serialise(request, recipients, parts, {**template, "Headers": list(headers.values())})
    return BuiltMessage(message=message, missing=missing, template=name)


def _fill(content: Mapping[str, str], values: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Return a template's parts with the values in them, and the first variable without a value, or ""."""
    missing = ""

    def value_of(variable: re.Match[str]) -> str:
        nonlocal missing
        value: Any = values
        for key in variable[1].split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            missing = missing or variable[1]
            return ""
        return str(value)

    for text in content.values():
        if _BLOCK.search(text):
            raise ApiError(501, "NotImplementedException", "The simulator fills in {{names}} only.")
    return {kind: _VARIABLE.sub(value_of, text) for kind, text in content.items()}, missing


def _parse_values(text: str | None) -> dict[str, Any]:
    """Return template data; ApiError when it is not a JSON object."""
    try:
        values = json.loads(text or "{}")
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise ApiError(400, "BadRequestException", "Template data is not a JSON object.")
    return values


def _serialise(
    request: Mapping[str, Any], recipients: Iterable[str], parts: Mapping[str, str], extras: Mapping[str, Any]
) -> bytes:
    """Return the message as RFC 5322 bytes; `extras` may hold Headers and Attachments."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = request.get("FromEmailAddress", "")
        message["To"] = ", ".join(recipients)
        message["Subject"] = parts.get("Subject", "")
        if request.get("ReplyToAddresses"):
            message["Reply-To"] = ", ".join(request["ReplyToAddresses"])
        for header in extras.get("Headers", ()):
            if header["Name"].lower() in _RESERVED_HEADERS:
                raise ApiError(400, "BadRequestException", f"Header '{header['Name']}' cannot be set.")
            message[header["Name"]] = header["Value"]
    except ValueError as error:
        raise ApiError(400, "BadRequestException", f"Invalid header: {error}.") from error
    if "Text" in parts:
        message.set_content(parts["Text"])
    if "Html" in parts:
        add = message.add_alternative if "Text" in parts else message.set_content
        add(parts["Html"], subtype="html")
    for attachment in extras.get("Attachments", ()):
        maintype, _, subtype = attachment.get("ContentType", "application/octet-stream").partition("/")
        message.add_attachment(
            attachment["RawContent"], maintype=maintype, subtype=subtype, filename=attachment["FileName"]
        )
    return message.as_bytes()
