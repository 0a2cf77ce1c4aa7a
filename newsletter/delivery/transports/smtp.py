"""SMTP transport: logs in to the relay of `[delivery.smtp]` and carries messages over connections that never wait.

TLS is verified wherever it is asked for. `smtp_protocol.py` holds the commands and replies of a connection.
"""

import smtplib
import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, cast

from pydantic import SecretStr

from newsletter.delivery.transports.base import MessageSource, ProviderAccount, SubmitResult
from newsletter.delivery.transports.nonblocking_socket import NonblockingSocket
from newsletter.delivery.transports.smtp_protocol import SmtpProtocol
from newsletter.delivery.transports.smtp_replies import classify_reply
from newsletter.errors import Deferred, Refused, SendingHalted, SettingsError, TransportError, describe
from newsletter.settings import SmtpSettings

FINAL_REPLY_SECONDS = 600
"""RFC 5321 section 4.5.3.2.6: giving up earlier makes duplicates (RFC 1047)."""
_IDLE_SECONDS = 60
"""A connection unused for longer is not trusted."""
_LOCAL = ("localhost", "127.0.0.1", "::1")


class SmtpTransport:
    """Submits to the relay of `[delivery.smtp]`."""

    name = "smtp"
    rate: float | None = None
    notices: tuple[str, ...] = ()
    account: ProviderAccount | None = None

    def __init__(self, relay: SmtpSettings, password: SecretStr | None, tls: ssl.SSLContext | None = None) -> None:
        """Check the settings; nothing is connected yet. SettingsError for a password that would go in clear."""
        if relay.username and password is None:
            raise SettingsError("[delivery.smtp] username is set, but NEWSLETTER_SMTP_PASSWORD is not")
        if relay.username and relay.security == "none" and relay.host not in _LOCAL:
            raise SettingsError(
                "[delivery.smtp] security = 'none' would send the password in clear. Set 'starttls' or 'tls'"
            )
        self.connections = relay.connections
        self._relay = relay
        self._password = password
        self._tls = tls or (ssl.create_default_context() if relay.security != "none" else None)
        self._place = f"{relay.host}:{relay.port}"

    def connect(self) -> "SmtpConnection":
        """Connect, greet, encrypt and log in, waiting for it; Deferred or SendingHalted where that fails."""
        client: smtplib.SMTP | None = None
        try:
            client = self._open()
            self._log_in(client)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            if client is not None:
                client.close()
            raise self._translate(error) from error
        protocol = SmtpProtocol(dict(client.esmtp_features), self._place)
        return SmtpConnection(cast("Any", client).sock, protocol, max_messages=self._relay.messages_per_connection)

    def accepted(self) -> frozenset[int] | None:
        """Return None: a relay cannot be asked what it accepted."""
        return None

    def close(self) -> None:
        """Do nothing: each connection is closed by its opener."""

    def _open(self) -> smtplib.SMTP:
        relay = self._relay
        if relay.security == "tls":
            return smtplib.SMTP_SSL(relay.host, relay.port, timeout=relay.timeout, context=self._tls)
        return smtplib.SMTP(relay.host, relay.port, timeout=relay.timeout)

    def _log_in(self, client: smtplib.SMTP) -> None:
        client.ehlo_or_helo_if_needed()
        if self._relay.security == "starttls":
            client.starttls(context=self._tls)
            client.ehlo()
        if self._relay.username and self._password is not None:
            client.login(self._relay.username, self._password.get_secret_value())

    def _translate(self, error: OSError | smtplib.SMTPException | UnicodeError) -> TransportError:
        """Return the error of a connection that was not opened: Deferred unless the author has to act."""
        if isinstance(error, UnicodeError):
            return SendingHalted(f"{self._place}: username and NEWSLETTER_SMTP_PASSWORD must be ASCII here")
        if isinstance(error, smtplib.SMTPResponseException):
            return self._translate_reply(error)
        if isinstance(error, smtplib.SMTPNotSupportedError) or type(error) is smtplib.SMTPException:
            # the latter alone where the relay offers no way to log in that smtplib knows
            return SendingHalted(
                f"{self._place}: {str(error).rstrip('.')}. Check [delivery.smtp] security and username"
            )
        if isinstance(error, ssl.SSLCertVerificationError):
            return SendingHalted(f"{self._place}: its certificate is not valid: {error.verify_message}. Check host")
        if isinstance(error, ssl.SSLError):
            return SendingHalted(f"{self._place}: no TLS: {error.reason}. Check [delivery.smtp] security and port")
        return Deferred(f"{self._place}: cannot be reached: {describe(error).rstrip('.')}")

    def _translate_reply(self, error: smtplib.SMTPResponseException) -> TransportError:
        octets = error.smtp_error
        text = (octets.decode("utf-8", "replace") if isinstance(octets, bytes) else str(octets)).strip().rstrip(".")
        if error.smtp_code < 0:
            return Deferred(f"{self._place}: the server there does not speak SMTP. Check [delivery.smtp] port")
        classified = classify_reply(f"{self._place}: answered {error.smtp_code} {text}", error.smtp_code, text)
        if not isinstance(classified, Refused):
            return classified
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return SendingHalted(f"{classified}. Check [delivery.smtp] username and NEWSLETTER_SMTP_PASSWORD")
        return SendingHalted(f"{classified}. It accepts no connection: ask the mail server's administrator")


