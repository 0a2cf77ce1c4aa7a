"""SES identity: which verified domain or address a list's messages are sent under."""

from dataclasses import dataclass
from typing import Any

from newsletter.aws import ErrorResponse, call, make_client
from newsletter.errors import NewsletterError, TemporaryError, TransportError
from newsletter.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SesIdentity:
    """A verified, or not yet verified, domain or address in SES."""

    name: str
    is_verified: bool
    dkim: str
    """SUCCESS, PENDING, FAILED, TEMPORARY_FAILURE or NOT_STARTED."""
    is_signing: bool
    tokens: tuple[str, ...]
    mail_from: str
    """The custom MAIL FROM domain; "" for SES's own."""
    mail_from_status: str


def ses_client(settings: Settings) -> Any:
    """Return an SES client with the settings of the transport."""
    ses = settings.delivery.ses
    return make_client("sesv2", region=ses.region, endpoint=ses.endpoint)


def find_identity(settings: Settings, domain: str, address: str) -> SesIdentity | None:
    """Return the identity that SES would use: the address's own, its domain's, or a parent domain's; else None.

    TemporaryError when SES cannot be reached, NewsletterError when it refuses to answer.
    """
    client = ses_client(settings)
    labels = domain.split(".")
    parents = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    try:
        identities = [
            identity for name in (address, *parents) if (identity := _fetch_identity(client, name)) is not None
        ]
    finally:
        client.close()
    return next((identity for identity in identities if identity.is_verified), identities[0] if identities else None)


def _fetch_identity(client: Any, name: str) -> SesIdentity | None:
    try:
        answer = call(client.get_email_identity, EmailIdentity=name)
    except TransportError as error:
        raise TemporaryError(f"SES cannot be reached: {error}") from error
    if isinstance(answer, ErrorResponse):
        if answer.code in {"NotFoundException"} or answer.status == 404:
            return None
        raise NewsletterError(
            f"SES: GetEmailIdentity was answered with {answer.code}: {answer.message.rstrip('.')}. "
            "Allow ses:GetEmailIdentity"
        )
    dkim, sender = answer.get("DkimAttributes") or {}, answer.get("MailFromAttributes") or {}
    is_easy = dkim.get("SigningAttributesOrigin", "AWS_SES") != "EXTERNAL"
    return SesIdentity(
        name=name,
        is_verified=bool(answer.get("VerifiedForSendingStatus")),
        dkim=str(dkim.get("Status", "NOT_STARTED")),
        is_signing=bool(dkim.get("SigningEnabled")),
        tokens=tuple(dkim.get("Tokens") or ()) if is_easy and "@" not in name else (),
        mail_from=str(sender.get("MailFromDomain") or ""),
        mail_from_status=str(sender.get("MailFromDomainStatus") or ""),
    )
