"""The application: the page, its letters, their pictures, and word of changes; for browsers of this machine alone.

The author's HTML stands in a sandbox without scripts. A request that names another host is refused, or a page
elsewhere could read drafts by letting its own name lead here.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.web.preview.bench import Bench
from newsletter.web.preview.galley import PICTURES, Galley
from newsletter.web.preview.page import SCHEMES, Pages, in_scheme

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_LETTER = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline' https:; "
    "font-src https: data:; img-src {origin} https: http: data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_LOOK_SECONDS = 0.1
"""Between two looks whether there was a change."""


def make_app(bench: Bench, hosts: frozenset[str], slug: str) -> ASGIApp:
    """Return the application; `hosts` are the names it answers to, `slug` the issue of its first page."""
    pages = Pages()

    async def show_first(request: Request) -> Response:
        found = slug or (await run_in_threadpool(bench.galley, "")).slug
        if not found:
            return await page(request, "")
        return RedirectResponse(f"/issues/{found}")  # so that the page keeps to it, whatever becomes of it

    async def show_issue(request: Request) -> Response:
        return await page(request, request.path_params["slug"])

    async def page(request: Request, wanted: str) -> Response:
        galley = await run_in_threadpool(bench.galley, wanted)
        html = pages.page(galley, _scheme(request), _variant(request, galley))
        return Response(html, headers={"Content-Security-Policy": _PAGE}, media_type="text/html")

    async def show_letter(request: Request) -> Response:
        galley = await run_in_threadpool(bench.galley, request.path_params["slug"])
        if not galley.letters:
            return PlainTextResponse("There is no letter.", 404)
        html = in_scheme(galley.letters[_variant(request, galley)].html, _scheme(request))
        html = re.sub(r"(<head\b[^>]*>)", r'\1<base target="_blank">', html, count=1)
        policy = _LETTER.format(origin=f"http://{request.headers['host']}")
        return Response(html, headers={"Content-Security-Policy": policy}, media_type="text/html")

    async def show_picture(request: Request) -> Response:
        galley = await run_in_threadpool(bench.galley, request.path_params["slug"])
        path = galley.pictures.get(request.path_params["name"])
        if path is None or not path.is_file():
            return PlainTextResponse("There is no such picture.", 404)
        return Response(await run_in_threadpool(path.read_bytes), media_type=_KINDS.get(path.suffix))

    async def tell(request: Request) -> Response:
        since = request.query_params.get("since", "")
        changes = _changes(bench, int(since) if since.isdecimal() and len(since) < 10 else 0)
        return StreamingResponse(changes, media_type="text/event-stream")

    def file(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def show_file(_request: Request) -> Response:
            content, kind = pages.file(name, bench.accent)
            return Response(content, media_type=kind)

        return show_file

    ways: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/": show_first,
        "/issues/{slug}": show_issue,
        "/letters/{slug}": show_letter,
        PICTURES + "{slug}/{name}": show_picture,
        "/changes": tell,
        "/preview.css": file("preview.css"),
        "/preview.js": file("preview.js"),
    }
    return _Guard(Starlette(routes=[Route(path, way, methods=["GET"]) for path, way in ways.items()]), hosts)


class _Guard:
    """The outermost layer: refuses foreign hosts, and keeps browsers strict."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        named = [text.decode("latin-1").lower() for name, text in scope["headers"] if name == b"host"]
        if len(named) != 1 or named[0] not in self._hosts:
            refusal = PlainTextResponse("This is a preview for browsers of its own machine only.", 421)
            await refusal(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.setdefault("headers", [])
                own += [(name.lower().encode(), text.encode()) for name, text in _HEADERS.items()]
            await send(message)

        await self._app(scope, receive, guarded)


async def _changes(bench: Bench, seen: int) -> AsyncIterator[str]:
    """Yield one server-sent event for each change after the state numbered `seen`, until the preview ends."""
    yield "retry: 1000\n\n"
    while not bench.is_closing:
        if bench.number != seen:
            seen = bench.number
            yield f"data: {seen}\n\n"
        await asyncio.sleep(_LOOK_SECONDS)


def _scheme(request: Request) -> str:
    wanted = request.query_params.get("scheme", "")
    return wanted if wanted in SCHEMES else SCHEMES[0]


def _variant(request: Request, galley: Galley) -> int:
    wanted = request.query_params.get("letter", "")
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 4 else 0
    return number if number < len(galley.letters) else 0


_KINDS = {".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif"}


def hosts_of(url: str) -> frozenset[str]:
    """Return the names by which a browser of this machine may ask for what listens at `url`."""
    port = urlsplit(url).port
    return frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
