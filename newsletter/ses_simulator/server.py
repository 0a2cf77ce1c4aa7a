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

from newsletter.aws import BadRequest
from newsletter.ses_simulator import account_calls as records
from newsletter.ses_simulator.account import AcceptedMessage, Account, ApiError
from newsletter.ses_simulator.event_targets import EventTarget
from newsletter.ses_simulator.faults import Fault, FaultStage
from newsletter.ses_simulator.http_server import CONNECTION_CLOSED, ApiRequest, ApiResponse, HttpServer
from newsletter.ses_simulator.request_parser import request_parser
from newsletter.ses_simulator.send_calls import MessageIntake, open_intake
from newsletter.ses_simulator.sqs import EVENTS, SqsSimulator

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
_SENDS = {"SendEmail": MessageIntake.send_email, "SendBulkEmail": MessageIntake.send_bulk_email}
_SQS = "AmazonSQS."
_SQS_KIND = "application/x-amz-json-1.0"
_EVERY_EVENT = {
    "Enabled": True,
    "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "RENDERING_FAILURE"],
}


@dataclass(slots=True, kw_only=True)
class SesSimulator:
    """A pretend SES that is up: its account, where it is, and what it took."""

    account: Account
    url: str
    intake: MessageIntake
    requests: list[dict[str, Any]]
    """The sends that were asked for, where messages are kept."""
    queue_url: str = ""
    """Of the queue where events are published, at this server too; "" when there is none."""

    @property
    def accepted(self) -> list[AcceptedMessage]:
        """Every message that was accepted, oldest first."""
        return self.intake.accepted


@contextmanager
def run_simulator(
    account: Account,
    *,
    folder: Path | None = None,
    port: int = 0,
    keeps_messages: bool = False,
    hang_seconds: float = 2.0,
    slow_seconds: float = 0.5,
    has_queue: bool = False,
    event_target: EventTarget | None = None,
) -> Iterator[SesSimulator]:
    """Run a pretend SES while the block runs.

    accepted.jsonl and events.jsonl are written into `folder`, added to where they exist. A message that is left
    hanging has its connection closed after `hang_seconds`. With `is_keeping` messages stay in memory. Events also
    go into `outlet`, or with `has_queue` into a queue at this server, which answers SQS's calls too.
    """
    intake = open_intake(account, folder, keeps_messages=keeps_messages, event_target=event_target)
    ses = SesSimulator(account=account, url="", intake=intake, requests=[])
    desk = _RequestHandler(ses, hang_seconds, slow_seconds)
    listener = HttpServer(port, desk.answer, desk.takes_time)
    ses.url = listener.url
    if has_queue:
        desk.sqs = SqsSimulator(ses.url)
        intake.event_target = desk.sqs.events
        ses.queue_url = desk.sqs.url_of(EVENTS)
    listener.start()
    try:
        yield ses
    finally:
        desk.closing.set()
        listener.stop()
        for journal in (intake.accepted_file, intake.events_file):
            if journal is not None:
                journal.close()


def publish_events(account: Account, configuration_set: str) -> None:
    """Make a configuration set that publishes what becomes of its messages."""
    account.sets[configuration_set] = {"pretend": _EVERY_EVENT}


