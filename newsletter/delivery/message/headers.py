"""Header values as RFC 5322 and RFC 2047 want them: ASCII, folded below 77 characters, safe whatever they hold."""

import base64
import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

MAX_NAME = 120
"""Characters of a display name; what is longer is cut."""

_LINE = 76
_WORD = 50
"""Characters of payload in one encoded-word, so that it fits behind any header's name (RFC 2047 section 2)."""
_BARE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
"""What may stand unencoded in a Q-word of a display name (RFC 2047 section 5, rule 3)."""
_IN_Q = [chr(octet) if octet in _BARE else "_" if octet == 0x20 else f"={octet:02X}" for octet in range(256)]
_SHORT_IN_Q = bytes([*_BARE, 0x20])
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


def unstructured_header(name: str, text: str) -> bytes:
    """Return the header `name` with any text in it, folded, without its final line end."""
    text = re.sub(r"[ \t]+", " ", _one_line(text)).strip(" ")
    if text.isascii() and "=?" not in text and max(map(len, text.split(" "))) < _LINE * 10:
        return _folded(f"{name}: {text}")
    return f"{name}: {_encoded(text)}".encode("ascii")


def mailbox_header(name: str, display_name: str, address: str) -> bytes:
    """Return the header `name` with one mailbox in it, its display name encoded, quoted or left out.

    A display name that looks like an encoded-word would be decoded into something else by the reader's
    program (a way around filters), so it is left out.
    """
    shown = _display_name(display_name)
    if not shown:
        return f"{name}: {address}".encode("ascii") if not display_name.strip() else f"{name}: <{address}>".encode()
    phrase = shown
    if shown.isascii() and not _PHRASE.fullmatch(shown):
        escaped = re.sub(r'(["\\])', r"\\\1", shown)
        phrase = f'"{escaped}"'
    if not shown.isascii() or (len(phrase) > _WORD and max(map(len, phrase.split(" "))) > _WORD):
        start = f"{name}: {_encoded(shown)}"
    elif len(start := f"{name}: {phrase}") > _LINE:
        start = _folded(start).decode("ascii")
    last_line = start.rpartition("\r\n")[2]
    separator = " " if len(last_line) + len(address) + 3 <= _LINE else "\r\n "
    return f"{start}{separator}<{address}>".encode("ascii")


def ascii_url(url: str) -> str:
    """Return a URL as it may stand in a header: percent-encoded, the host in its ASCII form."""
    if url.isascii() and url.isprintable() and not re.search(r"[<>\s]", url):
        return url
    parts = urlsplit(url)
    host = parts.netloc.encode("idna").decode("ascii") if not parts.netloc.isascii() else parts.netloc
    path, query, fragment = (quote(part, safe="/%:=&?~#+!$,;'@()*[]") for part in parts[2:])
    return urlunsplit((parts.scheme, host, path, query, fragment))


def _display_name(text: str) -> str:
    if not text.isprintable():  # what turns the direction of writing is not
        text = _DIRECTION.sub("", _one_line(text))
    text = " ".join(text.split())[:MAX_NAME].strip()
    return "" if "=?" in text else text


def _one_line(text: str) -> str:
    """Return the text without line ends and control characters, and what UTF-8 cannot hold replaced."""
    if text.isprintable():
        return text
    text = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    return text.encode("utf-8", "replace").decode("utf-8")


def _folded(line: str) -> bytes:
    """Fold at spaces (RFC 5322 section 2.2.3); a word longer than a line stays whole."""
    lines = [""]
    for word in line.split(" "):
        current = lines[-1]
        if not current:
            lines[-1] = word
        elif len(current) + 1 + len(word) <= _LINE or current.endswith(":"):
            lines[-1] = f"{current} {word}"
        else:
            lines.append(f" {word}")
    return "\r\n".join(lines).encode("ascii")


def _encoded(text: str) -> str:
    """Return the text as encoded-words, one a line, none cut inside a character."""
    octets = text.encode("utf-8")
    cost_in_q = _cost_in_q(octets)
    is_short_in_q = cost_in_q <= -(-len(octets) // 3) * 4
    limit = _WORD if is_short_in_q else _WORD // 4 * 3
    if (cost_in_q if is_short_in_q else len(octets)) <= limit:
        return _word(octets, is_short_in_q)
    words, current, used = [], bytearray(), 0
    for char in text:
        char_octets = char.encode("utf-8")
        cost = _cost_in_q(char_octets) if is_short_in_q else len(char_octets)
        if used + cost > limit:
            words.append(bytes(current))
            current, used = bytearray(), 0
        current += char_octets
        used += cost
    words.append(bytes(current))
    return "\r\n ".join(_word(word, is_short_in_q) for word in words)


def _word(octets: bytes, is_q: bool) -> str:
    if not is_q:
        return f"=?utf-8?b?{base64.b64encode(octets).decode()}?="
    return f"=?utf-8?q?{''.join([_IN_Q[octet] for octet in octets])}?="


def _cost_in_q(octets: bytes) -> int:
    """Return how many characters they take in a Q-word."""
    return len(octets) + 2 * len(octets.translate(None, _SHORT_IN_Q))
