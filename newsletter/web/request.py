"""Web requests: read whole, within limits of size and time, before a handler sees them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

MAX_BODY_BYTES = 64 * 1024
MAX_FIELDS = 100
BODY_SECONDS = 10.0
"""Time for a body to arrive."""
_MAX_FIELD_CHARACTERS = 20_000
"""Of one field; longer values are cut."""


class TooLarge(Exception):
    """The body is larger than allowed (413)."""


class TooSlow(Exception):
    """The body did not arrive in time, or not completely (408)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRequest:
    """One request; nothing in it has been verified."""

    method: str
    is_head: bool = False
    """Whether it is a HEAD request, as link checkers send."""
    home: str
    """The prefix of our paths in links: the path of `[web] url`."""
    token: str = ""
    follower: str = ""
    """Behind a tracked link: the token of a reader who agreed to click tracking."""
    version: str = ""
    """The version of a static file."""
    query: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: bytes = b""
    """The raw body of a webhook."""
    headers: Mapping[str, str] = field(default_factory=dict)
    client: str
    """The client's address, as our own proxies report it."""
    now: datetime

    def first(self, name: str) -> str:
        """Return the first value of a form field, or ""."""
        values = self.fields.get(name, ())
        return values[0] if values else ""

    @property
    def wants_json(self) -> bool:
        """Whether a script sent the request, and expects JSON."""
        return "application/json" in self.headers.get("accept", "")


async def read_fields(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form, urlencoded or multipart; none where it cannot be parsed. TooLarge, TooSlow."""
    body = await read_body(request, MAX_BODY_BYTES)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        pairs = await _multipart(request, body)
    else:
        try:
            pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError:
            pairs = []
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value[:_MAX_FIELD_CHARACTERS])
    return fields


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the raw body, of at most `max_bytes`. TooLarge, TooSlow."""
    try:
        return await asyncio.wait_for(_body(request, max_bytes), BODY_SECONDS)
    except (TimeoutError, ClientDisconnect) as error:
        raise TooSlow from error


async def _body(request: Request, max_bytes: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise TooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise TooLarge
    return bytes(body)


async def _multipart(request: Request, body: bytes) -> list[tuple[str, str]]:
    async def whole() -> AsyncIterator[bytes]:
        yield body

    try:
        parser = MultiPartParser(request.headers, whole(), max_files=0, max_fields=MAX_FIELDS)  # type: ignore[arg-type]
        form: FormData = await parser.parse()
    except (MultiPartException, ValueError, KeyError, LookupError, AssertionError):
        return []
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
