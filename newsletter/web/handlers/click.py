"""Tracked links: redirect at once, and count the click later in a background thread.

The path may end with the token of a reader who agreed to click tracking. The response is the same whatever that token
is worth: nothing is looked up for it before the redirect.
"""

import logging
import threading
from datetime import UTC, datetime

from starlette.responses import RedirectResponse, Response

from newsletter.app import Publication, readers
from newsletter.errors import NewsletterError
from newsletter.feedback import BURST_WINDOW, ClickCounter, CountedClicks, is_human_click
from newsletter.web.context import WebContext
from newsletter.web.info_pages import NOT_FOUND
from newsletter.web.rate_limit import anonymised_network
from newsletter.web.request import WebRequest

log = logging.getLogger("newsletter.web")


def follow_link(context: WebContext, request: WebRequest) -> Response:
    """Redirect to where a link of an email leads. Only stored links are followed, so this is no open redirect."""
    url = readers.links.tracked_url(context.publication, request.token)
    if url is None:
        return context.templates.message(NOT_FOUND, status=404)
    if context.clicks is not None and not request.is_head and is_human_click(request.headers):
        context.clicks.add(
            request.token,
            reader=f"{request.client} {request.headers['user-agent']}",
            network=anonymised_network(request.client),
            now=request.now,
            delivery_id=readers.links.consenting_delivery(context.publication, request.follower),
        )
    return RedirectResponse(url, 302)


class ClickWriter:
    """The background thread that writes counted clicks to the database, every few seconds and at shutdown."""

    def __init__(self, publication: Publication, counter: ClickCounter) -> None:
        self._publication = publication
        self._counter = counter
        self._unwritten = CountedClicks()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clicks", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is counted, and end the thread."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(BURST_WINDOW.total_seconds()):
            self._write(self._counter.take(datetime.now(UTC)))
        self._write(self._counter.take())

    def _write(self, counted: CountedClicks) -> None:
        self._unwritten += counted
        try:
            readers.links.save_clicks(self._publication, self._unwritten)
        except NewsletterError as error:
            log.warning("clicks not written yet: %s", error)
        except Exception:  # the outermost loop of a worker: it is recorded, and the next round tried
            log.exception("clicks could not be written")
        else:
            self._unwritten = CountedClicks()
