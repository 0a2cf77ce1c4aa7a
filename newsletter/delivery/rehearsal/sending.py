"""The pretend SES's sends: SendEmail with a raw message, SendBulkEmail with a template in the call."""

import json
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from newsletter.delivery.rehearsal.account import Account, Refusal, Taken
from newsletter.delivery.rehearsal.events import events_of
from newsletter.delivery.rehearsal.journal import Journal
from newsletter.delivery.rehearsal.messages import MOST_RECIPIENTS, check_message, check_recipients, check_tags

_BULK_STATUS = {
    "Maximum sending rate exceeded.": "ACCOUNT_THROTTLED",
    "Daily message quota exceeded.": "ACCOUNT_DAILY_QUOTA_EXCEEDED",
}


@dataclass(slots=True, kw_only=True)
class Hatch:
    """Where mail is handed in: what it takes is in the journal before anybody is told."""

    account: Account
    accepted: Journal | None
    """One line for each message taken."""
    events: Journal | None
    is_keeping: bool = False
    """Whether messages are kept in memory."""
    taken: list[Taken] = field(default_factory=list)

    def send_email(self, request: dict[str, Any], mishap: str | None) -> dict[str, Any]:
        """Take one message; Refusal when it is not taken."""
        raw = request["Content"].get("Raw")
        if raw is None:
            raise Refusal(501, "NotImplementedException", "The pretend SES takes raw messages here.")
        head = check_message(raw["Data"])
        destination = request.get("Destination", {})
        recipients = check_recipients(
            address
            for place in ("ToAddresses", "CcAddresses", "BccAddresses")
            for address in destination.get(place, [])
        )
        tags = check_tags(request.get("EmailTags", []))
        self._check_sending(request)
        source = request.get("FromEmailAddress") or _header(head, b"from")
        self.account.grant(recipients)
        taken = self._take(request, recipients, source, tags, raw["Data"], head, mishap)
        return {"MessageId": taken.message_id}

    def send_bulk_email(self, request: dict[str, Any], mishap: str | None) -> dict[str, Any]:
        """Take up to 50 messages made from one template; each entry has its own answer."""
        entries = request["BulkEmailEntries"]
        if len(entries) > MOST_RECIPIENTS:
            raise Refusal(400, "BadRequestException", f"Recipient count exceeds {MOST_RECIPIENTS}.")
        self._check_sending(request)
        return {"BulkEmailEntryResults": [self._send_entry(request, entry, mishap) for entry in entries]}

    def _send_entry(self, request: dict[str, Any], entry: dict[str, Any], mishap: str | None) -> dict[str, Any]:
        template = request["DefaultContent"].get("Template", {})
        content = template.get("TemplateContent")
        if content is None:
            return {"Status": "TEMPLATE_NOT_FOUND", "Error": "The pretend SES keeps no templates."}
        tags = check_tags(request.get("DefaultEmailTags", []))
        tags |= check_tags(entry.get("ReplacementTags", []))
        try:
            recipients = check_recipients(entry["Destination"].get("ToAddresses", []))
            values = _values(template.get("TemplateData")) | _values(
                entry.get("ReplacementEmailContent", {})
                .get("ReplacementTemplate", {})
                .get("ReplacementTemplateData")
            )
            self.account.grant(recipients)
        except Refusal as refusal:
            return {"Status": _BULK_STATUS.get(str(refusal), "INVALID_PARAMETER"), "Error": str(refusal)}
        source = request.get("FromEmailAddress", "")
        headers = [*template.get("Headers", []), *entry.get("ReplacementHeaders", [])]
        lines = [
            f"From: {source}",
            f"To: {', '.join(recipients)}",
            f"Subject: {_filled(content.get('Subject', ''), values)}",
            *(f"{header['Name']}: {header['Value']}" for header in headers),
        ]
        head = "\r\n".join(lines).encode()
        body = _filled(content.get("Html") or content.get("Text") or "", values).encode()
        taken = self._take(request, recipients, source, tags, head + b"\r\n\r\n" + body, head, mishap)
        return {"Status": "SUCCESS", "MessageId": taken.message_id}

    def _check_sending(self, request: dict[str, Any]) -> None:
        if not self.account.is_enabled:
            raise Refusal(400, "SendingPausedException", "Sending is paused for this account.")
        name = request.get("ConfigurationSetName")
        if name is not None and name not in self.account.sets:
            raise Refusal(404, "NotFoundException", f"Configuration set <{name}> does not exist.")

    def _take(
        self,
        request: dict[str, Any],
        recipients: tuple[str, ...],
        source: str,
        tags: dict[str, str],
        message: bytes,
        head: bytes,
        mishap: str | None,
    ) -> Taken:
        taken = Taken(
            message_id=f"0102{int(time.time() * 1000):012x}-{uuid4()}-000000",
            recipients=recipients,
            source=source,
            tags=tags,
            configuration_set=request.get("ConfigurationSetName"),
            at=datetime.now(UTC),
            size=len(message),
            message=message if self.is_keeping else b"",
        )
        if self.accepted is not None:
            self.accepted.add(_line(taken))
        self.taken.append(taken)
        if self.events is not None and (published := events_of(taken, head, self.account, mishap)):
            self.events.add(*published)
        return taken


def open_hatch(account: Account, folder: Path | None, *, is_keeping: bool) -> Hatch:
    """Return a hatch that writes accepted.jsonl and events.jsonl into `folder`; without one it writes nothing."""
    return Hatch(
        account=account,
        accepted=Journal(folder / "accepted.jsonl") if folder else None,
        events=Journal(folder / "events.jsonl") if folder else None,
        is_keeping=is_keeping,
    )


def _line(taken: Taken) -> dict[str, object]:
    return {
        "at": taken.at.isoformat(),
        **taken.tags,
        "recipients": list(taken.recipients),
        "message_id": taken.message_id,
        "size": taken.size,
    }


def _values(text: str | None) -> dict[str, Any]:
    try:
        values = json.loads(text or "{}")
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise Refusal(400, "BadRequestException", "Template data is not a JSON object.")
    return values


def _filled(template: str, values: dict[str, Any]) -> str:
    """Substitute as SES does within a call: by name only, escaping nothing."""
    return re.sub(r"\{\{\{?\s*(\w+)\s*\}?\}\}", lambda found: str(values.get(found[1], "")), template)


def _header(head: bytes, name: bytes) -> str:
    found = re.search(rb"^" + name + rb":[ \t]*(.*)$", head, re.MULTILINE | re.IGNORECASE)
    return found[1].strip().decode("utf-8", "replace") if found else ""
