"""The clerk: weighs what was asked at the door, posts the mail that it calls for, and forgets what is over.

It begins a moment after an enquiry came, by chance: whoever sends two forms cannot tell from the second one's
time what the first one's address was worth.
"""

import logging
import random
import threading
from contextlib import closing
from datetime import UTC, datetime

from newsletter.audience import SignupMailLimits, expire_signups
from newsletter.delivery import DeliveryStatus, list_notices, open_transport, plan_signup_mail, send_due_notices
from newsletter.errors import NewsletterError
from newsletter.web.office import Office

log = logging.getLogger("newsletter.web")

_TURN_SECONDS = 30.0
_TIDY_SECONDS = 3600.0
_LEAST_DELAY, _MOST_DELAY = 0.2, 1.2
_AGAIN_SECONDS = 5.0


class Clerk:
    """A thread that works behind the door."""

    def __init__(self) -> None:
        self._called = threading.Event()
        self._is_over = False
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Say that something waits."""
        self._called.set()

    def start(self, office: Office) -> None:
        """Begin to work."""
        self._thread = threading.Thread(target=self._work, args=(office,), name="clerk", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the mail that is being posted."""
        self._is_over = True
        self._called.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self, office: Office) -> None:
        tidied = 0.0
        while not self._is_over:
            wait = _TURN_SECONDS
            try:
                if (now := datetime.now(UTC)).timestamp() - tidied > _TIDY_SECONDS:
                    expire_signups(office.database, now)
                    tidied = now.timestamp()
                if not do_turn(office):
                    wait = _AGAIN_SECONDS
            except NewsletterError as error:
                log.warning("notices wait: %s", error)
                wait = _AGAIN_SECONDS
            except Exception:  # the outermost loop of a worker: it is noted, and the next turn tried
                log.exception("a turn of the clerk failed")
            self._called.wait(wait)
            if self._called.is_set() and not self._is_over:
                self._called.clear()
                threading.Event().wait(random.uniform(_LEAST_DELAY, _MOST_DELAY))  # noqa: S311 - no secret


def do_turn(office: Office) -> bool:
    """Weigh and post what waits; False where the next hop took not all of it."""
    web, now = office.settings.web, datetime.now(UTC)
    limits = SignupMailLimits(total=web.mails_an_hour, low_priority=max(1, web.mails_an_hour // 10))
    plan_signup_mail(office.database, office.keyring, office.settings, limits=limits, now=now)
    if not list_notices(office.database, DeliveryStatus.PLANNED):
        return True
    with closing(open_transport(office.settings)) as transport:
        posted = send_due_notices(
            office.database, office.keyring, office.settings, transport, clock=lambda: datetime.now(UTC)
        )
    for notice in posted.problems:
        log.warning("notice %d is %s: %s", notice.id, notice.status, notice.reason)
    if posted.stopped_by is not None:
        log.warning("notices wait: %s", posted.stopped_by)
    return posted.stopped_by is None
