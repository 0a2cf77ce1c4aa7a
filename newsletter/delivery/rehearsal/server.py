"""The pretend SES as an HTTP server on this machine, to which boto3 speaks unchanged.

Requests are read by botocore's own model of the service. Signatures are not checked, only that there is one.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from types import MappingProxyType
from typing import Any

from newsletter.aws import BadRequest, read_model
from newsletter.delivery.rehearsal import records
from newsletter.delivery.rehearsal.account import Account, Refusal, Taken
from newsletter.delivery.rehearsal.listening import CONNECTION_CLOSED, Listener, Reply, Request
from newsletter.delivery.rehearsal.mishaps import Mishap, When
from newsletter.delivery.rehearsal.outlets import Outlet
from newsletter.delivery.rehearsal.queueing import EVENTS, PretendSqs
from newsletter.delivery.rehearsal.sending import Hatch, open_hatch

_RECORDS: MappingProxyType[str, Callable[[Account, dict[str, Any]], dict[str, Any]]] = MappingProxyType(
    {
        "GetAccount": records.get_account,
        "PutSuppressedDestination": records.put_suppressed,
        "GetSuppressedDestination": records.get_suppressed,
        "DeleteSuppressedDestination": records.delete_suppressed,
        "ListSuppressedDestinations": records.list_suppressed,
        "CreateEmailIdentity": records.create_identity,
        "GetEmailIdentity": records.get_identity,
        "DeleteEmailIdentity": records.delete_identity,
        "ListEmailIdentities": records.list_identities,
        "PutEmailIdentityMailFromAttributes": records.put_mail_from,
        "CreateConfigurationSet": records.create_set,
        "GetConfigurationSet": records.get_set,
        "DeleteConfigurationSet": records.delete_set,
        "ListConfigurationSets": records.list_sets,
        "CreateConfigurationSetEventDestination": records.create_destination,
        "GetConfigurationSetEventDestinations": records.get_destinations,
        "UpdateConfigurationSetEventDestination": records.update_destination,
        "DeleteConfigurationSetEventDestination": records.delete_destination,
        "CreateEmailTemplate": records.create_template,
        "GetEmailTemplate": records.get_template,
        "UpdateEmailTemplate": records.update_template,
        "DeleteEmailTemplate": records.delete_template,
        "ListEmailTemplates": records.list_templates,
    }
)
_SENDS = {"SendEmail": Hatch.send_email, "SendBulkEmail": Hatch.send_bulk_email}
_SQS = "AmazonSQS."
_SQS_KIND = "application/x-amz-json-1.0"
_EVERY_EVENT = {
    "Enabled": True,
    "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "RENDERING_FAILURE"],
}


@dataclass(slots=True, kw_only=True)
class PretendSes:
    """A pretend SES that is up: its account, where it is, and what it took."""

    account: Account
    url: str
    hatch: Hatch
    requests: list[dict[str, Any]]
    """The sends that were asked for, where messages are kept."""
    queue_url: str = ""
    """Of the queue where events are published, at this server too; "" when there is none."""

    @property
    def taken(self) -> list[Taken]:
        """Each message that was taken."""
        return self.hatch.taken


@contextmanager
def pretend_ses(
    account: Account,
    *,
    folder: Path | None = None,
    port: int = 0,
    is_keeping: bool = False,
    hang_seconds: float = 2.0,
    slow_seconds: float = 0.5,
    has_queue: bool = False,
    outlet: Outlet | None = None,
) -> Iterator[PretendSes]:
    """Run a pretend SES while the block runs.

    accepted.jsonl and events.jsonl are written into `folder`, added to where they exist. A message that is left
    hanging has its connection closed after `hang_seconds`. With `is_keeping` messages stay in memory. Events also
    go into `outlet`, or with `has_queue` into a queue at this server, which answers SQS's calls too.
    """
    hatch = open_hatch(account, folder, is_keeping=is_keeping, outlet=outlet)
    ses = PretendSes(account=account, url="", hatch=hatch, requests=[])
    desk = _Desk(ses, hang_seconds, slow_seconds)
    listener = Listener(port, desk.answer, desk.takes_time)
    ses.url = listener.url
    if has_queue:
        desk.sqs = PretendSqs(ses.url)
        hatch.outlet = desk.sqs.events
        ses.queue_url = desk.sqs.url_of(EVENTS)
    listener.start()
    try:
        yield ses
    finally:
        desk.closing.set()
        listener.stop()
        for journal in (hatch.accepted, hatch.events):
            if journal is not None:
                journal.close()


def publish_events(account: Account, configuration_set: str) -> None:
    """Make a configuration set that publishes what becomes of its messages."""
    account.sets[configuration_set] = {"pretend": _EVERY_EVENT}


class _Desk:
    """Answers requests."""

    def __init__(self, ses: PretendSes, hang_seconds: float, slow_seconds: float) -> None:
        self.ses = ses
        self.closing = threading.Event()
        self._model = read_model("sesv2")
        self.sqs: PretendSqs | None = None
        self._hang_seconds, self._slow_seconds = hang_seconds, slow_seconds

    def takes_time(self, asked: Request) -> bool:
        """Return whether an answer may wait: for the journal's disk, a fault, or a queue's next message."""
        hatch = self.ses.hatch
        return hatch.accepted is not None or bool(self.ses.account.mishaps) or "x-amz-target" in asked.headers

    def answer(self, asked: Request) -> Reply | None:
        """Answer one request; None when nothing is to be said."""
        if (target := asked.headers.get("x-amz-target", "")).startswith(_SQS) and self.sqs is not None:
            return _answer_sqs(self.sqs, target.removeprefix(_SQS), asked)
        try:
            answer = self._answer(asked)
        except BadRequest as error:
            return self._refuse(Refusal(400, "BadRequestException", str(error)))
        except Refusal as refusal:
            return self._refuse(refusal)
        if isinstance(answer, dict):
            return Reply(status=200, body=json.dumps(answer).encode())
        return answer

    def _answer(self, asked: Request) -> dict[str, Any] | Reply | None:
        """Return what to answer; Refusal or BadRequest when it was not done."""
        found = self._model.route(asked.method, asked.path)
        if found is None:
            raise Refusal(404, "UnknownOperationException", f"{asked.method} {asked.path} is no call of SES.")
        operation, named = found
        if "Credential=" not in asked.headers.get("authorization", ""):
            raise Refusal(403, "MissingAuthenticationTokenException", "The request is not signed.")
        if operation in _SENDS:
            return self._send(operation, named, asked)
        request = self._model.read(operation, named, asked.query, asked.body)
        if operation not in _RECORDS:
            raise Refusal(501, "NotImplementedException", f"The pretend SES does not do {operation}.")
        said = json.dumps(_RECORDS[operation](self.ses.account, request)).encode()
        return Reply(status=200, body=said, headers={"Date": formatdate(usegmt=True)})

    def _send(self, operation: str, named: dict[str, str], asked: Request) -> dict[str, Any] | Reply | None:
        ses = self.ses
        mishap = ses.account.next_mishap()
        if mishap is not None and mishap.kind.when is When.BEFORE:
            raise Refusal(mishap.kind.status, mishap.kind.code, mishap.kind.words)
        if mishap is not None and mishap.kind.when is When.WAIT:
            self.closing.wait(self._slow_seconds)
        request = self._model.read(operation, named, asked.query, asked.body)
        if ses.hatch.is_keeping:
            ses.requests.append(request)
        answer = _SENDS[operation](ses.hatch, request, mishap.name if mishap else None, asked.at)
        if mishap is None or mishap.kind.when is not When.AFTER:
            return answer
        return self._spoil(mishap)

    def _spoil(self, mishap: Mishap) -> Reply | None:
        """Give no answer, or a wrong one, to a send that was taken."""
        if mishap.name == "garbage":
            return Reply(status=200, body=b"<html>")
        if mishap.kind.status:
            raise Refusal(mishap.kind.status, mishap.kind.code, mishap.kind.words)
        if mishap.name == "hang":
            self.closing.wait(self._hang_seconds)
        return CONNECTION_CLOSED

    def _refuse(self, refusal: Refusal) -> Reply:
        self.ses.account.count_answer(refusal.code)
        body = json.dumps({"message": str(refusal)}).encode()
        return Reply(status=refusal.status, body=body, headers={"x-amzn-ErrorType": refusal.code})


def _answer_sqs(sqs: PretendSqs, operation: str, asked: Request) -> Reply:
    """Answer a call of SQS, by its own model and in its own protocol (AWS JSON 1.0)."""
    try:
        answer = sqs.answer(operation, read_model("sqs").read(operation, {}, "", asked.body))
    except BadRequest as error:
        status, said = 400, {"__type": "com.amazon.coral.service#SerializationException", "message": str(error)}
    except Refusal as refusal:
        status, said = refusal.status, {"__type": refusal.code, "message": str(refusal)}
    else:
        return Reply(status=200, body=json.dumps(answer).encode(), kind=_SQS_KIND)
    return Reply(status=status, body=json.dumps(said).encode(), kind=_SQS_KIND)
