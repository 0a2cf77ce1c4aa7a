"""SES transport: Amazon SES API v2, one SendEmail call with the raw message for each delivery, never retried by itself.

Every mail carries the delivery's tag, so that SES's own events can resolve a delivery whose answer was lost: SES has
no idempotency token. `SesTransport` calls through boto3, `LeanSesTransport` over connections that never wait.
"""

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from newsletter.aws import (
    IDLE_TIMEOUT,
    RESPONSE_TIMEOUT,
    AwsResponse,
    Credentials,
    ErrorResponse,
    ResponseParser,
    account_id_of,
    call,
    make_client,
    open_lean_ses,
    parse_response,
    translated_errors,
)
from newsletter.delivery.rate.limiter import USED
from newsletter.delivery.rate.shared_file import SharedRateFile, open_shared_rate
from newsletter.delivery.transports.base import Connection, Envelope, MessageSource, Receipt, SendQuota
from newsletter.delivery.transports.nonblocking_socket import NonblockingSocket
from newsletter.delivery.transports.ses_replies import MAX_CONNECTIONS, classify_fault, connections_for, read_account
from newsletter.delivery.transports.thread_connection import BlockingTransport
from newsletter.errors import Deferred, TransportError, Uncertain, describe
from newsletter.settings import SesSettings


class SesAccount:
    """The account and region that messages are sent through; see `ProviderAccount`."""

    def __init__(self, client: Any, refresh: float, state: Mapping[str, str]) -> None:
        """Ask for the quota; SendingHalted when the account may not send at all.

        `state` is the environment that says where the rate that all senders share is kept.
        """
        self._client = client
        self.id = f"ses {client.meta.endpoint_url} {account_id_of(client)}"
        self.refresh = refresh
        self.shared_rate: SharedRateFile | None = open_shared_rate(self.id, state)
        self.quota = SendQuota()
        self.notices: tuple[str, ...] = ()
        try:
            status = read_account(client)
        except (Deferred, Uncertain) as error:
            self.notices = (f"{error}. The granted rate is not known; set [delivery] rate",)
        else:
            self.quota, self.notices = status.quota, status.notices
        self.rate = self.quota.rate

    def read_quota(self) -> SendQuota:
        """Call GetAccount; SendingHalted when it may not send, Deferred or Uncertain without an answer."""
        quota = read_account(self._client).quota
        self.rate = quota.rate or self.rate
        return quota

    def wait_for_slot(self, **_request: object) -> None:
        """Wait, at the last moment before a request goes out, until the shared rate lets it."""
        if self.shared_rate is not None and self.rate is not None:
            self.shared_rate.wait_for_slot(self.rate * USED)

    def close(self) -> None:
        """Close the shared rate's file."""
        if self.shared_rate is not None:
            self.shared_rate.close()


class SesTransport(BlockingTransport):
    """Submits to SES through boto3, as `[delivery.ses]` and AWS's own settings say."""

    name = "ses"

    def __init__(
        self, ses: SesSettings, keys: Credentials | None = None, *, state: Mapping[str, str] = os.environ
    ) -> None:
        """Make the client and ask the account for its quota; SendingHalted when it may not send at all.

        With `keys` no credentials are looked up, and no proxy is used. `state` is the environment that says where
        the rate that all senders share is kept.
        """
        self._configuration_set = ses.configuration_set
        pool = ses.connections or MAX_CONNECTIONS
        self._client = make_client(
            "sesv2", region=ses.region, endpoint=ses.endpoint, connections=pool, credentials=keys
        )
        self._account = SesAccount(self._client, ses.refresh, state)
        self._client.meta.events.register("before-send.sesv2.SendEmail", self._account.wait_for_slot)
        self.notices = self._account.notices
        self.connections = ses.connections or connections_for(self.rate)

    @property
    def rate(self) -> float | None:
        """Messages a second that the account is granted; None when it is unknown."""
        return self._account.rate

    @property
    def account(self) -> SesAccount:
        """The account, shared with other senders."""
        return self._account

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        """Submit one message and wait; the receipt's reference is SES's MessageId."""
        result = _result_of(call(self._client.send_email, **self._arguments(envelope, message)))
        if isinstance(result, Receipt):
            return result
        raise result

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()
        self._account.close()

    def _arguments(self, envelope: Envelope, message: bytes) -> dict[str, Any]:
        """Return SendEmail's arguments as boto3 has them."""
        arguments: dict[str, Any] = {
            "FromEmailAddress": envelope.from_address,
            "Destination": {"ToAddresses": [envelope.recipient]},
            "Content": {"Raw": {"Data": message}},
            "EmailTags": [
                {"Name": "delivery", "Value": str(envelope.delivery_id)},
                {"Name": "mailing", "Value": str(envelope.mailing_id)},
                {"Name": "issue", "Value": envelope.slug},
            ],
            "ConfigurationOverrides": {
                "Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}
            },
        }
        if self._configuration_set:
            arguments["ConfigurationSetName"] = self._configuration_set
        return arguments


