"""The pretend SES's sends: SendEmail, and SendBulkEmail with a template in the call or stored."""

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from newsletter.ses_simulator.account import AcceptedMessage, Account, ApiError
from newsletter.ses_simulator.event_targets import EventTarget, wrap_event
from newsletter.ses_simulator.events import events_for
from newsletter.ses_simulator.journal import JsonLinesFile
from newsletter.ses_simulator.message_checks import MOST_RECIPIENTS, check_message, check_recipients, check_tags
from newsletter.ses_simulator.templates import BuiltMessage, make_from_template, make_simple

_BULK_STATUS = {
    "Maximum sending rate exceeded.": "ACCOUNT_THROTTLED",
    "Daily message quota exceeded.": "ACCOUNT_DAILY_QUOTA_EXCEEDED",
    "NotFoundException": "TEMPLATE_NOT_FOUND",
    "MessageRejected": "MESSAGE_REJECTED",
}


@dataclass(slots=True, kw_only=True)
class MessageIntake:
    """Where mail is handed in: what it takes is in the journal before anybody is told."""

    account: Account
    accepted_file: JsonLinesFile | None
    """One line for each message taken."""
    events_file: JsonLinesFile | None
    event_target: EventTarget | None = None
    """Where events are published besides."""
    keeps_messages: bool = False
    """Whether messages are kept in memory."""
    accepted: list[AcceptedMessage] = field(default_factory=list)

    def send_email(self, request: dict[str, Any], fault: str | None, at: float) -> dict[str, Any]:
        """Take one message; Refusal when it is not taken."""
        destination = request.get("Destination", {})
        recipients = check_recipients(
            address
            for place in ("ToAddresses", "CcAddresses", "BccAddresses")
            for address in destination.get(place, [])
        )
        made = self._made(request, recipients)
        head = check_message(made.message)
        tags = check_tags(request.get("EmailTags", []))
        self._check_sending(request)
        source = request.get("FromEmailAddress") or _header(head, b"from")
        self.account.grant(recipients, at)
        return {"MessageId": self._take(request, recipients, source, tags, made, head, fault).message_id}

    def _made(self, request: dict[str, Any], recipients: tuple[str, ...]) -> BuiltMessage:
        """Return the message that a call holds or describes."""
        content = request["Content"]
        if len(content) != 1:
            raise ApiError(400, "BadRequestException", "Content must be one of Raw, Simple and Template.")
        if "Raw" in content:
            return BuiltMessage(message=content["Raw"]["Data"])
        if "FromEmailAddress" not in request:
            raise ApiError(400, "BadRequestException", "FromEmailAddress is required.")
        if "Simple" in content:
            return make_simple(request, recipients)
        return make_from_template(self.account, request, content["Template"], recipients)

    def send_bulk_email(self, request: dict[str, Any], fault: str | None, at: float) -> dict[str, Any]:
        """Take up to 50 messages made from one template; each entry has its own answer."""
        entries = request["BulkEmailEntries"]
        if len(entries) > MOST_RECIPIENTS:
            raise ApiError(400, "BadRequestException", f"Recipient count exceeds {MOST_RECIPIENTS}.")
        self._check_sending(request)
        return {"BulkEmailEntryResults": [self._send_entry(request, entry, fault, at) for entry in entries]}

    def _send_entry(
        self, request: dict[str, Any], entry: dict[str, Any], fault: str | None, at: float
    ) -> dict[str, Any]:
        replaced = entry.get("ReplacementEmailContent", {}).get("ReplacementTemplate", {})
        try:
            tags = check_tags(request.get("DefaultEmailTags", []))
            tags |= check_tags(entry.get("ReplacementTags", []))
            destination = entry["Destination"]
            recipients = check_recipients(destination.get("ToAddresses", []))
            made = make_from_template(
                self.account,
                request,
                request["DefaultContent"].get("Template", {}),
                recipients,
                replaced.get("ReplacementTemplateData"),
                entry.get("ReplacementHeaders", ()),
            )
            head = check_message(made.message)
            self.account.grant(recipients, at)
        except ApiError as refusal:
            status = _BULK_STATUS.get(str(refusal)) or _BULK_STATUS.get(refusal.code, "INVALID_PARAMETER")
            return {"Status": status, "Error": str(refusal)}
        source = request.get("FromEmailAddress", "")
        taken = self._take(request, recipients, source, tags, made, head, fault)
        return {"Status": "SUCCESS", "MessageId": taken.message_id}

    def _check_sending(self, request: dict[str, Any]) -> None:
        if not self.account.is_enabled:
            raise ApiError(400, "SendingPausedException", "Sending is paused for this account.")
        name = request.get("ConfigurationSetName")
        if name is not None and name not in self.account.sets:
            raise ApiError(404, "NotFoundException", f"Configuration set <{name}> does not exist.")

    def _take(
        self,
        request: dict[str, Any],
        recipients: tuple[str, ...],
        source: str,
        tags: dict[str, str],
        made: BuiltMessage,
        head: bytes,
        fault: str | None,
    ) -> AcceptedMessage:
        taken = AcceptedMessage(
            message_id=f"0102{int(time.time() * 1000):012x}-{uuid4()}-000000",
            recipients=recipients,
            source=source,
            tags=tags,
            configuration_set=request.get("ConfigurationSetName"),
            at=datetime.now(UTC),
            size=len(made.message),
            message=made.message if self.keeps_messages else b"",
            missing=made.missing,
            template=made.template,
        )
        if self.accepted_file is not None:
            self.accepted_file.add(_line(taken))
        self.accepted.append(taken)
        if self.events_file is not None or self.event_target is not None:
            self._publish(events_for(taken, head, self.account, fault))
        return taken

    def _publish(self, published: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
        if self.events_file is not None and published:
            self.events_file.add(*(event for event, _ in published))
        if self.event_target is not None:
            for event, destinations in published:
                for destination in destinations:
                    self.event_target.put(wrap_event(event, destination))


def open_intake(
    account: Account, folder: Path | None, *, keeps_messages: bool, event_target: EventTarget | None = None
) -> MessageIntake:
    """Return a hatch that writes accepted.jsonl and events.jsonl into `folder`; without one it writes nothing."""
    return MessageIntake(
        account=account,
        accepted_file=JsonLinesFile(folder / "accepted.jsonl") if folder else None,
        events_file=JsonLinesFile(folder / "events.jsonl") if folder else None,
        event_target=event_target,
        keeps_messages=keeps_messages,
    )


def _line(taken: AcceptedMessage) -> dict[str, object]:
    return {
        "at": taken.at.isoformat(),
        **taken.tags,
        "recipients": list(taken.recipients),
        "message_id": taken.message_id,
        "size": taken.size,
    }


def _header(head: bytes, name: bytes) -> str:
    found = re.search(rb"^" + name + rb":[ \t]*(.*)$", head, re.MULTILINE | re.IGNORECASE)
    return found[1].strip().decode("utf-8", "replace") if found else ""
