"""Text of one MIME part: transfer encoding, charset, and format=flowed (RFC 3676)."""

from binascii import a2b_qp

from newsletter.charset import charset_in_markup, decode_mail
from newsletter.replies.parsing.headers import read_base64

MAX_TEXT = 256 * 1024
"""Characters of text, and of HTML, that are looked at."""


def decode_text(octets: bytes, kind: str, encoding: str, parameters: dict[str, str]) -> str:
    """Return the text of a part of the content type `kind`, with its Content-Transfer-Encoding and its parameters."""
    octets = octets[: MAX_TEXT * 4]
    if encoding == "base64":
        octets = read_base64(octets)
    elif encoding == "quoted-printable":
        octets = a2b_qp(octets)
    declared = parameters.get("charset", "") or (charset_in_markup(octets) if kind == "text/html" else "")
    text = decode_mail(octets, declared)
    if kind == "text/plain" and parameters.get("format", "").lower() == "flowed":
        return unflow(text, has_delsp=parameters.get("delsp", "").lower() == "yes")
    return text


def unflow(text: str, *, has_delsp: bool = False) -> str:
    """Return fixed lines: a paragraph is one line, a quoted one begins with its `>` marks and a space."""
    lines: list[str] = []
    pieces: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        content = line.rstrip("\r").lstrip(">")
        depth = len(line.rstrip("\r")) - len(content)
        content = content.removeprefix(" ")
        if open_depth is not None and (depth != open_depth or content == "-- "):
            lines.append(_quoted("".join(pieces).rstrip(), open_depth))
            pieces, open_depth = [], None
        is_soft = content.endswith(" ") and content != "-- "
        pieces.append(content[:-1] if is_soft and has_delsp else content)
        if is_soft:
            open_depth = depth
            continue
        lines.append(_quoted("".join(pieces), depth))
        pieces, open_depth = [], None
    if pieces:
        lines.append(_quoted("".join(pieces).rstrip(), open_depth or 0))
    return "\n".join(lines)


def _quoted(content: str, depth: int) -> str:
    return f"{'>' * depth} {content}" if depth else content
