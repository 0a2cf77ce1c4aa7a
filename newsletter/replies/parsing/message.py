"""MIME parsing (RFC 2045-2047): a raw message becomes headers, text and HTML, within limits.

Nothing in a message can make this fail. The parser is our own because the standard library's takes quadratic time
over nested parts and ends in a RecursionError; every step here is linear and bounded.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from newsletter.replies.parsing.headers import Headers, read_headers, read_parameters
from newsletter.replies.parsing.text_body import MAX_TEXT, decode_text

MAX_RAW_BYTES = 10 * 1024 * 1024
MAX_PARTS = 20
MAX_DEPTH = 8
REPORTS = ("message/delivery-status", "message/feedback-report", "message/disposition-notification")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMessage:
    """A message, as far as we read it."""

    headers: Headers
    text: str = ""
    html: str = ""
    kinds: tuple[str, ...] = ()
    """The content type of every part, outermost first."""
    reports: dict[str, str] = field(default_factory=dict)
    """The machine-readable parts of a report, by content type."""
    calendar_method: str = ""
    """What the first calendar part asks or answers (RFC 5546), in lower case."""
    attachments: int = 0
    is_cut: bool = False
    """Whether a limit left something unread."""


@dataclass(frozen=True, slots=True)
class _Part:
    headers: Headers
    kind: str
    parameters: dict[str, str]
    body: bytes
    children: tuple["_Part", ...] = ()


@dataclass(slots=True)
class _Budget:
    parts: int = MAX_PARTS
    is_exceeded: bool = False


def parse_message(raw: bytes) -> ParsedMessage:
    """Parse one message; text and HTML are cut at MAX_TEXT, and what goes beyond the limits is left out."""
    budget = _Budget(is_exceeded=len(raw) > MAX_RAW_BYTES)
    raw = raw[:MAX_RAW_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
    root = _read_part(raw.lstrip(b"\n"), 0, budget)
    leaves = tuple(_walk(root))
    text, html = _body_of(root)
    return ParsedMessage(
        headers=root.headers,
        text=text[:MAX_TEXT],
        html=html[:MAX_TEXT],
        kinds=tuple(part.kind for part in leaves),
        reports={part.kind: _text_of(part) for part in leaves if part.kind in REPORTS},
        calendar_method=_calendar_method(leaves),
        attachments=sum(1 for part in leaves if not part.children and not _is_body(part)),
        is_cut=budget.is_exceeded or len(text) > MAX_TEXT or len(html) > MAX_TEXT,
    )


def _calendar_method(parts: tuple[_Part, ...]) -> str:
    methods = (part.parameters.get("method", "") for part in parts if part.kind == "text/calendar")
    return next(methods, "")[:40].lower()


def _read_part(raw: bytes, depth: int, budget: _Budget) -> _Part:
    budget.parts -= 1
    headers, body, is_cut = read_headers(raw)
    budget.is_exceeded = budget.is_exceeded or is_cut
    kind, parameters = read_parameters(headers.get("content-type"))
    kind = kind if "/" in kind else "text/plain"
    boundary = parameters.get("boundary", "").rstrip()
    if not kind.startswith("multipart/") or not boundary:
        return _Part(headers, kind, parameters, body)
    children = []
    if depth >= MAX_DEPTH:
        budget.is_exceeded = True
        return _Part(headers, kind, parameters, b"")
    for piece in _pieces(body, boundary.encode("utf-8", "replace")[:200]):
        if budget.parts <= 0:
            budget.is_exceeded = True
            break
        children.append(_read_part(piece, depth + 1, budget))
    if not children:  # the boundary never comes: what is there is text
        return _Part(headers, "text/plain", {}, body)
    return _Part(headers, kind, parameters, b"", tuple(children))


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield the parts between delimiter lines (RFC 2046 section 5.1.1), also where the last is missing."""
    body = b"\n" + body
    delimiter = b"\n--" + boundary
    start = -1
    at = body.find(delimiter)
    while at >= 0:
        after = at + len(delimiter)
        end_of_line = body.find(b"\n", after)
        rest = body[after : end_of_line if end_of_line >= 0 else len(body)][:80]
        if rest.strip() and not rest.startswith(b"--"):  # a longer boundary that begins alike
            at = body.find(delimiter, after)
            continue
        if start >= 0:
            yield body[start:at]
        start = end_of_line + 1 if end_of_line >= 0 else len(body)
        if rest.startswith(b"--"):
            return
        at = body.find(delimiter, max(start - 1, after))
    if start >= 0:
        yield body[start:]


def _walk(root: _Part) -> Iterator[_Part]:
    yield root
    for child in root.children:
        yield from _walk(child)


def _is_body(part: _Part) -> bool:
    if part.kind not in {"text/plain", "text/html"}:
        return False
    disposition, named = read_parameters(part.headers.get("content-disposition"))
    return disposition != "attachment" and "filename" not in named


def _body_of(part: _Part) -> tuple[str, str]:
    """Return the text and the HTML that a reader would see, either possibly empty."""
    if not part.children:
        if not _is_body(part):
            return "", ""
        return ("", _text_of(part)) if part.kind == "text/html" else (_text_of(part), "")
    bodies = [_body_of(child) for child in part.children]
    texts = [text for text, _ in bodies if text.strip()]
    htmls = [html for _, html in bodies if html.strip()]
    if part.kind in {"multipart/alternative", "multipart/related"}:
        return next(iter(texts), ""), next(iter(htmls), "")
    return "\n\n".join(texts), "\n".join(htmls)


def _text_of(part: _Part) -> str:
    encoding = part.headers.get("content-transfer-encoding").strip().lower()
    return decode_text(part.body, part.kind, encoding, part.parameters)
