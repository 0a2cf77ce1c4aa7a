"""Pictures without what they tell on the side: where and when they were taken, and with what.

Nothing is compressed again: the parts that carry metadata are left out, all others stay byte for
byte. How a picture is turned stays too, for without it the picture would lie on its side.
"""

import re
import struct
from collections.abc import Iterator

_JPEG, _PNG, _WEBP = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"WEBP"
_JPEG_NOTES = {0xE1, 0xED, 0xFE}
"""APP1 (Exif, XMP), APP13 (IPTC) and comments."""
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
_PNG_NOTES = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}
_WEBP_NOTES = {b"EXIF": 0x08, b"XMP ": 0x04}
"""Chunk and its flag in VP8X."""
_ORIENTATION = 0x0112


def without_metadata(content: bytes) -> bytes:
    """Return a JPEG, PNG or WebP picture without metadata; anything else, and what is broken, as it is."""
    try:
        if content.startswith(_JPEG):
            return b"".join(_jpeg_parts(content))
        if content.startswith(_PNG):
            return _PNG + b"".join(_png_chunks(content))
        if content[:4] == b"RIFF" and content[8:12] == _WEBP:
            body = _WEBP + b"".join(_webp_chunks(content))
            return b"RIFF" + struct.pack("<I", len(body)) + body
    except (struct.error, IndexError, ValueError):
        return content
    return content


def _jpeg_parts(content: bytes) -> Iterator[bytes]:
    """Yield a JPEG's segments and scans up to its end; what phones add behind it is left out."""
    yield _JPEG
    position = 2
    while True:
        marker = _JPEG_MARKER.match(content, position)
        if marker is None:
            raise ValueError("no marker where one must be")
        kind, start = marker[1][0], marker.end()
        if kind == 0xD9:
            yield b"\xff\xd9"
            return
        end = start + struct.unpack_from(">H", content, start)[0]
        segment = content[start + 2 : end]
        if kind == 0xE1 and (turn := _turn(segment)):
            yield turn
        if kind == 0xDA:
            following = _JPEG_MARKER.search(content, end)
            end = following.start() if following else len(content)
        is_note = kind in _JPEG_NOTES or (kind == 0xE2 and segment.startswith(b"MPF\0"))
        if not is_note:
            yield b"\xff" + marker[1] + content[start:end]
        position = end


def _turn(exif: bytes) -> bytes:
    """Return a segment that says how the picture is turned, and nothing else; empty if it is upright."""
    try:
        value = _orientation(exif[6:]) if exif.startswith(b"Exif\0\0") else 1
    except struct.error:
        return b""
    if not 2 <= value <= 8:
        return b""
    kept = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, value, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", len(kept) + 2) + kept


def _orientation(tiff: bytes) -> int:
    order = "<" if tiff[:2] == b"II" else ">"
    (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, directory)
    for index in range(count):
        tag, _kind, _number, value = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + 12 * index)
        if tag == _ORIENTATION:
            return int(value)
    return 1


def _png_chunks(content: bytes) -> Iterator[bytes]:
    position = len(_PNG)
    while position < len(content):
        (length,) = struct.unpack_from(">I", content, position)
        kind, end = content[position + 4 : position + 8], position + 12 + length
        if end > len(content):
            raise ValueError("a chunk is cut short")
        if kind not in _PNG_NOTES:
            yield content[position:end]
        if kind == b"IEND":
            return
        position = end


def _webp_chunks(content: bytes) -> Iterator[bytes]:
    position = 12
    while position + 8 <= len(content):
        kind = content[position : position + 4]
        (length,) = struct.unpack_from("<I", content, position + 4)
        end = position + 8 + length + length % 2
        chunk = content[position:end]
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~sum(_WEBP_NOTES.values())]) + chunk[9:]
        if kind not in _WEBP_NOTES:
            yield chunk
        position = end
