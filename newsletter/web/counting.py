"""Counting: a counted link leads on at once; that it was followed is written down later, by a thread.

Behind the key may stand the token of a reader who agreed to being told apart. Whatever it is worth, the answer is
the same: nothing is looked up for it before somebody has been led on.
"""

import logging
import threading
from datetime import UTC, datetime

from starlette.responses import RedirectResponse, Response

from newsletter.database import Database
from newsletter.delivery import find_click_link
from newsletter.errors import NewsletterError
from newsletter.feedback import BURST_WINDOW, ClickCounter, CountedClicks, is_human_click, save_clicks
from newsletter.tokens import Purpose
from newsletter.web.callers import blurred_network
from newsletter.web.info_pages import NOT_FOUND
from newsletter.web.office import Office
from newsletter.web.visit import Visit

log = logging.getLogger("newsletter.web")


def follow_link(office: Office, visit: Visit) -> Response:
    """Lead to where a link of a letter leads, and nowhere else: nobody can lend our name to a link of theirs."""
    link = find_click_link(office.database, visit.token)
    if link is None:
        return office.pages.note(NOT_FOUND, status=404)
    if office.clicks is not None and not visit.is_head and is_human_click(visit.headers):
        office.clicks.add(
            link.key,
            reader=f"{visit.client} {visit.headers['user-agent']}",
            network=blurred_network(visit.client),
            now=visit.now,
            delivery_id=_told(office, visit),
        )
    return RedirectResponse(link.url, 302)


def _told(office: Office, visit: Visit) -> int | None:
    """Return whose letter the link was in, where it tells and that may be recorded."""
    is_asked = office.settings.tracking.clicks == "consented" and visit.follower
    return office.keyring.verify(Purpose.CLICK, visit.follower) if is_asked else None


class Bookkeeper:
    """A thread that writes down what was counted, every few seconds and at the end."""

    def __init__(self, database: Database, counter: ClickCounter) -> None:
        self._database = database
        self._counter = counter
        self._waiting = CountedClicks()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="clicks", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._ending.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ending.wait(BURST_WINDOW.total_seconds()):
            self._write(self._counter.take(datetime.now(UTC)))
        self._write(self._counter.take())

    def _write(self, counted: CountedClicks) -> None:
        self._waiting += counted
        try:
            save_clicks(self._database, self._waiting)
        except NewsletterError as error:
            log.warning("clicks wait: %s", error)
        except Exception:  # the outermost loop of a worker: it is noted, and the next turn tried
            log.exception("clicks could not be written")
        else:
            self._waiting = CountedClicks()