class _RequestHandler:
    """Answers requests."""

    def __init__(self, ses: SesSimulator, hang_seconds: float, slow_seconds: float) -> None:
        self.ses = ses
        self.closing = threading.Event()
        self._parser = request_parser("sesv2")
        self.sqs: SqsSimulator | None = None
        self._hang_seconds, self._slow_seconds = hang_seconds, slow_seconds

    def takes_time(self, http_request: ApiRequest) -> bool:
        """Return whether an answer may wait: for the journal's disk, a fault, or a queue's next message."""
        intake = self.ses.intake
        return (
            intake.accepted_file is not None or bool(self.ses.account.faults) or "x-amz-target" in http_request.headers
        )

    def answer(self, http_request: ApiRequest) -> ApiResponse | None:
        """Answer one request; None when nothing is to be said."""
        if (target := http_request.headers.get("x-amz-target", "")).startswith(_SQS) and self.sqs is not None:
            return _answer_sqs(self.sqs, target.removeprefix(_SQS), http_request)
        try:
            answer = self._answer(http_request)
        except BadRequest as error:
            return self._refuse(ApiError(400, "BadRequestException", str(error)))
        except ApiError as refusal:
            return self._refuse(refusal)
        if isinstance(answer, dict):
            return ApiResponse(status=200, body=json.dumps(answer).encode())
        return answer

    def _answer(self, http_request: ApiRequest) -> dict[str, Any] | ApiResponse | None:
        """Return what to answer; Refusal or BadRequest when it was not done."""
        found = self._parser.route(http_request.method, http_request.path)
        if found is None:
            raise ApiError(
                404, "UnknownOperationException", f"{http_request.method} {http_request.path} is not a call of SES."
            )
        operation, named = found
        if "Credential=" not in http_request.headers.get("authorization", ""):
            raise ApiError(403, "MissingAuthenticationTokenException", "The request is not signed.")
        if operation in _SENDS:
            return self._send(operation, named, http_request)
        request = self._parser.parse(operation, named, http_request.query, http_request.body)
        if operation not in _RECORDS:
            raise ApiError(501, "NotImplementedException", f"The pretend SES does not do {operation}.")
        said = json.dumps(_RECORDS[operation](self.ses.account, request)).encode()
        return ApiResponse(status=200, body=said, headers={"Date": formatdate(usegmt=True)})

    def _send(
        self, operation: str, named: dict[str, str], http_request: ApiRequest
    ) -> dict[str, Any] | ApiResponse | None:
        ses = self.ses
        fault = ses.account.next_fault()
        if fault is not None and fault.kind.when is FaultStage.BEFORE:
            raise ApiError(fault.kind.status, fault.kind.code, fault.kind.words)
        if fault is not None and fault.kind.when is FaultStage.WAIT:
            self.closing.wait(self._slow_seconds)
        request = self._parser.parse(operation, named, http_request.query, http_request.body)
        if ses.intake.keeps_messages:
            ses.requests.append(request)
        answer = _SENDS[operation](ses.intake, request, fault.name if fault else None, http_request.at)
        if fault is None or fault.kind.when is not FaultStage.AFTER:
            return answer
        return self._spoil(fault)

    def _spoil(self, fault: Fault) -> ApiResponse | None:
        """Give no answer, or a wrong one, to a send that was taken."""
        if fault.name == "garbage":
            return ApiResponse(status=200, body=b"<html>")
        if fault.kind.status:
            raise ApiError(fault.kind.status, fault.kind.code, fault.kind.words)
        if fault.name == "hang":
            self.closing.wait(self._hang_seconds)
        return CONNECTION_CLOSED

    def _refuse(self, refusal: ApiError) -> ApiResponse:
        self.ses.account.count_answer(refusal.code)
        body = json.dumps({"message": str(refusal)}).encode()
        return ApiResponse(status=refusal.status, body=body, headers={"x-amzn-ErrorType": refusal.code})


def _answer_sqs(sqs: SqsSimulator, operation: str, http_request: ApiRequest) -> ApiResponse:
    """Answer a call of SQS, by its own model and in its own protocol (AWS JSON 1.0)."""
    try:
        answer = sqs.answer(operation, request_parser("sqs").parse(operation, {}, "", http_request.body))
    except BadRequest as error:
        status, said = 400, {"__type": "com.amazon.coral.service#SerializationException", "message": str(error)}
    except ApiError as refusal:
        status, said = refusal.status, {"__type": refusal.code, "message": str(refusal)}
    else:
        return ApiResponse(status=200, body=json.dumps(answer).encode(), kind=_SQS_KIND)
    return ApiResponse(status=status, body=json.dumps(said).encode(), kind=_SQS_KIND)
