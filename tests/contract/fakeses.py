"""A server that answers boto3 as SES does, and fails on request: the recipient says how."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS: dict[str, tuple[int, str, str]] = {
    "too-fast": (429, "TooManyRequestsException", "Maximum sending rate exceeded."),
    "quota": (429, "ThrottlingException", "Daily message quota exceeded."),
    "limit": (400, "LimitExceededException", "Too much."),
    "rejected": (400, "MessageRejected", "Illegal content."),
    "unverified": (400, "MessageRejected", "Email address is not verified."),
    "bad": (400, "BadRequestException", "Bad."),
    "suspended": (400, "AccountSuspendedException", "Suspended."),
    "paused": (400, "SendingPausedException", "Paused."),
    "no-set": (404, "NotFoundException", "Configuration set does not exist."),
    "denied": (403, "AccessDeniedException", "Not authorised."),
    "broken": (500, "InternalFailure", "Oops."),
    "unavailable": (503, "ServiceUnavailable", "Later."),
}


@dataclass
class FakeSes:
    """What the account is like, and what was taken."""

    rate: float = 200.0
    account_fault: tuple[int, str, str] | None = None
    is_enabled: bool = True
    port: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    """Recipient and message of each one that was taken, whether or not the client heard of it."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running(ses: FakeSes) -> Iterator[FakeSes]:
    """Run it while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if ses.account_fault:
                self.fail(*ses.account_fault)
                return
            quota = {"Max24HourSend": 50000.0, "MaxSendRate": ses.rate, "SentLast24Hours": 100.0}
            self.reply(
                200, {"SendQuota": quota, "SendingEnabled": ses.is_enabled, "ProductionAccessEnabled": True}
            )

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            ses.requests.append(request)
            (recipient,) = request["Destination"]["ToAddresses"]
            fault = recipient.partition("@")[0]
            if fault in FAULTS:
                self.fail(*FAULTS[fault])
                return
            ses.taken.append((recipient, base64.b64decode(request["Content"]["Raw"]["Data"])))
            if fault == "close":
                self.close_connection = True
                return
            if fault == "hang":
                time.sleep(2)
                self.close_connection = True
                return
            self.reply(200, {"MessageId": f"0102-{len(ses.taken)}-000000"})

        def fail(self, status: int, code: str, message: str) -> None:
            self.reply(status, {"message": message}, code)

        def reply(self, status: int, body: dict[str, Any], code: str = "") -> None:
            octets = json.dumps(body).encode()
            self.send_response(status)
            if code:
                self.send_header("x-amzn-ErrorType", code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    ses.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield ses
    finally:
        server.shutdown()
        server.server_close()
