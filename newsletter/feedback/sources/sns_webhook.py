"""SNS webhook: handles notifications that Amazon SNS posts over HTTPS, and returns the HTTP response.

SNS retries after 5xx only, and for an hour at most, so what cannot be stored now is answered 503, and nothing that is
verified is ever answered 404.
"""

import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.database import Database
from newsletter.errors import NewsletterError, TemporaryError
from newsletter.feedback.apply.pipeline import apply_waiting_events
from newsletter.feedback.sources.sns_signature import ForgedNotification, SnsMessageType, verify_notification
from newsletter.feedback.store.events import parse_incoming, store_events
from newsletter.settings import Settings
from newsletter.tokens import Keyring

SNS_PATH = "/hooks/sns"
"""Where the web server mounts it."""
_TIMEOUT_SECONDS = 5
_MAX_BYTES = 64 * 1024
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """What to answer."""

    status: int
    """200, 400, 403, 404 or 503."""
    text: str


def fetch(url: str) -> bytes:
    """Fetch a page of SNS's, such as one that confirms a subscription; follows no redirect.

    TemporaryError when it cannot be fetched.
    """
    parts = urlsplit(url)
    connection = HTTPSConnection(parts.netloc, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context())
    try:
        connection.request("GET", f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}")
        response = connection.getresponse()
        content = response.read(_MAX_BYTES + 1)
    except (OSError, HTTPException) as error:
        raise TemporaryError(f"{parts.netloc}: cannot be reached: {error}") from error
    finally:
        connection.close()
    if response.status != 200 or len(content) > _MAX_BYTES:
        raise TemporaryError(f"{parts.netloc}: answered {response.status}")
    return content


def handle_sns_notification(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    headers: Mapping[str, str],  # noqa: ARG001  SNS signs none of them, so none is trusted
    body: bytes,
    *,
    clock: Callable[[], datetime],
    certificate: Callable[[str], bytes] | None = None,
    confirm: Callable[[str], object] = fetch,
) -> WebhookResponse:
    """Verify and store what was posted to `SNS_PATH`, and return what to answer; nothing is raised.

    The event is durable before 200 is answered, and counts once however often it comes. A subscription to a topic of
    `[feedback] topics` is confirmed. `certificate` and `confirm` fetch from SNS; tests replace them.
    """
    feedback = settings.feedback
    if not feedback.topics:
        return WebhookResponse(404, "no topic may report here: [feedback] topics is empty")
    folder = settings.root / feedback.certificates if feedback.certificates else None
    try:
        notification = verify_notification(
            body,
            topics=feedback.topics,
            allow_sha1=feedback.allow_sha1,
            now=clock(),
            certificate=certificate or (lambda url: _read_certificate(url, folder)),
        )
        if notification.type is SnsMessageType.SUBSCRIBED:
            if not notification.subscribe_url:
                return _refuse("its SubscribeURL is not SNS's own")
            confirm(notification.subscribe_url)
            log.info("feedback.subscribed", extra={"topic": notification.topic})
            return WebhookResponse(200, "confirmed")
        store_events(database, list(parse_incoming(notification.body)), "sns", clock())
    except ForgedNotification as error:
        return _refuse(str(error))
    except (TemporaryError, OSError) as error:
        log.warning("feedback.not_stored", extra={"reason": str(error)})
        return WebhookResponse(503, "try again later")
    except NewsletterError as error:
        log.error("feedback.not_stored", extra={"reason": str(error)})  # noqa: TRY400
        return WebhookResponse(503, "try again later")
    _apply_one_group(database, keyring, settings, clock)
    return WebhookResponse(200, "stored")


def _apply_one_group(database: Database, keyring: Keyring, settings: Settings, clock: Callable[[], datetime]) -> None:
    """Apply waiting events; what is stored is not lost if that has to wait."""
    try:
        next(apply_waiting_events(database, keyring, settings, clock=clock), None)
    except NewsletterError as error:
        log.warning("feedback.applied_later", extra={"reason": str(error)})


def _refuse(why: str) -> WebhookResponse:
    log.warning("feedback.refused", extra={"reason": why})
    return WebhookResponse(403, why)


def _read_certificate(url: str, folder: Path | None) -> bytes:
    """Return the certificates at a URL of SNS's, from a file of the same name in `folder` if there is one."""
    if folder is not None:
        pinned = folder / Path(urlsplit(url).path).name
        if pinned.is_file():
            return pinned.read_bytes()
    return _fetch_cached(url)


@lru_cache(maxsize=16)
def _fetch_cached(url: str) -> bytes:
    return fetch(url)
