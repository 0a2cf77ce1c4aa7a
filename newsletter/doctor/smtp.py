"""SMTP check: the relay answers, offers TLS, and accepts our login; no mail is sent."""

import smtplib
import ssl
from collections.abc import Iterator

from newsletter.doctor.check import CheckResult, fail, ok, warn
from newsletter.settings import Settings

_PART = "smtp"
_TIMEOUT_SECONDS = 8.0


def check_smtp(settings: Settings, tls: ssl.SSLContext | None = None) -> Iterator[CheckResult]:
    """Connect and log in as for a send, up to where a message would begin; `tls` is for tests."""
    smtp = settings.delivery.smtp
    place = f"{smtp.host}:{smtp.port}"
    context = tls or ssl.create_default_context()
    try:
        client = (
            smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=_TIMEOUT_SECONDS, context=context)
            if smtp.security == "tls"
            else smtplib.SMTP(smtp.host, smtp.port, timeout=_TIMEOUT_SECONDS)
        )
    except ssl.SSLCertVerificationError as error:
        yield fail(_PART, "TLS", f"{place}: its certificate is not valid: {error.verify_message}", "Check host")
        return
    except (OSError, smtplib.SMTPException) as error:
        yield fail(
            _PART,
            "connection",
            f"{place}: {_describe(error)}",
            "Check [delivery.smtp] host, port and security, and a firewall",
        )
        return
    try:
        yield ok(_PART, "connection", f"{place} answers")
        yield from _check_session(client, settings, context)
    except (OSError, smtplib.SMTPException) as error:
        yield fail(_PART, "conversation", f"{place}: {_describe(error)}", "Ask the relay's administrator")
    finally:
        client.close()


def _check_session(client: smtplib.SMTP, settings: Settings, context: ssl.SSLContext) -> Iterator[CheckResult]:
    smtp = settings.delivery.smtp
    client.ehlo()
    if smtp.security == "starttls":
        if not client.has_extn("starttls"):
            yield fail(
                _PART, "TLS", "it offers no STARTTLS", 'Use port 465 with security = "tls", or ask its administrator'
            )
            return
        try:
            client.starttls(context=context)
        except ssl.SSLError as error:
            yield fail(_PART, "TLS", f"no TLS: {_describe(error)}", "Check [delivery.smtp] host")
            return
        client.ehlo()
    if smtp.security == "none":
        is_local = smtp.host in {"localhost", "127.0.0.1", "::1"}
        yield (ok if is_local else warn)(_PART, "TLS", "not used" + (", but it is this machine" if is_local else ""))
    else:
        yield ok(_PART, "TLS", f"{smtp.security}, with a valid certificate")
    if smtp.username:
        yield _check_login(client, settings)
    size = client.esmtp_features.get("size", "")
    if size.isdigit() and 0 < int(size) < 1_000_000:
        yield warn(_PART, "size", f"it accepts at most {int(size):,} bytes a message", "Ask its administrator for more")


def _check_login(client: smtplib.SMTP, settings: Settings) -> CheckResult:
    smtp = settings.delivery.smtp
    if settings.smtp_password is None:
        return fail(_PART, "login", f"user '{smtp.username}' has no password", "Set NEWSLETTER_SMTP_PASSWORD")
    try:
        user, password = smtp.username or "", settings.smtp_password.get_secret_value()
        if "PLAIN" in client.esmtp_features.get("auth", "").upper().split():  # one attempt, where login() makes several
            client.user, client.password = user, password
            client.auth("PLAIN", client.auth_plain)
        else:
            client.login(user, password)
    except smtplib.SMTPNotSupportedError:
        return fail(_PART, "login", "it offers no login on this connection", 'Set security = "starttls" or "tls"')
    except smtplib.SMTPAuthenticationError as error:
        return fail(
            _PART,
            "login",
            f"refused: {_describe(error)}",
            "Check [delivery.smtp] username and NEWSLETTER_SMTP_PASSWORD",
        )
    except (OSError, smtplib.SMTPException) as error:
        return fail(_PART, "login", f"no reply: {_describe(error)}", "Ask the relay's administrator")
    return ok(_PART, "login", f"user '{smtp.username}' is accepted")


def _describe(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{error.smtp_code} {' '.join(reply.split())}"[:160]
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (" ".join(str(error).split()) or type(error).__name__)[:160]
