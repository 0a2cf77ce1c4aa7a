"""Web server process: opens the socket, runs the background threads, and serves until SIGINT or SIGTERM."""

import socket
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from newsletter.app import Publication, readers
from newsletter.errors import SettingsError
from newsletter.feedback import ClickCounter
from newsletter.finding import suggest
from newsletter.settings import Settings
from newsletter.web.app import make_app
from newsletter.web.batch_unsubscribe import UnsubscribeBatcher
from newsletter.web.context import WebContext
from newsletter.web.handlers.click import ClickWriter
from newsletter.web.http_protocol import make_protocol
from newsletter.web.rate_limit import RateLimit, RateLimits
from newsletter.web.signup_worker import SignupWorker
from newsletter.web.templates import PageTemplates
from newsletter.web.uvicorn_server import Listening, UvicornServer, describe_bind_error, make_config

_SHUTDOWN_SECONDS = 20
"""How long requests that have begun may take once the server is stopping."""


@contextmanager
def _running_context(publication: Publication) -> Iterator[WebContext]:
    """Yield the context of the handlers; its background threads run while the block does."""
    settings = publication.settings

    def write(requests: Sequence[readers.unsubscribe.UnsubscribeRequest]) -> None:
        readers.unsubscribe.unsubscribe_many(publication, requests, publication.now())

    signup_worker, batcher = SignupWorker(), UnsubscribeBatcher(write)
    clicks = ClickCounter() if settings.tracking.clicks != "off" else None
    click_writer = ClickWriter(publication, clicks) if clicks is not None else None
    context = WebContext(
        publication=publication,
        templates=PageTemplates(settings, urlsplit(settings.web.url or "").path.rstrip("/")),
        limits=RateLimits(all_forms=RateLimit(settings.web.attack_from, 60)),
        unsubscribes=batcher,
        wake_signup_worker=signup_worker.wake,
        clicks=clicks,
    )
    batcher.start()
    signup_worker.start(context)
    if click_writer is not None:
        click_writer.start()
    try:
        yield context
    finally:
        signup_worker.stop()
        batcher.stop()
        if click_writer is not None:
            click_writer.stop()


def serve(publication: Publication) -> Generator[Listening]:
    """Serve until SIGINT or SIGTERM; yields once the socket listens.

    Without `[web] url`, links lead to where it listens. SettingsError when it cannot listen there.
    """
    settings = publication.settings
    _refuse_unknown_lists(settings)
    listener = _listen(settings.web.host, settings.web.port)
    url = f"http://{_url_host(settings.web.host)}:{listener.getsockname()[1]}"
    with listener:
        web = settings.web.model_copy(update={"url": settings.web.url or url})
        readers.signup.ensure_lists(publication)
        served = publication.derive(settings.model_copy(update={"web": web}))
        with _running_context(served) as context:
            yield Listening(url)
            protocol = make_protocol(is_secure=(web.url or "").startswith("https:"))
            config = make_config(make_app(context), protocol, shutdown_seconds=_SHUTDOWN_SECONDS)
            UvicornServer(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise SettingsError(f"[web]: {describe_bind_error(error, host, port)}") from error
    return listener


def _refuse_unknown_lists(settings: Settings) -> None:
    if not settings.lists:
        raise SettingsError("newsletter.toml: there is no list to subscribe to. Add [lists.NAME]")
    lists: Mapping[str, object] = settings.lists
    for name in settings.web.lists:
        if name not in lists:
            raise SettingsError(f"[web] lists: unknown list '{name}'. {suggest(name, settings.lists)}".rstrip())


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
