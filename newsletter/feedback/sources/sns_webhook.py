"""The door for SNS over HTTPS: what to answer a notification, which whoever serves the web asks for.

SNS tries again after 5xx only, and for an hour at most, so what cannot be kept now is answered 503, and nothing
that is proven is ever answered 404.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter.database import Database
from newsletter.errors import NewsletterError, TemporaryError
from newsletter.feedback.apply.apply import apply_waiting
from newsletter.feedback.sources.sns_http import read_certificate, visit
from newsletter.feedback.sources.sns_signature import Forged, SnsType, verify
from newsletter.feedback.store.events import keep, read_incoming
from newsletter.settings import Settings
from newsletter.tokens import Keyring

SNS_PATH = "/hooks/sns"
"""Where the web door mounts it."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """What to answer."""

    status: int
    """200, 400, 403, 404 or 503."""
    text: str


def handle_sns_notification(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    headers: Mapping[str, str],  # noqa: ARG001  SNS signs none of them, so none is believed
    body: bytes,
    *,
    clock: Callable[[], datetime],
    certificate: Callable[[str], bytes] | None = None,
    confirm: Callable[[str], object] = visit,
) -> WebhookResponse:
    """Take in what was posted to `SNS_PATH` and return what to answer; nothing is raised.

    It is durable before 200 is answered, and counts once however often it comes. A subscription to a topic of
    `[feedback] topics` is confirmed by itself. `certificate` and `confirm` ask SNS; by default, they do.
    """
    feedback = settings.feedback
    if not feedback.topics:
        return WebhookResponse(404, "nothing is heard here: [feedback] topics is empty")
    folder = settings.root / feedback.certificates if feedback.certificates else None
    try:
        said = verify(
            body,
            topics=feedback.topics,
            allow_sha1=feedback.allow_sha1,
            now=clock(),
            certificate=certificate or (lambda url: read_certificate(url, folder)),
        )
        if said.type is SnsType.SUBSCRIBED:
            if not said.subscribe_url:
                return _refused("its SubscribeURL is not SNS's own")
            confirm(said.subscribe_url)
            log.info("feedback.subscribed", extra={"topic": said.topic})
            return WebhookResponse(200, "confirmed")
        keep(database, list(read_incoming(said.body)), "sns", clock())
    except Forged as error:
        return _refused(str(error))
    except (TemporaryError, OSError) as error:
        log.warning("feedback.not_taken", extra={"reason": str(error)})
        return WebhookResponse(503, "not now")
    except NewsletterError as error:
        log.error("feedback.not_taken", extra={"reason": str(error)})  # noqa: TRY400
        return WebhookResponse(503, "not now")
    _apply_some(database, keyring, settings, clock)
    return WebhookResponse(200, "taken")


def _apply_some(database: Database, keyring: Keyring, settings: Settings, clock: Callable[[], datetime]) -> None:
    """Apply one group; what is kept is not lost when that has to wait."""
    try:
        next(apply_waiting(database, keyring, settings, clock=clock), None)
    except NewsletterError as error:
        log.warning("feedback.applied_later", extra={"reason": str(error)})


def _refused(why: str) -> WebhookResponse:
    log.warning("feedback.refused", extra={"reason": why})
    return WebhookResponse(403, why)
