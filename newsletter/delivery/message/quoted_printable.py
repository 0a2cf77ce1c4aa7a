"""Quoted-printable (RFC 2045 section 6.7) in pieces that can be put together in any order.

Each piece is encoded alone, and each value stands on lines of its own between two soft line
breaks, so that no line's length depends on what stands before it. No line begins with a dot, so SMTP
has nothing to escape.
"""

import re
from binascii import b2a_qp
from email.quoprimime import body_encode

SOFT_BREAK = b"=\r\n"
_LINE = 75
"""One less than the limit: a soft break may follow."""
_DOT = b"=2E"
_SHORT_LINE = _LINE - len(_DOT) + len(".")
"""What is left where a dot may have to be encoded."""


def encode_text(text: str) -> bytes:
    """Encode a static piece; its line ends become CRLF."""
    lines = re.sub(r"\r\n|\r", "\n", text).encode("utf-8", "replace").decode("latin-1")
    quoted = body_encode(lines, maxlinelen=_SHORT_LINE, eol="\r\n").encode("ascii")
    return re.sub(rb"(?m)^\.", _DOT, quoted)


def encode_value(text: str) -> bytes:
    """Encode one line of text, folded with soft breaks."""
    quoted = b2a_qp(text.encode("utf-8", "replace"), istext=False)
    if len(quoted) > _SHORT_LINE:
        return encode_text(text)
    return _DOT + quoted[1:] if quoted.startswith(b".") else quoted
