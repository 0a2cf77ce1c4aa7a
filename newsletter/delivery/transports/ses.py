"""Amazon SES, API v2: one SendEmail call with the raw message for each delivery, never repeated by itself.

Every mail carries the delivery's tag, so that SES's own events can settle what a lost answer left
in doubt. SES has no idempotency token.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.aws import (
    Credentials,
    ErrorResponse,
    HttpResponse,
    account_id_of,
    call,
    make_client,
    open_lean_ses,
    parse_response,
    translated_errors,
)
from newsletter.delivery.rate.limiter import USED
from newsletter.delivery.rate.shared_file import open_account_book
from newsletter.delivery.transports.base import Allowance, Envelope, Receipt
from newsletter.delivery.transports.ses_answers import MOST_CONNECTIONS, connections_for, judge, read_allowance
from newsletter.delivery.transports.ses_connection import SesLine
from newsletter.errors import Deferred, TransportError, Uncertain
from newsletter.settings import SesSettings


class SesTransport:
    """Submits to SES as `[delivery.ses]` and AWS's own settings say."""

    name = "ses"

    def __init__(
        self, ses: SesSettings, keys: Credentials | None = None, *, state: Mapping[str, str] = os.environ
    ) -> None:
        """Make the client and ask the account what it grants; SendingHalted when it may not send at all.

        With `keys` no credentials are looked up, and no proxy is used. `state` is the environment that says where
        the account's book is kept.
        """
        self.refresh = ses.refresh
        self._configuration_set = ses.configuration_set
        pool = ses.connections or MOST_CONNECTIONS
        self._client = make_client(
            "sesv2", region=ses.region, endpoint=ses.endpoint, connections=pool, credentials=keys
        )
        self._client.meta.events.register("before-send.sesv2.SendEmail", self._leave)
        self.account = f"ses {self._client.meta.endpoint_url} {account_id_of(self._client)}"
        self.rate: float | None = None
        self.notices: tuple[str, ...] = ()
        self.granted = Allowance()
        self.book = open_account_book(self.account, state)
        self._read_account()
        self.connections = ses.connections or connections_for(self.rate)

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        """Hand over one message; its reference is SES's MessageId."""
        found = _found(call(self._send_email, **self._arguments(envelope, message)))
        if isinstance(found, Receipt):
            return found
        raise found

    def _send_email(self, **arguments: Any) -> Any:
        return self._client.send_email(**arguments)

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

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()
        if self.book is not None:
            self.book.close()

    def _leave(self, **_request: object) -> None:
        """Wait until the next message may leave: at the last moment, with everything made ready."""
        if self.book is not None and self.rate is not None:
            self.book.leave(self.rate * USED)

    def allowance(self) -> Allowance:
        """Ask what the account grants; SendingHalted when it may not send, Deferred or Uncertain without an answer."""
        found = read_allowance(self._client).allowance
        self.rate = found.rate or self.rate
        return found

    def _read_account(self) -> None:
        try:
            found = read_allowance(self._client)
        except (Deferred, Uncertain) as error:
            self.notices = (f"{error}. The granted rate is not known; set [delivery] rate",)
            return
        self.granted = found.allowance
        self.rate, self.notices = found.allowance.rate, found.notices


class LeanSesTransport(SesTransport):
    """The same with less done for each call, and with lines of which one thread can serve many."""

    def __init__(
        self, ses: SesSettings, keys: Credentials | None = None, *, state: Mapping[str, str] = os.environ
    ) -> None:
        """As `SesTransport`; SettingsError where the client cannot be made as AWS's own settings say."""
        super().__init__(ses, keys, state=state)
        self._lean = open_lean_ses(self._client, credentials=keys, before_send=self._leave)

    def open_line(self) -> SesLine:
        """Connect, waiting for it; Deferred where that fails."""
        return SesLine(self._lean.connect(), self._request, _judge_answer, self._leave)

    def close(self) -> None:
        """Close the kept connections."""
        self._lean.close()
        super().close()

    def _send_email(self, **arguments: Any) -> Any:
        return self._lean.send_email(**arguments)

    def _request(self, envelope: Envelope, message: bytes) -> Sequence[bytes]:
        with translated_errors():
            return self._lean.build_request(**self._arguments(envelope, message))


def open_ses(
    ses: SesSettings, keys: Credentials | None = None, *, state: Mapping[str, str] = os.environ
) -> SesTransport:
    """Return the transport of `[delivery.ses] client`; it raises what that does."""
    return (LeanSesTransport if ses.client == "lean" else SesTransport)(ses, keys, state=state)


def _judge_answer(answer: HttpResponse) -> Receipt | TransportError:
    return _found(parse_response(answer))


def _found(answer: dict[str, Any] | ErrorResponse) -> Receipt | TransportError:
    """Return what an answer means for the message."""
    if isinstance(answer, ErrorResponse):
        return judge(answer)
    reference = answer.get("MessageId")
    return Receipt(reference=str(reference)) if reference else Uncertain("SES: an answer without a MessageId")
