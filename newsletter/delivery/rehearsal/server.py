"""The pretend SES as an HTTP server on this machine, to which boto3 speaks unchanged.

Requests are read by botocore's own model of the service. Signatures are not checked, only that there is one.
"""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any

from newsletter.aws import BadRequest, ServiceModel, read_model
from newsletter.delivery.rehearsal import records
from newsletter.delivery.rehearsal.account import Account, Refusal, Taken
from newsletter.delivery.rehearsal.mishaps import Mishap, When
from newsletter.delivery.rehearsal.sending import Hatch, open_hatch

_RECORDS: MappingProxyType[str, Callable[[Account, dict[str, Any]], dict[str, Any]]] = MappingProxyType(
    {
        "GetAccount": records.get_account,
        "PutSuppressedDestination": records.put_suppressed,
        "GetSuppressedDestination": records.get_suppressed,
        "DeleteSuppressedDestination": records.delete_suppressed,
        "ListSuppressedDestinations": records.list_suppressed,
        "CreateConfigurationSet": records.create_set,
        "GetConfigurationSet": records.get_set,
        "DeleteConfigurationSet": records.delete_set,
        "ListConfigurationSets": records.list_sets,
        "CreateConfigurationSetEventDestination": records.create_destination,
        "GetConfigurationSetEventDestinations": records.get_destinations,
        "DeleteConfigurationSetEventDestination": records.delete_destination,
    }
)
_SENDS = {"SendEmail": Hatch.send_email, "SendBulkEmail": Hatch.send_bulk_email}
_EVERY_EVENT = {"Enabled": True, "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT"]}


@dataclass(slots=True, kw_only=True)
class PretendSes:
    """A pretend SES that is up: its account, where it is, and what it took."""

    account: Account
    url: str
    hatch: Hatch
    requests: list[dict[str, Any]]
    """The sends that were asked for, where messages are kept."""

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
) -> Iterator[PretendSes]:
    """Run a pretend SES while the block runs.

    accepted.jsonl and events.jsonl are written into `folder`, added to where they exist. A message that is left
    hanging has its connection closed after `hang_seconds`. With `is_keeping` messages stay in memory.
    """
    hatch = open_hatch(account, folder, is_keeping=is_keeping)
    server = _Server(("127.0.0.1", port), _Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    server.ses = PretendSes(account=account, url=url, hatch=hatch, requests=[])
    server.model, server.hang_seconds, server.slow_seconds = read_model("sesv2"), hang_seconds, slow_seconds
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.ses
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        for journal in (hatch.accepted, hatch.events):
            if journal is not None:
                journal.close()


def publish_events(account: Account, configuration_set: str) -> None:
    """Make a configuration set that publishes what becomes of its messages."""
    account.sets[configuration_set] = {"pretend": _EVERY_EVENT}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    ses: PretendSes
    model: ServiceModel
    hang_seconds: float
    slow_seconds: float

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.closing = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that was killed, and everything of a fault of ours."""
        if not isinstance(sys.exception(), ConnectionError) and not self.closing.is_set():
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_any(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            answer = self._answer(body)
        except BadRequest as error:
            self._refuse(Refusal(400, "BadRequestException", str(error)))
        except Refusal as refusal:
            self._refuse(refusal)
        else:
            if answer is not None:
                self._reply(200, json.dumps(answer).encode())

    do_GET = do_POST = do_PUT = do_DELETE = do_any

    def _answer(self, body: bytes) -> dict[str, Any] | None:
        """Return what to answer, None when nothing is to be said; Refusal or BadRequest when it was not done."""
        path, _, query = self.path.partition("?")
        found = self.server.model.route(self.command, path)
        if found is None:
            raise Refusal(404, "UnknownOperationException", f"{self.command} {path} is no call of SES.")
        operation, named = found
        if "Credential=" not in self.headers.get("Authorization", ""):
            raise Refusal(403, "MissingAuthenticationTokenException", "The request is not signed.")
        ses = self.server.ses
        mishap = ses.account.next_mishap() if operation in _SENDS else None
        if mishap is not None and mishap.kind.when is When.BEFORE:
            raise Refusal(mishap.kind.status, mishap.kind.code, mishap.kind.words)
        if mishap is not None and mishap.kind.when is When.WAIT:
            self.server.closing.wait(self.server.slow_seconds)
        request = self.server.model.read(operation, named, query, body)
        if operation in _SENDS:
            if ses.hatch.is_keeping:
                ses.requests.append(request)
            answer = _SENDS[operation](ses.hatch, request, mishap.name if mishap else None)
            if mishap is None or mishap.kind.when is not When.AFTER:
                return answer
            self._spoil(mishap)
            return None
        if operation not in _RECORDS:
            raise Refusal(501, "NotImplementedException", f"The pretend SES does not do {operation}.")
        return _RECORDS[operation](ses.account, request)

    def _spoil(self, mishap: Mishap) -> None:
        """Give no answer, or a wrong one, to a send that was taken."""
        if mishap.name == "garbage":
            self._reply(200, b"<html>")
            return
        if mishap.kind.status:
            raise Refusal(mishap.kind.status, mishap.kind.code, mishap.kind.words)
        if mishap.name == "hang":
            self.server.closing.wait(self.server.hang_seconds)
        self.close_connection = True

    def _refuse(self, refusal: Refusal) -> None:
        self.server.ses.account.count_answer(refusal.code)
        self._reply(refusal.status, json.dumps({"message": str(refusal)}).encode(), refusal.code)

    def _reply(self, status: int, body: bytes, code: str = "") -> None:
        self.send_response(status)
        if code:
            self.send_header("x-amzn-ErrorType", code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""
