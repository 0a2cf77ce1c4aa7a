"""Running the door: one process that serves until it is told to end, and then ends what it has begun."""

import socket
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from newsletter.audience import ConsentProof, Unsubscription, ensure_lists, unsubscribe_many
from newsletter.database import Database
from newsletter.delivery import find_addressees
from newsletter.errors import SettingsError
from newsletter.feedback import ClickCounter
from newsletter.finding import suggest
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from newsletter.web import wording
from newsletter.web.app import make_app
from newsletter.web.clerk import Clerk
from newsletter.web.counting import Bookkeeper
from newsletter.web.leavings import Leavings, Word
from newsletter.web.limits import Limit
from newsletter.web.office import Limits, Office
from newsletter.web.pages import Pages
from newsletter.web.protocol import protocol
from newsletter.web.uvicorn_settings import Server, quiet, why_not_there

_LAST_SECONDS = 20
"""How long requests that have begun may take once the door is closing."""


@dataclass(frozen=True, slots=True)
class Open:
    """A door that stands open."""

    url: str
    """Where it listens."""


@contextmanager
def _at_work(database: Database, keyring: Keyring, settings: Settings) -> Iterator[Office]:
    """Give an office whose clerk and writer work while the block runs."""

    def write(words: Sequence[Word]) -> None:
        known = find_addressees(database, [word.delivery_id for word in words])
        leavings = [
            Unsubscription(
                subscriber_id=addressee.subscriber_id,
                list_name=None if word.from_all else addressee.list_name,
                proof=ConsentProof(
                    evidence=f"delivery {word.delivery_id}{', one click' if word.is_one_click else ''}",
                    consent_text=word.words,
                    mail=wording.of_letter(word.delivery_id),
                ),
            )
            for word in words
            if (addressee := known.get(word.delivery_id)) is not None and addressee.subscriber_id is not None
        ]
        unsubscribe_many(database, leavings, origin="web", now=datetime.now(UTC))

    clerk, writer = Clerk(), Leavings(write)
    clicks = ClickCounter() if settings.tracking.clicks != "off" else None
    bookkeeper = Bookkeeper(database, clicks) if clicks is not None else None
    office = Office(
        settings=settings,
        database=database,
        keyring=keyring,
        pages=Pages(settings, urlsplit(settings.web.url or "").path.rstrip("/")),
        limits=Limits(all_forms=Limit(settings.web.attack_from, 60)),
        leavings=writer,
        wake=clerk.wake,
        clicks=clicks,
    )
    writer.start()
    clerk.start(office)
    if bookkeeper is not None:
        bookkeeper.start()
    try:
        yield office
    finally:
        clerk.stop()
        writer.stop()
        if bookkeeper is not None:
            bookkeeper.stop()


def serve(database: Database, keyring: Keyring, settings: Settings) -> Generator[Open]:
    """Serve the door until SIGINT or SIGTERM; yields once it stands open.

    Without `[web] url`, links lead to where it listens. SettingsError when it cannot open.
    """
    _refuse_unknown_lists(settings)
    listening = _listen(settings.web.host, settings.web.port)
    url = f"http://{_shown(settings.web.host)}:{listening.getsockname()[1]}"
    with listening:
        web = settings.web.model_copy(update={"url": settings.web.url or url})
        ensure_lists(database, settings.lists)
        with _at_work(database, keyring, settings.model_copy(update={"web": web})) as office:
            yield Open(url)
            http = protocol(is_secure=(web.url or "").startswith("https:"))
            Server(quiet(make_app(office), http, last_seconds=_LAST_SECONDS)).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise SettingsError(f"[web]: {why_not_there(error, host, port)}") from error
    return listening


def _refuse_unknown_lists(settings: Settings) -> None:
    if not settings.lists:
        raise SettingsError("newsletter.toml: no list to subscribe to. Add [lists.NAME]")
    lists: Mapping[str, object] = settings.lists
    for name in settings.web.lists:
        if name not in lists:
            raise SettingsError(f"[web] lists: unknown list '{name}'. {suggest(name, settings.lists)}".rstrip())


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
