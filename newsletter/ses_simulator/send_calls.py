"""SES calls that send: SendEmail, and SendBulkEmail with a template in the request or stored.

An accepted message is on disk before its sender gets the response; then its events are published.
"""

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from newsletter.ses_simulator.account import AcceptedMessage, Account, ApiError
from newsletter.ses_simulator.event_targets import EventTarget, JsonLinesFile, wrap_event
from newsletter.ses_simulator.events import events_for
from newsletter.ses_simulator.message_checks import MAX_RECIPIENTS, check_message, check_recipients, check_tags
from newsletter.ses_simulator.templates import BuiltMessage, build_from_template, build_simple

_BULK_STATUSES = {
    "Maximum sending rate exceeded.": "ACCOUNT_THROTTLED",
    "Daily message quota exceeded.": "ACCOUNT_DAILY_QUOTA_EXCEEDED",
    "NotFoundException": "TEMPLATE_NOT_FOUND",
    "MessageRejected": "MESSAGE_REJECTED",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Submission:
    """One checked message, ready to be accepted."""

    recipients: tuple[str, ...]
    source: str
    tags: dict[str, str]
    configuration_set: str | None
    built: BuiltMessage
    head: bytes
    """Its header section."""
    fault: str | None
    """The name of the fault injected into its send."""


@dataclass(slots=True, kw_only=True)
class MessageIntake:
    """Accepts messages, records them, and publishes their events."""

    account: Account
    accepted_file: JsonLinesFile | None
    """One line for each accepted message."""
    events_file: JsonLinesFile | None
    event_target: EventTarget | None = None
    """Where events are published besides the file."""
    keeps_messages: bool = False
    """Whether the bytes of messages are kept in memory."""
    accepted: list[AcceptedMessage] = field(default_factory=list)

    def send_email(self, request: dict[str, Any], fault: str | None, received_at: float) -> dict[str, Any]:
        """SendEmail: accept one message; ApiError when it is refused."""
        destination = request.get("Destination", {})
        recipients = check_recipients(
            address
            for field_name in ("ToAddresses", "CcAddresses", "BccAddresses")
            for address in destination.get(field_name, [])
        )
        built = self._build(request, recipients)
        head = check_message(built.message)
        tags = check_tags(request.get("EmailTags", []))
        self._check_sending(request)
        submission = _Submission(
            recipients=recipients,
            source=request.get("FromEmailAddress") or _header(head, b"from"),
            tags=tags,
            configuration_set=request.get("ConfigurationSetName"),
            built=built,
            head=head,
            fault=fault,
        )
        self.account.charge(recipients, received_at)
        return {"MessageId": self._accept(submission).message_id}

    def send_bulk_email(self, request: dict[str, Any], fault: str | None, received_at: float) -> dict[str, Any]:
        """SendBulkEmail: accept up to 50 messages built from one template; each entry has its own result."""
        entries = request["BulkEmailEntries"]
        if len(entries) > MAX_RECIPIENTS:
            raise ApiError(400, "BadRequestException", f"Recipient count exceeds {MAX_RECIPIENTS}.")
        self._check_sending(request)
        results = [self._send_bulk_entry(request, entry, fault, received_at) for entry in entries]
        return {"BulkEmailEntryResults": results}

    def close(self) -> None:
        """Close the files."""
        for file in (self.accepted_file, self.events_file):
            if file is not None:
                file.close()

    def _build(self, request: dict[str, Any], recipients: tuple[str, ...]) -> BuiltMessage:
        """Return the message that a request holds or describes."""
        content = request["Content"]
        if len(content) != 1:
            raise ApiError(400, "BadRequestException", "Content must be one of Raw, Simple and Template.")
        if "Raw" in content:
            return BuiltMessage(message=content["Raw"]["Data"])
        if "FromEmailAddress" not in request:
            raise ApiError(400, "BadRequestException", "FromEmailAddress is required.")
        if "Simple" in content:
            return build_simple(request, recipients)
        return build_from_template(self.account, request, content["Template"], recipients)

    def _send_bulk_entry(
        self, request: dict[str, Any], entry: dict[str, Any], fault: str | None, received_at: float
    ) -> dict[str, Any]:
        replacement = entry.get("ReplacementEmailContent", {}).get("ReplacementTemplate", {})
        try:
            tags = check_tags(request.get("DefaultEmailTags", []))
            tags |= check_tags(entry.get("ReplacementTags", []))
            recipients = check_recipients(entry["Destination"].get("ToAddresses", []))
            built = build_from_template(
                self.account,
                request,
                request["DefaultContent"].get("Template", {}),
                recipients,
                replacement.get("ReplacementTemplateData"),
                entry.get("ReplacementHeaders", ()),
            )
            head = check_message(built.message)
            self.account.charge(recipients, received_at)
        except ApiError as error:
            status = _BULK_STATUSES.get(str(error)) or _BULK_STATUSES.get(error.code, "INVALID_PARAMETER")
            return {"Status": status, "Error": str(error)}
        submission = _Submission(
            recipients=recipients,
            source=request.get("FromEmailAddress", ""),
            tags=tags,
            configuration_set=request.get("ConfigurationSetName"),
            built=built,
            head=head,
            fault=fault,
        )
        return {"Status": "SUCCESS", "MessageId": self._accept(submission).message_id}

    def _check_sending(self, request: dict[str, Any]) -> None:
        if not self.account.is_enabled:
            raise ApiError(400, "SendingPausedException", "Sending is paused for this account.")
        name = request.get("ConfigurationSetName")
        if name is not None and name not in self.account.configuration_sets:
            raise ApiError(404, "NotFoundException", f"Configuration set <{name}> does not exist.")

    def _accept(self, submission: _Submission) -> AcceptedMessage:
        built = submission.built
        accepted = AcceptedMessage(
            message_id=f"0102{int(time.time() * 1000):012x}-{uuid4()}-000000",
            recipients=submission.recipients,
            source=submission.source,
            tags=submission.tags,
            configuration_set=submission.configuration_set,
            at=datetime.now(UTC),
            size=len(built.message),
            message=built.message if self.keeps_messages else b"",
            missing=built.missing,
            template=built.template,
        )
        if self.accepted_file is not None:
            self.accepted_file.add(_record_of(accepted))
        self.accepted.append(accepted)
        if self.events_file is not None or self.event_target is not None:
            self._publish(events_for(accepted, submission.head, self.account, submission.fault))
        return accepted

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
    """Return an intake that appends to accepted.jsonl and events.jsonl in `folder`; without one it writes nothing."""
    return MessageIntake(
        account=account,
        accepted_file=JsonLinesFile(folder / "accepted.jsonl") if folder else None,
        events_file=JsonLinesFile(folder / "events.jsonl") if folder else None,
        event_target=event_target,
        keeps_messages=keeps_messages,
    )


def _record_of(accepted: AcceptedMessage) -> dict[str, object]:
    return {
        "at": accepted.at.isoformat(),
        **accepted.tags,
        "recipients": list(accepted.recipients),
        "message_id": accepted.message_id,
        "size": accepted.size,
    }


def _header(head: bytes, name: bytes) -> str:
    match = re.search(rb"^" + name + rb":[ \t]*(.*)$", head, re.MULTILINE | re.IGNORECASE)
    return match[1].strip().decode("utf-8", "replace") if match else ""
