"""Sign-up by double opt-in: record a request, process it into an email, confirm it by the link in that email."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime

from newsletter.address import Address
from newsletter.app.publication import Publication
from newsletter.audience import ConsentProof
from newsletter.audience import ensure_lists as store_lists
from newsletter.audience.signup import (
    SignupMailKind,
    SignupMailLimits,
    SignupRequest,
    SignupRequestKind,
    confirm_signup,
    expire_signups,
    find_signup_request,
    record_signup_request,
)
from newsletter.delivery import DeliveryStatus, open_transport
from newsletter.delivery.notices import (
    SentNotices,
    find_notice_about,
    list_notices,
    plan_signup_mail,
    send_due_notices,
)
from newsletter.tokens import Purpose


def record_request(
    publication: Publication,
    kind: SignupRequestKind,
    address: Address,
    lists: Sequence[str],
    *,
    language: str,
    proof: ConsentProof,
    is_low_priority: bool = False,
    now: datetime,
) -> None:
    """Record a request to join lists, or for a link to one's own page; nothing is looked up, and one row is written."""
    record_signup_request(
        publication.database,
        kind,
        address,
        lists,
        language=language,
        proof=proof,
        is_low_priority=is_low_priority,
        now=now,
    )


def find_pending(publication: Publication, token: str, now: datetime) -> SignupRequest | None:
    """Return the sign-up request that a confirmation link is for, while it can be confirmed."""
    number = publication.keyring.verify(Purpose.CONFIRM, token)
    if not number:
        return None
    return find_signup_request(publication.database, SignupRequestKind.SIGNUP, number, now) or None


def confirm(publication: Publication, token: str, *, network: str, consent_text: str, now: datetime) -> bool:
    """Confirm the sign-up of a link; repeating it changes nothing. False where the link is no longer valid."""
    number = publication.keyring.verify(Purpose.CONFIRM, token)
    if not number or find_pending(publication, token, now) is None:
        return False
    notice = find_notice_about(publication.database, [SignupMailKind.CONFIRMATION.value], str(number))
    proof = ConsentProof(
        evidence=f"sign-up request {number}, confirmed from {network}",
        consent_text=consent_text,
        mail=f"{notice.kind} {notice.id}, '{notice.subject}', {notice.digest}" if notice else "",
    )
    return confirm_signup(publication.database, publication.keyring, number, proof=proof, now=now)


def process_requests(publication: Publication) -> SentNotices | None:
    """Process pending sign-up requests and send the emails they cause; None where there was nothing to send."""
    web, now = publication.settings.web, publication.now()
    limits = SignupMailLimits(total=web.mails_an_hour, low_priority=max(1, web.mails_an_hour // 10))
    plan_signup_mail(publication.database, publication.keyring, publication.settings, limits=limits, now=now)
    if not list_notices(publication.database, DeliveryStatus.PLANNED):
        return None
    with closing(open_transport(publication.settings)) as transport:
        return send_due_notices(
            publication.database, publication.keyring, publication.settings, transport, clock=publication.now
        )


def ensure_lists(publication: Publication) -> None:
    """Store the lists of newsletter.toml that the database does not have yet."""
    store_lists(publication.database, publication.settings.lists)


def delete_expired(publication: Publication) -> None:
    """Delete sign-up requests that were not confirmed in time, and the people who only they are about."""
    expire_signups(publication.database, publication.now())
