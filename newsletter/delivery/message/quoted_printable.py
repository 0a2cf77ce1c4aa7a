"""Quoted-printable bodies (RFC 2045 section 6.7), in pieces that can be joined in any order, and their MIME headers.

Each piece is encoded alone, and each value is on lines of its own between two soft line breaks, so that no
line's length depends on what precedes it. No line begins with a dot, so SMTP has nothing to escape.
"""

import re
from binascii import b2a_qp
from email.quoprimime import body_encode

SOFT_BREAK = b"=\r\n"
_LINE = 75
"""One less than the limit: a soft line break may follow."""
_DOT = b"=2E"
_SHORT_LINE = _LINE - len(_DOT) + len(".")
"""What is left where a dot may have to be encoded."""


def encode_text(text: str) -> bytes:
    """Encode a text of any number of lines; its line ends become CRLF."""
    lines = re.sub(r"\r\n|\r", "\n", text).encode("utf-8", "replace").decode("latin-1")
    encoded = body_encode(lines, maxlinelen=_SHORT_LINE, eol="\r\n").encode("ascii")
    return re.sub(rb"(?m)^\.", _DOT, encoded)


def encode_value(text: str) -> bytes:
    """Encode one line of text, folded with soft line breaks."""
    encoded = b2a_qp(text.encode("utf-8", "replace"), istext=False)
    if len(encoded) > _SHORT_LINE:
        return encode_text(text)
    return _DOT + encoded[1:] if encoded.startswith(b".") else encoded


def text_part_headers(subtype: str) -> bytes:
    """Return the headers of a part of type text/`subtype` in this encoding, and the empty line after them."""
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode("ascii")


def multipart_headers(boundary: str) -> bytes:
    """Return the header of a multipart/alternative message, with its line end."""
    return f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode("ascii")


def multipart_boundary(digest: str) -> str:
    """Return a boundary for a multipart message with this hex digest; no quoted-printable line can hold "=_"."""
    return f"=_{digest[:32]}"


def part_delimiter(boundary: str, *, is_last: bool = False) -> bytes:
    """Return the line that precedes each part of a multipart message, or the one that follows the last."""
    return f"\r\n--{boundary}{'--' * is_last}\r\n".encode("ascii")