class LeanSesTransport(SesTransport):
    """The same with less work for each call, over connections that one thread drives."""

    def __init__(
        self, ses: SesSettings, keys: Credentials | None = None, *, state: Mapping[str, str] = os.environ
    ) -> None:
        """As `SesTransport`; SettingsError where the client cannot be made as AWS's own settings say."""
        super().__init__(ses, keys, state=state)
        self._lean = open_lean_ses(self._client, credentials=keys, before_send=self._account.wait_for_slot)

    def connect(self) -> Connection:
        """Connect, waiting for it; Deferred where that fails."""
        return SesConnection(self._lean.connect(), self._request, _read_result, self._account.wait_for_slot)

    def close(self) -> None:
        """Close the clients' connections."""
        self._lean.close()
        super().close()

    def _request(self, envelope: Envelope, message: bytes) -> Sequence[bytes]:
        with translated_errors():
            return self._lean.build_request(**self._arguments(envelope, message))


class SesConnection:
    """One kept HTTP/1.1 connection to SES, and the request in progress on it.

    An error before the last octet was sent is Deferred, for SES acts on no part of a request; afterwards Uncertain.
    """

    def __init__(
        self,
        connection: socket.socket,
        make_request: Callable[[Envelope, bytes], Sequence[bytes]],
        read_result: Callable[[AwsResponse], Receipt | TransportError],
        wait_for_slot: Callable[[], None],
    ) -> None:
        """Take over a connection; `make_request` returns signed pieces, and may raise SendingHalted."""
        self._socket = NonblockingSocket(connection)
        self._make_request = make_request
        self._read_result = read_result
        self._wait_for_slot = wait_for_slot
        self._delivery_id: int | None = None
        self._outgoing = memoryview(b"")
        self._parser = ResponseParser()
        self._active_at = time.monotonic()
        self._is_open = True

    def fileno(self) -> int:
        """Return the descriptor that a selector waits on."""
        return self._socket.fileno()

    @property
    def is_idle(self) -> bool:
        """Whether no request is in progress."""
        return self._delivery_id is None

    @property
    def deadline(self) -> float:
        """The time, on the monotonic clock, at which the request in progress has timed out."""
        return self._active_at + RESPONSE_TIMEOUT

    def advance(self, source: MessageSource, events: int) -> int:
        """Read, write and take a message as far as possible without waiting; see `Connection.advance`."""
        if events & EVENT_WRITE:
            self._write(source)
        elif events & EVENT_READ:
            self._read(source)
        elif self.is_idle and time.monotonic() - self._active_at > IDLE_TIMEOUT:  # SES may just be closing it
            self.close(source, "")
        while self._is_open and self.is_idle and (message := source.next_message()) is not None:
            self._submit(source, *message)
        if not self._is_open:
            return 0
        return EVENT_WRITE if self._is_writing() else EVENT_READ

    def close(self, source: MessageSource, reason: str) -> None:
        """Close the connection, and report what that means for the request in progress."""
        self._is_open = False
        self._socket.close()
        delivery_id, self._delivery_id = self._delivery_id, None
        if delivery_id is None:
            return
        if self._outgoing:
            source.finish(delivery_id, Deferred(f"AWS: the connection was lost before all was sent: {reason}"))
        else:
            source.finish(delivery_id, Uncertain(f"AWS: no answer after the request was sent: {reason}"))

    def _submit(self, source: MessageSource, envelope: Envelope, message: bytes) -> None:
        """Sign a request, wait for its turn at the shared rate, and start sending it."""
        try:
            request = self._make_request(envelope, message)
        except TransportError as error:
            source.finish(envelope.delivery_id, error)
            return
        if not source.begin(envelope.delivery_id):
            source.finish(envelope.delivery_id, None)
            return
        self._wait_for_slot()
        self._delivery_id = envelope.delivery_id
        self._outgoing = memoryview(b"".join(request))
        self._active_at = time.monotonic()
        self._write(source)

    def _write(self, source: MessageSource) -> None:
        try:
            while self._is_writing() and (count := self._socket.send((self._outgoing,))):
                self._outgoing = self._outgoing[count:]
                self._active_at = time.monotonic()
        except OSError as error:
            self.close(source, describe(error))

    def _read(self, source: MessageSource) -> None:
        """Receive the answer; whatever comes unasked ends the connection."""
        try:
            octets = self._socket.receive()
            if octets is None:
                return
            if self._delivery_id is None or self._outgoing:
                self.close(source, "it was closed" if not octets else "it answered unasked")
                return
            answer = self._parser.feed(octets)
        except (OSError, ValueError) as error:
            self.close(source, describe(error))
            return
        self._active_at = time.monotonic()
        if answer is None:
            return
        delivery_id, self._delivery_id = self._delivery_id, None
        if not self._parser.keeps_alive:
            self.close(source, "")
        self._parser = ResponseParser()
        source.finish(delivery_id, self._read_result(answer))

    def _is_writing(self) -> bool:
        """Whether something has to be sent before anything can be received."""
        return bool(self._outgoing) and not self._socket.must_read_first


def open_ses(
    ses: SesSettings, keys: Credentials | None = None, *, state: Mapping[str, str] = os.environ
) -> SesTransport:
    """Return the transport of `[delivery.ses] client`; it raises what that does."""
    return (LeanSesTransport if ses.client == "lean" else SesTransport)(ses, keys, state=state)


def _read_result(answer: AwsResponse) -> Receipt | TransportError:
    return _result_of(parse_response(answer))


def _result_of(answer: dict[str, Any] | ErrorResponse) -> Receipt | TransportError:
    """Return the receipt or error of one answer to SendEmail."""
    if isinstance(answer, ErrorResponse):
        return classify_fault(answer)
    reference = answer.get("MessageId")
    return Receipt(reference=str(reference)) if reference else Uncertain("SES: an answer without a MessageId")
