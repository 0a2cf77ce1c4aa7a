"""SES simulator's server: HTTP on this machine, to which boto3 talks unchanged.

Requests are parsed by botocore's own model of the service. Signatures are not verified; a request only needs one.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

from newsletter.aws import BadRequest
from newsletter.ses_simulator.account import AcceptedMessage, Account, ApiError
from newsletter.ses_simulator.account_calls import ACCOUNT_CALLS
from newsletter.ses_simulator.event_targets import EventTarget
from newsletter.ses_simulator.faults import Fault, FaultStage
from newsletter.ses_simulator.http_server import CLOSE_CONNECTION, ApiRequest, ApiResponse, HttpServer
from newsletter.ses_simulator.request_parser import request_parser
from newsletter.ses_simulator.send_calls import MessageIntake, open_intake
from newsletter.ses_simulator.sqs import EVENTS_QUEUE, SqsSimulator

_SEND_CALLS = {"SendEmail": MessageIntake.send_email, "SendBulkEmail": MessageIntake.send_bulk_email}
_SQS_TARGET = "AmazonSQS."
_SQS_CONTENT_TYPE = "application/x-amz-json-1.0"
_EVERY_EVENT = {
    "Enabled": True,
    "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "RENDERING_FAILURE"],
}


@dataclass(slots=True, kw_only=True)
class SesSimulator:
    """A running simulator: its account, its URL, and what it accepted."""

    account: Account
    url: str
    intake: MessageIntake
    requests: list[dict[str, Any]] = field(default_factory=list)
    """The sends that were requested, where messages are kept."""
    queue_url: str = ""
    """Of the SQS queue where events are published; "" when there is none."""

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
    has_queue: bool = False,
    event_target: EventTarget | None = None,
) -> Iterator[SesSimulator]:
    """Run the simulator while the block runs; on any free port where none is given.

    It appends to accepted.jsonl and events.jsonl in `folder`. Events also go to `event_target`, or with `has_queue`
    to a queue of its own, for which it answers SQS's calls too.
    """
    intake = open_intake(account, folder, keeps_messages=keeps_messages, event_target=event_target)
    simulator = SesSimulator(account=account, url="", intake=intake)
    handler = _RequestHandler(simulator)
    server = HttpServer(port, handler.answer, handler.may_block)
    simulator.url = server.url
    if has_queue:
        handler.sqs = SqsSimulator(simulator.url)
        intake.event_target = handler.sqs.events
        simulator.queue_url = handler.sqs.url_of(EVENTS_QUEUE)
    server.start()
    try:
        yield simulator
    finally:
        handler.closing.set()
        server.stop()
        intake.close()


def publish_events(account: Account, configuration_set: str) -> None:
    """Create a configuration set that publishes all events of its messages."""
    account.configuration_sets[configuration_set] = {"simulator": _EVERY_EVENT}


class _RequestHandler:
    """Answers HTTP requests."""

    def __init__(self, simulator: SesSimulator) -> None:
        self.simulator = simulator
        self.sqs: SqsSimulator | None = None
        self.closing = threading.Event()
        self._parser = request_parser("sesv2")

    def may_block(self, request: ApiRequest) -> bool:
        """Return whether the response may wait: for the disk, a fault, or a queue's next message."""
        simulator = self.simulator
        writes_file = simulator.intake.accepted_file is not None
        return writes_file or bool(simulator.account.faults) or "x-amz-target" in request.headers

    def answer(self, request: ApiRequest) -> ApiResponse | None:
        """Answer one request; None closes the connection without a response."""
        if (target := request.headers.get("x-amz-target", "")).startswith(_SQS_TARGET) and self.sqs is not None:
            return _answer_sqs(self.sqs, target.removeprefix(_SQS_TARGET), request)
        try:
            return self._answer(request)
        except BadRequest as error:
            return self._error_response(ApiError(400, "BadRequestException", str(error)))
        except ApiError as error:
            return self._error_response(error)

    def _answer(self, request: ApiRequest) -> ApiResponse | None:
        """Answer one request of SES; ApiError or BadRequest when it was not carried out."""
        route = self._parser.route(request.method, request.path)
        if route is None:
            message = f"{request.method} {request.path} is not a call of SES."
            raise ApiError(404, "UnknownOperationException", message)
        operation, path_parameters = route
        if "Credential=" not in request.headers.get("authorization", ""):
            raise ApiError(403, "MissingAuthenticationTokenException", "The request is not signed.")
        if operation in _SEND_CALLS:
            return self._send(operation, path_parameters, request)
        members = self._parser.parse(operation, path_parameters, request.query, request.body)
        if operation not in ACCOUNT_CALLS:
            raise ApiError(501, "NotImplementedException", f"The simulator does not support {operation}.")
        body = json.dumps(ACCOUNT_CALLS[operation](self.simulator.account, members)).encode()
        return ApiResponse(status=200, body=body, headers={"Date": formatdate(usegmt=True)})

    def _send(self, operation: str, path_parameters: dict[str, str], request: ApiRequest) -> ApiResponse | None:
        simulator = self.simulator
        fault = simulator.account.next_fault()
        stage = fault.kind.stage if fault else None
        if fault is not None and stage is FaultStage.REFUSED:
            raise ApiError(fault.kind.status, fault.kind.code, fault.kind.message)
        if stage is FaultStage.DELAY:
            self.closing.wait(simulator.account.slow_seconds)
        members = self._parser.parse(operation, path_parameters, request.query, request.body)
        if simulator.intake.keeps_messages:
            simulator.requests.append(members)
        call = _SEND_CALLS[operation]
        result = call(simulator.intake, members, fault.name if fault else None, request.received_at)
        if fault is not None and stage is FaultStage.NO_RESPONSE:
            return self._spoiled_response(fault)
        return ApiResponse(status=200, body=json.dumps(result).encode())

    def _spoiled_response(self, fault: Fault) -> ApiResponse | None:
        """Return a wrong response, or none, to a send that was accepted."""
        if fault.name == "garbage":
            return ApiResponse(status=200, body=b"<html>")
        if fault.kind.status:
            raise ApiError(fault.kind.status, fault.kind.code, fault.kind.message)
        if fault.name == "hang":
            self.closing.wait(self.simulator.account.hang_seconds)
        return CLOSE_CONNECTION

    def _error_response(self, error: ApiError) -> ApiResponse:
        self.simulator.account.count_error(error.code)
        body = json.dumps({"message": str(error)}).encode()
        return ApiResponse(status=error.status, body=body, headers={"x-amzn-ErrorType": error.code})


def _answer_sqs(sqs: SqsSimulator, operation: str, request: ApiRequest) -> ApiResponse:
    """Answer a call of SQS, parsed by its own model, in its own protocol (AWS JSON 1.0)."""
    try:
        result = sqs.answer(operation, request_parser("sqs").parse(operation, {}, "", request.body))
    except BadRequest as error:
        status, result = 400, {"__type": "com.amazon.coral.service#SerializationException", "message": str(error)}
    except ApiError as error:
        status, result = error.status, {"__type": error.code, "message": str(error)}
    else:
        status = 200
    return ApiResponse(status=status, body=json.dumps(result).encode(), content_type=_SQS_CONTENT_TYPE)
