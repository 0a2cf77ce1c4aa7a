"""Mail that SES makes itself: from a subject and bodies, or from a template and a recipient's values.

Values are put in by name and escaped nowhere, as SES does. Blocks such as `{{#if}}` are not done here.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from newsletter.ses_simulator.account import Account, ApiError

_NAME = re.compile(r"\{\{\{?\s*([\w.-]+)\s*\}?\}\}")
_BLOCK = re.compile(r"\{\{\{?\s*[#/^>!&]")
_OURS = {"from", "to", "cc", "bcc", "subject", "date", "message-id", "reply-to", "return-path", "content-type"}
"""Headers that only SES itself sets on such mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltMessage:
    """One message as SES made it."""

    message: bytes
    missing: str = ""
    """A name that the values do not have: the mail is dropped later, as a rendering failure."""
    template: str = ""


def make_simple(request: Mapping[str, Any], recipients: Iterable[str]) -> BuiltMessage:
    """Make a message from Content.Simple."""
    simple = request["Content"]["Simple"]
    body = simple["Body"]
    texts = {kind: body[kind]["Data"] for kind in ("Text", "Html") if kind in body}
    if not texts:
        raise ApiError(400, "BadRequestException", "Body has neither Text nor Html.")
    parts = {"Subject": simple["Subject"]["Data"], **texts}
    return BuiltMessage(message=_written(request, recipients, parts, simple))


def make_from_template(
    account: Account,
    request: Mapping[str, Any],
    template: Mapping[str, Any],
    recipients: Iterable[str],
    replacement: str | None = None,
    headers: Iterable[Mapping[str, str]] = (),
) -> BuiltMessage:
    """Make a message from a template, in the call or stored; `replacement` values go over the template's own."""
    name, content = template.get("TemplateName", ""), template.get("TemplateContent")
    if content is None and "TemplateArn" in template:
        name = template["TemplateArn"].rpartition("/")[2]
    if content is None:
        if name not in account.templates:
            raise ApiError(404, "NotFoundException", f"Template {name} does not exist.")
        content = account.templates[name]
    values = read_values(template.get("TemplateData")) | read_values(replacement)
    parts, missing = fill(content, values)
    over = {header["Name"].lower(): header for header in (*template.get("Headers", ()), *headers)}
    written = _written(request, recipients, parts, {**template, "Headers": list(over.values())})
    return BuiltMessage(message=written, missing=missing, template=name)


def fill(content: Mapping[str, str], values: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Return a template's parts with the values in them, and a name that is missing, or ""."""
    missing = ""

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        inner: Any = values
        for word in found[1].split("."):
            inner = inner.get(word) if isinstance(inner, dict) else None
        if inner is None:
            missing = missing or found[1]
            return ""
        return str(inner)

    for text in content.values():
        if _BLOCK.search(text):
            raise ApiError(501, "NotImplementedException", "The pretend SES fills in {{names}} only.")
    return {kind: _NAME.sub(value, text) for kind, text in content.items()}, missing


def read_values(text: str | None) -> dict[str, Any]:
    """Return template data; Refusal when it is no JSON object."""
    try:
        values = json.loads(text or "{}")
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise ApiError(400, "BadRequestException", "Template data is not a JSON object.")
    return values


def _written(
    request: Mapping[str, Any], recipients: Iterable[str], parts: Mapping[str, str], given: Mapping[str, Any]
) -> bytes:
    """Return the message in RFC 5322's form."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = request.get("FromEmailAddress", "")
        message["To"] = ", ".join(recipients)
        message["Subject"] = parts.get("Subject", "")
        if request.get("ReplyToAddresses"):
            message["Reply-To"] = ", ".join(request["ReplyToAddresses"])
        for header in given.get("Headers", ()):
            if header["Name"].lower() in _OURS:
                raise ApiError(400, "BadRequestException", f"Header '{header['Name']}' cannot be set.")
            message[header["Name"]] = header["Value"]
    except ValueError as error:
        raise ApiError(400, "BadRequestException", f"Invalid header: {error}.") from error
    if "Text" in parts:
        message.set_content(parts["Text"])
    if "Html" in parts:
        add = message.add_alternative if "Text" in parts else message.set_content
        add(parts["Html"], subtype="html")
    for attachment in given.get("Attachments", ()):
        kind, _, subkind = attachment.get("ContentType", "application/octet-stream").partition("/")
        message.add_attachment(
            attachment["RawContent"], maintype=kind, subtype=subkind, filename=attachment["FileName"]
        )
    return message.as_bytes()
