"""What goes through the pipes between reader and child: a JSON value and some octets, each with its length.

Nothing that comes out of a child is ever unpickled: what a hostile mail made of it may be in it.
"""

import json
import struct
from typing import Any

_LENGTHS = struct.Struct(">II")
HEAD = _LENGTHS.size


def pack(value: Any, octets: bytes = b"") -> bytes:
    """Return a frame."""
    words = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return _LENGTHS.pack(len(words), len(octets)) + words + octets


def lengths(head: bytes) -> tuple[int, int]:
    """Return how long the two parts of a frame are."""
    words, octets = _LENGTHS.unpack(head)
    return words, octets
