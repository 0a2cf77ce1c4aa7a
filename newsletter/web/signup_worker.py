"""Sign-up worker: the thread that processes sign-up requests, sends the emails they cause, and deletes expired ones.

It starts after a random delay, so that somebody who sends two forms cannot tell from the second one's response time
whether the first one's address was known.
"""

import logging
import random
import threading
from datetime import UTC, datetime

from newsletter.app import readers
from newsletter.errors import NewsletterError
from newsletter.web.context import WebContext

log = logging.getLogger("newsletter.web")

_POLL_SECONDS = 30.0
_EXPIRE_SECONDS = 3600.0
_MIN_DELAY, _MAX_DELAY = 0.2, 1.2
_RETRY_SECONDS = 5.0


class SignupWorker:
    """A background thread of the web server."""

    def __init__(self) -> None:
        self._woken = threading.Event()
        self._is_stopping = False
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Wake the worker: a request is pending."""
        self._woken.set()

    def start(self, context: WebContext) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, args=(context,), name="signup", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the email that is being sent."""
        self._is_stopping = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, context: WebContext) -> None:
        expired_at = 0.0
        while not self._is_stopping:
            wait = _POLL_SECONDS
            try:
                if (now := datetime.now(UTC)).timestamp() - expired_at > _EXPIRE_SECONDS:
                    readers.signup.delete_expired(context.publication)
                    expired_at = now.timestamp()
                if not process_pending(context):
                    wait = _RETRY_SECONDS
            except NewsletterError as error:
                log.warning("sign-up emails deferred: %s", error)
                wait = _RETRY_SECONDS
            except Exception:  # the outermost loop of a worker: it is recorded, and the next round tried
                log.exception("sign-up requests could not be processed")
            self._woken.wait(wait)
            if self._woken.is_set() and not self._is_stopping:
                self._woken.clear()
                threading.Event().wait(random.uniform(_MIN_DELAY, _MAX_DELAY))  # noqa: S311 - no secret


def process_pending(context: WebContext) -> bool:
    """Process pending requests and send their emails; False where the mail server did not accept all of them."""
    sent = readers.signup.process_requests(context.publication)
    if sent is None:
        return True
    for notice in sent.problems:
        log.warning("notice %d is %s: %s", notice.id, notice.status, notice.reason)
    if sent.stopped_by is not None:
        log.warning("sign-up emails deferred: %s", sent.stopped_by)
    return sent.stopped_by is None
