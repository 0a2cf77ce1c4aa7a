"""Protocol between the sandbox and its child: frames of a JSON value and some octets, each with its length.

Messages, extractions and signatures are plain JSON values. Nothing that comes out of a child is ever unpickled: what
a hostile message made of it may be in it.
"""

import json
import struct
from typing import TYPE_CHECKING, Any

from newsletter.replies.extract import Cut, Extraction
from newsletter.replies.parsing.headers import Headers
from newsletter.replies.parsing.message import ParsedMessage

if TYPE_CHECKING:
    from newsletter.replies.authentication import DkimSignature


_LENGTHS = struct.Struct(">II")
HEAD = _LENGTHS.size
"""Octets of a frame's head."""


def pack(value: Any, octets: bytes = b"") -> bytes:
    """Return a frame."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return _LENGTHS.pack(len(text), len(octets)) + text + octets


def frame_lengths(head: bytes) -> tuple[int, int]:
    """Return how long the two parts of a frame are."""
    text, octets = _LENGTHS.unpack(head)
    return text, octets


def headers_to_json(headers: Headers) -> list[Any]:
    """Return header fields as lists."""
    return [headers.fields, headers.written]


def headers_from_json(value: Any) -> Headers:
    """Read header fields from lists; ValueError or TypeError if they are none."""
    fields, written = value
    return Headers(
        tuple((str(name), str(text)) for name, text in fields),
        tuple((str(name), str(text)) for name, text in written),
    )


def message_to_json(message: ParsedMessage) -> dict[str, Any]:
    """Return a message as a mapping."""
    return {
        "headers": headers_to_json(message.headers),
        "text": message.text,
        "html": message.html,
        "kinds": message.kinds,
        "reports": message.reports,
        "calendar_method": message.calendar_method,
        "attachments": message.attachments,
        "is_cut": message.is_cut,
    }


def message_from_json(value: Any) -> ParsedMessage:
    """Read a message from JSON."""
    return ParsedMessage(
        headers=headers_from_json(value["headers"]),
        text=str(value["text"]),
        html=str(value["html"]),
        kinds=tuple(map(str, value["kinds"])),
        reports={str(kind): str(text) for kind, text in value["reports"].items()},
        calendar_method=str(value["calendar_method"]),
        attachments=int(value["attachments"]),
        is_cut=bool(value["is_cut"]),
    )


def extraction_to_json(extraction: Extraction) -> dict[str, Any]:
    """Return an extraction as a mapping."""
    return {
        "text": extraction.text,
        "cuts": [[cut.reason, cut.text] for cut in extraction.cuts],
        "version": extraction.version,
    }


def extraction_from_json(value: Any) -> Extraction:
    """Read an extraction from JSON."""
    return Extraction(
        text=str(value["text"]),
        cuts=tuple(Cut(str(reason), str(text)) for reason, text in value["cuts"]),
        version=int(value["version"]),
    )


def signature_to_json(signature: "DkimSignature") -> list[Any]:
    """Return a signature as a list."""
    return [signature.domain, signature.result, signature.reason, signature.signed]


def signature_from_json(value: Any) -> "DkimSignature":
    """Read a signature from JSON."""
    from newsletter.replies.authentication import DkimSignature

    domain, result, reason, signed = value
    return DkimSignature(domain=str(domain), result=str(result), reason=str(reason), signed=tuple(map(str, signed)))
