"""Visits: one request, read whole within its limits, before anything is done about it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

MOST_BYTES = 64 * 1024
MOST_FIELDS = 100
BODY_SECONDS = 10.0
"""How long a body may take to arrive."""
_MOST_CHARACTERS = 20_000
"""Of one field; what is longer is cut."""


class TooLarge(Exception):
    """The body is larger than any form of ours."""


class TooSlow(Exception):
    """The body does not arrive, or not to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a request asks, with nothing of it believed."""

    method: str
    is_head: bool = False
    """Whether the head of an answer is wanted only, as programs do that look whether a link is good."""
    home: str
    """What stands before our paths in links: the path of `[web] url`."""
    token: str = ""
    follower: str = ""
    """Behind a counted link: the token of a reader who agreed to it."""
    version: str = ""
    """Of a file."""
    query: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: bytes = b""
    """As it came, where a machine sends no form."""
    headers: Mapping[str, str] = field(default_factory=dict)
    client: str
    """The address it came from, as far as our own proxies know."""
    now: datetime

    def first(self, name: str) -> str:
        """Return a field of the form, or ""."""
        found = self.fields.get(name, ())
        return found[0] if found else ""

    @property
    def wants_json(self) -> bool:
        """Whether a script asks, not a person."""
        return "application/json" in self.headers.get("accept", "")


async def read_fields(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form, of either encoding; none where it cannot be read. TooLarge, TooSlow."""
    body = await read_body(request, MOST_BYTES)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        pairs = await _multipart(request, body)
    else:
        try:
            pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            pairs = []
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value[:_MOST_CHARACTERS])
    return fields


async def read_body(request: Request, most: int) -> bytes:
    """Return a body of at most so many bytes, as it came. TooLarge, TooSlow."""
    try:
        return await asyncio.wait_for(_body(request, most), BODY_SECONDS)
    except (TimeoutError, ClientDisconnect) as error:
        raise TooSlow from error


async def _body(request: Request, most: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise TooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLarge
    return bytes(body)


async def _multipart(request: Request, body: bytes) -> list[tuple[str, str]]:
    async def whole() -> AsyncIterator[bytes]:
        yield body

    try:
        parser = MultiPartParser(request.headers, whole(), max_files=0, max_fields=MOST_FIELDS)  # type: ignore[arg-type]
        form: FormData = await parser.parse()
    except (MultiPartException, ValueError, KeyError, LookupError, AssertionError):
        return []
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
