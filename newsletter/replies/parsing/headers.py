"""Header fields (RFC 5322) of a stranger's message: unfolded, decoded (RFC 2047) and within limits."""

import base64
import re
from binascii import a2b_qp
from dataclasses import dataclass

from newsletter.charset import decode_mail

MAX_LINES = 1_000
MAX_BYTES = 64 * 1024

_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,1000})\?=")
_PARAMETER = re.compile(r";\s*([\w!#$%&'*+.^`|~-]{1,60})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^;\s]*))")
_ADDRESS = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]{1,128}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,10}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of one message or part, in order; names in lower case, values decoded to one line."""

    fields: tuple[tuple[str, str], ...]
    written: tuple[tuple[str, str], ...] = ()
    """The same unfolded but not decoded: what is proof is read from these, for an encoded word is no syntax."""

    def get(self, name: str) -> str:
        """Return the first field of that name, or ""."""
        return next((value for key, value in self.fields if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return every field of that name."""
        return tuple(value for key, value in self.fields if key == name)

    def all_written(self, name: str) -> tuple[str, ...]:
        """Return every field of that name as it was written."""
        return tuple(value for key, value in self.written if key == name)

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)

    def addresses(self, name: str) -> tuple[str, ...]:
        """Return whatever looks like an address in the fields of that name, in lower case."""
        return tuple(address.lower() for value in self.all(name) for address in _ADDRESS.findall(value[:10_000]))


def read_headers(raw: bytes) -> tuple[Headers, bytes, bool]:
    """Split a message or part with LF line ends into its fields, its body, and whether limits cut the fields."""
    block, body = _split_off(raw)
    is_cut = len(block) > MAX_BYTES
    lines = block[:MAX_BYTES].split(b"\n")
    is_cut = is_cut or len(lines) > MAX_LINES
    fields: list[tuple[str, list[bytes]]] = []
    for line in lines[:MAX_LINES]:
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1][1].append(line)
            continue
        name, colon, value = line.partition(b":")
        if colon and name.strip() and len(name) < 80:
            fields.append((name.strip().decode("ascii", "replace").lower(), [value]))
    raw_fields = tuple((name, b"".join(value)) for name, value in fields)
    decoded = tuple((name, unfold(value)) for name, value in raw_fields)
    return Headers(decoded, tuple((name, value.decode("utf-8", "replace")) for name, value in raw_fields)), body, is_cut


def _split_off(raw: bytes) -> tuple[bytes, bytes]:
    if raw.startswith(b"\n"):
        return b"", raw[1:]
    block, _, body = raw.partition(b"\n\n")
    return block, body


def unfold(raw: bytes) -> str:
    """Return a field's body as one line of text: encoded words decoded, control characters gone."""
    text = decode_mail(raw.replace(b"\n", b"").replace(b"\t", b" "))
    return _CONTROL.sub("", decode_words(text)).strip()


def decode_words(text: str) -> str:
    """Decode the encoded words of RFC 2047; neighbours of one charset are joined before decoding."""
    pieces: list[tuple[str, bytes] | str] = []
    end = 0
    for word in _ENCODED_WORD.finditer(text):
        between = text[end : word.start()]
        charset = word[1].partition("*")[0].lower()
        octets = _word_octets(word[2], word[3])
        before = pieces[-1] if pieces else ""
        if between.strip() or isinstance(before, str):
            pieces += [between, (charset, octets)]
        elif before[0] == charset:
            pieces[-1] = (charset, before[1] + octets)
        else:
            pieces.append((charset, octets))
        end = word.end()
    pieces.append(text[end:])
    return "".join(piece if isinstance(piece, str) else decode_mail(piece[1], piece[0]) for piece in pieces)


def _word_octets(encoding: str, written: str) -> bytes:
    octets = written.encode("utf-8", "replace")
    return a2b_qp(octets, header=True) if encoding in "qQ" else read_base64(octets)


def read_base64(octets: bytes) -> bytes:
    """Decode base64 as far as it goes, skipping what is no part of it."""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", octets)
    kept = kept[: len(kept) - (len(kept) % 4 == 1)]
    return base64.b64decode(kept + b"=" * (-len(kept) % 4))


def read_parameters(value: str) -> tuple[str, dict[str, str]]:
    """Split `text/plain; charset=utf-8` into the lower-case type and its parameters (RFC 2231 pieces joined)."""
    kind = value.partition(";")[0].strip().lower()
    parameters: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(value[:10_000]):
        key = name.lower().partition("*")[0]
        piece = re.sub(r"\\(.)", r"\1", quoted) or bare
        parameters[key] = parameters.get(key, "") + piece if "*" in name else piece
    return kind, parameters


def read_mailbox(value: str) -> tuple[str, str]:
    """Return the display name and the lower-case address in a From field, "" where missing."""
    value = value[:2_000]
    name, bracket, rest = value.rpartition("<") if ">" in value else ("", "", value)
    match = _ADDRESS.search(rest) or _ADDRESS.search(value)
    address = match[0].lower() if match else ""
    if not bracket and "(" in value:
        name = value.partition("(")[2].partition(")")[0]
    return re.sub(r"\\(.)", r"\1", name.strip().strip("\"'")).strip(), address
