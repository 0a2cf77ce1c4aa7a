"""Transports: one module for each provider of mail, behind the protocols in `base.py`.

`open_transport` opens the one that `[delivery] transport` names. `outbox` writes a local Maildir, `ses` calls Amazon
SES's API, `smtp` talks to a mail server. SMTP and the lean SES client have connections that never wait
(`nonblocking_socket.py`); boto3 and the outbox wait in a thread each (`thread_connection.py`). `smtp_protocol.py` is
SMTP without its socket; `smtp_replies.py` and `ses_replies.py` say which error a provider's answer means.
"""

from newsletter.delivery.transports.base import Transport
from newsletter.settings import Settings

__all__ = ["open_transport"]


def open_transport(settings: Settings) -> Transport:
    """Return the transport that `[delivery] transport` names; it may raise SettingsError or SendingHalted."""
    if settings.delivery.transport == "outbox":
        from newsletter.delivery.transports.outbox import OutboxTransport

        return OutboxTransport(settings.var / "outbox")
    if settings.delivery.transport == "smtp":
        from newsletter.delivery.transports.smtp import SmtpTransport

        return SmtpTransport(settings.delivery.smtp, settings.smtp_password)
    from newsletter.delivery.transports.ses import open_ses  # boto3 takes a while to import

    return open_ses(settings.delivery.ses)
