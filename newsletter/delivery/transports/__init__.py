"""Transports: what hands a message to the next hop, one file for each."""

from newsletter.delivery.transports.base import Transport
from newsletter.delivery.transports.outbox import OutboxTransport
from newsletter.settings import Settings

__all__ = ["OutboxTransport", "Transport", "open_transport"]


def open_transport(settings: Settings) -> Transport:
    """Return the transport that `[delivery] transport` names; it may raise SettingsError or SendingHalted."""
    if settings.delivery.transport == "outbox":
        return OutboxTransport(settings.var / "outbox")
    if settings.delivery.transport == "smtp":
        from newsletter.delivery.transports.smtp import SmtpTransport

        return SmtpTransport(settings.delivery.smtp, settings.smtp_password)
    from newsletter.delivery.transports.ses import open_ses  # boto3 takes a while to import

    return open_ses(settings.delivery.ses)
