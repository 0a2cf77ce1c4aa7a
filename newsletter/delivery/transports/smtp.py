"""SMTP: hands messages to a relay over kept connections, one for each thread, verified where TLS is asked for."""

import smtplib
import ssl
import threading
import time
from typing import Any, BinaryIO, cast

from pydantic import SecretStr

from newsletter.delivery.transports.smtp_replies import judge, reference_of
from newsletter.delivery.transports.smtp_session import Lost, Session
from newsletter.delivery.transports.transport import Envelope, Receipt
from newsletter.errors import Deferred, EditSettings, Halted, Refused, TransportError
from newsletter.settings import Smtp

_IDLE_SECONDS = 60
"""A connection unused for longer is not trusted."""
_LOCAL = ("localhost", "127.0.0.1", "::1")


class SmtpTransport:
    """Submits to the relay of `[delivery.smtp]`."""

    name = "smtp"
    rate: float | None = None
    notices: tuple[str, ...] = ()

    def __init__(self, relay: Smtp, password: SecretStr | None, tls: ssl.SSLContext | None = None) -> None:
        """Check the settings; nothing is connected yet. EditSettings for a password that would go in clear."""
        if relay.username and password is None:
            raise EditSettings("[delivery.smtp] username is set, but NEWSLETTER_SMTP_PASSWORD is not")
        if relay.username and relay.security == "none" and relay.host not in _LOCAL:
            raise EditSettings(
                "[delivery.smtp] security = 'none' would send the password in clear. Set 'starttls' or 'tls'"
            )
        self.connections = relay.connections
        self._relay = relay
        self._password = password
        self._tls = tls or (ssl.create_default_context() if relay.security != "none" else None)
        self._place = f"{relay.host}:{relay.port}"
        self._mine = threading.local()
        self._all: list[Session] = []
        self._counting = threading.Lock()

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        """Hand over one message; its reference is how the relay named it when it took it."""
        session, is_kept = self._session()
        try:
            text = session.submit(envelope.sender, envelope.recipient, message)
        except Lost as error:
            if not is_kept:
                raise Deferred(f"{self._place}: the connection was lost: {error}") from error
            return self.submit(
                envelope, message
            )  # nothing was handed over: the relay had done with the connection
        self._mine.used = time.monotonic()
        return Receipt(reference=reference_of(text))

    def close(self) -> None:
        """Close every connection."""
        with self._counting:
            for session in self._all:
                session.close()
            self._all.clear()

    def _session(self) -> tuple[Session, bool]:
        """Return this thread's connection, and whether it has been used before."""
        session: Session | None = getattr(self._mine, "session", None)
        if session is not None and session.is_open:
            is_stale = time.monotonic() - self._mine.used > _IDLE_SECONDS
            if session.begun < self._relay.messages_per_connection and not is_stale:
                return session, True
        if session is not None:
            session.close()
        self._mine.session = fresh = self._open()
        self._mine.used = time.monotonic()
        with self._counting:
            self._all = [*(kept for kept in self._all if kept.is_open), fresh]
        return fresh, False

    def _open(self) -> Session:
        """Connect, greet, encrypt and log in; Deferred or Halted."""
        client: smtplib.SMTP | None = None
        try:
            client = self._connect()
            self._log_in(client)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            if client is not None:
                client.close()
            raise self._translate(error) from error
        connection = cast("Any", client).sock
        reader = cast("BinaryIO | None", client.file) or connection.makefile("rb")
        return Session(connection, reader, dict(client.esmtp_features), self._place)

    def _connect(self) -> smtplib.SMTP:
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
        """Nothing was handed over, so it is Deferred unless the author has to mend something."""
        if isinstance(error, UnicodeError):
            return Halted(f"{self._place}: username and NEWSLETTER_SMTP_PASSWORD must be ASCII here")
        if isinstance(error, smtplib.SMTPResponseException):
            text = error.smtp_error
            said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
            judged = judge(f"{self._place}: answered {error.smtp_code} {said}", error.smtp_code, said)
            if not isinstance(judged, Refused):
                return judged
            if isinstance(error, smtplib.SMTPAuthenticationError):
                return Halted(f"{judged}. Check [delivery.smtp] username and NEWSLETTER_SMTP_PASSWORD")
            return Halted(f"{judged}. The relay will not talk to us: ask whoever runs it")
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return Halted(f"{self._place}: {error}. Check [delivery.smtp] security and username")
        if isinstance(error, ssl.SSLCertVerificationError):
            return Halted(f"{self._place}: its certificate is not valid: {error.verify_message}. Check host")
        if isinstance(error, ssl.SSLError):
            return Halted(f"{self._place}: no TLS: {error.reason}. Check [delivery.smtp] security and port")
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Deferred(f"{self._place}: cannot be reached: {reason}")
