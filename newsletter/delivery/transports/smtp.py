"""SMTP: hands messages to a relay over kept connections, one for each thread, verified where TLS is asked for."""

import smtplib
import ssl
import threading
from typing import Any, cast

from pydantic import SecretStr

from newsletter.delivery.transports.base import Envelope, Receipt
from newsletter.delivery.transports.smtp_connection import SmtpLine
from newsletter.delivery.transports.smtp_protocol import Dialogue
from newsletter.delivery.transports.smtp_replies import judge
from newsletter.errors import Deferred, Refused, SendingHalted, SettingsError, TransportError
from newsletter.settings import SmtpSettings

_LOCAL = ("localhost", "127.0.0.1", "::1")


class SmtpTransport:
    """Submits to the relay of `[delivery.smtp]`."""

    name = "smtp"
    rate: float | None = None
    notices: tuple[str, ...] = ()

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
        self._mine = threading.local()
        self._all: list[SmtpLine] = []
        self._counting = threading.Lock()

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        """Hand over one message; its reference is how the relay named it when it took it."""
        found = None
        while found is None:  # nothing was handed over: the relay had done with a connection used before
            found = self._line().submit(envelope, message)
        if isinstance(found, Receipt):
            return found
        raise found

    def open_line(self) -> SmtpLine:
        """Connect and log in, waiting for it, and return a line that waits for nothing any more."""
        line = self._open()
        line.never_wait()
        return line

    def close(self) -> None:
        """Close every connection that `submit` has kept."""
        with self._counting:
            for line in self._all:
                line.close()
            self._all.clear()

    def _line(self) -> SmtpLine:
        """Return this thread's connection."""
        line: SmtpLine | None = getattr(self._mine, "line", None)
        if line is not None and line.is_open and line.has_room and not line.is_spent:
            return line
        if line is not None:
            line.close()
        self._mine.line = fresh = self._open()
        with self._counting:
            self._all = [*(kept for kept in self._all if kept.is_open), fresh]
        return fresh

    def _open(self) -> SmtpLine:
        """Connect, greet, encrypt and log in; Deferred or SendingHalted."""
        client: smtplib.SMTP | None = None
        try:
            client = self._connect()
            self._log_in(client)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            if client is not None:
                client.close()
            raise self._translate(error) from error
        dialogue = Dialogue(dict(client.esmtp_features), self._place)
        return SmtpLine(cast("Any", client).sock, dialogue, messages=self._relay.messages_per_connection)

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
            return SendingHalted(f"{self._place}: username and NEWSLETTER_SMTP_PASSWORD must be ASCII here")
        if isinstance(error, smtplib.SMTPResponseException):
            text = error.smtp_error
            said = (text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)).strip().rstrip(".")
            if error.smtp_code < 0:
                return Deferred(f"{self._place}: what answers there does not speak SMTP. Check [delivery.smtp] port")
            judged = judge(f"{self._place}: answered {error.smtp_code} {said}", error.smtp_code, said)
            if not isinstance(judged, Refused):
                return judged
            if isinstance(error, smtplib.SMTPAuthenticationError):
                return SendingHalted(f"{judged}. Check [delivery.smtp] username and NEWSLETTER_SMTP_PASSWORD")
            return SendingHalted(f"{judged}. The relay will not talk to us: ask whoever runs it")
        if isinstance(error, smtplib.SMTPNotSupportedError) or type(error) is smtplib.SMTPException:
            # the latter alone where the relay offers no way to log in that we know
            return SendingHalted(
                f"{self._place}: {str(error).rstrip('.')}. Check [delivery.smtp] security and username"
            )
        if isinstance(error, ssl.SSLCertVerificationError):
            return SendingHalted(f"{self._place}: its certificate is not valid: {error.verify_message}. Check host")
        if isinstance(error, ssl.SSLError):
            return SendingHalted(f"{self._place}: no TLS: {error.reason}. Check [delivery.smtp] security and port")
        reason = getattr(error, "strerror", None) or str(error).rstrip(".") or type(error).__name__
        return Deferred(f"{self._place}: cannot be reached: {reason}")
