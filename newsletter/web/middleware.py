"""Middleware: security headers on every response, paths below a prefix, and an access log without tokens.

The pages concern one person each. So no cache may keep them, no site may frame them, and no other site learns their
addresses.
"""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("newsletter.web")

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


def security_headers(*, is_secure: bool) -> list[tuple[bytes, bytes]]:
    """Return the headers that every response carries; with HSTS (RFC 6797) where the server is reached by https."""
    hsts = {"Strict-Transport-Security": "max-age=31536000"} if is_secure else {}
    return [(name.lower().encode(), text.encode()) for name, text in {**_HEADERS, **hsts}.items()]


class SecurityHeaders:
    """The outermost ASGI middleware."""

    def __init__(self, app: ASGIApp, home: str, *, is_secure: bool) -> None:
        """`home` is the path of `[web] url`, which a proxy may or may not have removed before ours."""
        self._app = app
        self._home = home
        self._headers = security_headers(is_secure=is_secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 0
        path = f"/{'/'.join(filter(None, scope['path'].split('/')))}"  # repeated slashes are served, not redirected
        if self._home and path.startswith(f"{self._home}/"):
            path = path[len(self._home) :]
        scope = {**scope, "path": path}

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                present = {name.lower() for name, _ in headers}
                headers += [(name, text) for name, text in self._headers if name not in present]
            await send(message)

        await self._app(scope, receive, send_with_headers)
        milliseconds = round((time.monotonic() - started) * 1000)
        log.info("%s %s %s %dms", scope["method"][:10], scope.get("route", "-"), status or "-", milliseconds)
