"""Preview application: the page, the email, its pictures, and an event stream of changes, for this machine only.

The author's HTML is sandboxed without scripts. A request whose Host header names another host is refused: otherwise a
page elsewhere could read drafts by DNS rebinding.
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

from newsletter.web.preview.live_snapshots import LiveSnapshots
from newsletter.web.preview.page import SCHEMES, PreviewTemplates, in_scheme
from newsletter.web.preview.snapshot import PICTURES, Snapshot

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
_POLL_SECONDS = 0.1
"""Between two looks for a change."""


def make_app(snapshots: LiveSnapshots, hosts: frozenset[str], slug: str) -> ASGIApp:
    """Return the application; `hosts` are the names it answers to, `slug` the issue of its first page."""
    pages = PreviewTemplates()

    async def show_first(request: Request) -> Response:
        shown_slug = slug or (await run_in_threadpool(snapshots.snapshot, "")).slug
        if not shown_slug:
            return await page(request, "")
        return RedirectResponse(f"/issues/{shown_slug}")  # so that the page stays with this issue

    async def show_issue(request: Request) -> Response:
        return await page(request, request.path_params["slug"])

    async def page(request: Request, wanted: str) -> Response:
        snapshot = await run_in_threadpool(snapshots.snapshot, wanted)
        html = pages.page(snapshot, _scheme(request), _variant(request, snapshot))
        return Response(html, headers={"Content-Security-Policy": _PAGE}, media_type="text/html")

    async def show_email(request: Request) -> Response:
        snapshot = await run_in_threadpool(snapshots.snapshot, request.path_params["slug"])
        if not snapshot.variants:
            return PlainTextResponse("There is no email.", 404)
        html = in_scheme(snapshot.variants[_variant(request, snapshot)].html, _scheme(request))
        html = re.sub(r"(<head\b[^>]*>)", r'\1<base target="_blank">', html, count=1)
        policy = _LETTER.format(origin=f"http://{request.headers['host']}")
        return Response(html, headers={"Content-Security-Policy": policy}, media_type="text/html")

    async def show_picture(request: Request) -> Response:
        snapshot = await run_in_threadpool(snapshots.snapshot, request.path_params["slug"])
        path = snapshot.pictures.get(request.path_params["name"])
        if path is None or not path.is_file():
            return PlainTextResponse("There is no such picture.", 404)
        return Response(await run_in_threadpool(path.read_bytes), media_type=_CONTENT_TYPES.get(path.suffix))

    async def stream_changes(request: Request) -> Response:
        since = request.query_params.get("since", "")
        changes = _changes(snapshots, int(since) if since.isdecimal() and len(since) < 10 else 0)
        return StreamingResponse(changes, media_type="text/event-stream")

    def file(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def show_file(_request: Request) -> Response:
            content, kind = pages.file(name, snapshots.accent)
            return Response(content, media_type=kind)

        return show_file

    routes: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/": show_first,
        "/issues/{slug}": show_issue,
        "/emails/{slug}": show_email,
        PICTURES + "{slug}/{name}": show_picture,
        "/changes": stream_changes,
        "/preview.css": file("preview.css"),
        "/preview.js": file("preview.js"),
    }
    return _HostCheck(
        Starlette(routes=[Route(path, handler, methods=["GET"]) for path, handler in routes.items()]), hosts
    )


class _HostCheck:
    """The outermost middleware: refuses foreign hosts, and adds security headers."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        named = [text.decode("latin-1").lower() for name, text in scope["headers"] if name == b"host"]
        if len(named) != 1 or named[0] not in self._hosts:
            refusal = PlainTextResponse("This preview serves browsers of its own machine only.", 421)
            await refusal(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.setdefault("headers", [])
                own += [(name.lower().encode(), text.encode()) for name, text in _HEADERS.items()]
            await send(message)

        await self._app(scope, receive, send_with_headers)


async def _changes(snapshots: LiveSnapshots, seen: int) -> AsyncIterator[str]:
    """Yield one server-sent event for each change after the state numbered `seen`, until the preview ends."""
    yield "retry: 1000\n\n"
    while not snapshots.is_closing:
        if snapshots.number != seen:
            seen = snapshots.number
            yield f"data: {seen}\n\n"
        await asyncio.sleep(_POLL_SECONDS)


def _scheme(request: Request) -> str:
    wanted = request.query_params.get("scheme", "")
    return wanted if wanted in SCHEMES else SCHEMES[0]


def _variant(request: Request, snapshot: Snapshot) -> int:
    wanted = request.query_params.get("variant", "")
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 4 else 0
    return number if number < len(snapshot.variants) else 0


_CONTENT_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif"}


def hosts_of(url: str) -> frozenset[str]:
    """Return the names by which a browser of this machine may ask for what listens at `url`."""
    port = urlsplit(url).port
    return frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