class SmtpConnection:
    """One connection that is open and logged in, and the messages in progress on it."""

    def __init__(self, connection: socket.socket, protocol: SmtpProtocol, *, max_messages: int = 1000) -> None:
        """Take over a connection; its timeout is how long every answer but the final one may take."""
        self._timeout = connection.gettimeout() or 0.0
        self._socket = NonblockingSocket(connection)
        self._protocol = protocol
        self._max_messages = max_messages
        self._active_at = time.monotonic()
        self._is_open = True

    def fileno(self) -> int:
        """Return the descriptor that a selector waits on."""
        return self._socket.fileno()

    @property
    def is_idle(self) -> bool:
        """Whether no message is in progress."""
        return self._protocol.is_idle

    @property
    def deadline(self) -> float:
        """The time, on the monotonic clock, at which the messages in progress have timed out."""
        return self._active_at + (FINAL_REPLY_SECONDS if self._protocol.awaits_final_reply else self._timeout)

    def advance(self, source: MessageSource, events: int) -> int:
        """Read, write and take messages as far as possible without waiting; see `Connection.advance`."""
        if events & EVENT_WRITE:
            self._write(source)
        elif events & EVENT_READ:
            self._read(source)
        elif self._is_worn_out():
            self.close(source, "")
        while self._is_open and self._hand_over(source) and self._has_room() and self._take_message(source):
            pass
        if self._is_open and self._is_writing():
            self._write(source)
        if not self._is_open:
            return 0
        return EVENT_WRITE if self._is_writing() else EVENT_READ

    def close(self, source: MessageSource, reason: str) -> None:
        """Close the connection, with QUIT where it is idle; what is in progress is reported to `source`."""
        if self._is_open and self.is_idle:
            with suppress(OSError):
                self._socket.send((memoryview(b"QUIT\r\n"),))
        self._abort(source, reason)

    def _take_message(self, source: MessageSource) -> bool:
        """Begin the next message that is due; return whether there was one."""
        if (message := source.next_message()) is None:
            return False
        try:
            self._protocol.begin(*message)
        except TransportError as error:
            source.finish(message[0].delivery_id, error)
        self._active_at = time.monotonic()
        return True

    def _hand_over(self, source: MessageSource) -> bool:
        """Let the message follow that the server waits for, if it does; False when it must not."""
        if (awaited := self._protocol.awaited) is not None:
            if not source.begin(awaited):
                source.finish(awaited, None)
                self._abort(source, "sending stops")
                return False
            self._protocol.hand_over()
        return True

    def _write(self, source: MessageSource) -> None:
        while self._protocol.has_outgoing:
            try:
                count = self._socket.send(self._protocol.outgoing())
            except OSError as error:
                self._abort(source, describe(error))
                return
            if not count:
                return
            self._protocol.sent(count)
            self._active_at = time.monotonic()

    def _read(self, source: MessageSource) -> None:
        try:
            octets = self._socket.receive()
        except OSError as error:
            self._abort(source, describe(error))
            return
        if octets is None:
            return
        if not octets:
            self._abort(source, "the server closed the connection")
            return
        self._active_at = time.monotonic()
        _report(source, self._protocol.receive(octets))
        if self._protocol.is_closed:
            self._abort(source, "the connection ended")

    def _abort(self, source: MessageSource, reason: str) -> None:
        """Close without QUIT."""
        self._is_open = False
        self._socket.close()
        _report(source, self._protocol.connection_lost(reason))

    def _has_room(self) -> bool:
        return self._protocol.has_room and self._protocol.begun < self._max_messages

    def _is_writing(self) -> bool:
        """Whether something has to be sent before anything can be received."""
        return self._protocol.has_outgoing and not self._socket.must_read_first

    def _is_worn_out(self) -> bool:
        """Whether it has carried its share of messages, or was unused for too long, and should be closed."""
        return self.is_idle and (
            self._protocol.begun >= self._max_messages or time.monotonic() - self._active_at > _IDLE_SECONDS
        )


def _report(source: MessageSource, results: Iterable[SubmitResult]) -> None:
    for delivery_id, result in results:
        source.finish(delivery_id, result)
