"""Message headers: encoded-words (RFC 2047), folding (RFC 5322), and the List-* headers of a list (RFC 2369, 2919).

Header lines are ASCII, folded below 77 characters, and safe whatever text they are given.
"""

import base64
import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

from newsletter.delivery.models import Mailing
from newsletter.settings import Settings

_MAX_NAME = 120
"""Characters of a display name; a longer one is cut."""

_MAX_SENDER_ID = 15
"""Characters of the last field of Feedback-ID."""
_LINE = 76
_WORD = 50
"""Characters of payload in one encoded-word, so that it fits after any header name (RFC 2047 section 2)."""
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
"""What needs no encoding in a Q encoded-word of a display name (RFC 2047 section 5, rule 3)."""
_Q_ENCODED = [chr(octet) if octet in _Q_SAFE else "_" if octet == 0x20 else f"={octet:02X}" for octet in range(256)]
_Q_SINGLE = bytes([*_Q_SAFE, 0x20])
"""What takes one character in a Q encoded-word."""
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def unstructured_header(name: str, text: str) -> bytes:
    """Return an unstructured header such as Subject, encoded where needed and folded, without its final line end."""
    text = re.sub(r"[ \t]+", " ", _one_line(text)).strip(" ")
    if text.isascii() and "=?" not in text and max(map(len, text.split(" "))) < _LINE * 10:
        return _folded(f"{name}: {text}")
    return f"{name}: {_encoded(text)}".encode("ascii")


def mailbox_header(name: str, display_name: str, address: str) -> bytes:
    """Return an address header such as From with one mailbox, its display name encoded, quoted or left out.

    A display name that looks like an encoded-word is left out: mail programs would decode it into something else,
    which is a way around filters.
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


def list_headers(settings: Settings, mailing: Mailing) -> bytes:
    """Return the header lines that all messages of a mailing share, each ending in CRLF: List-Id, List-Help ...

    No URL in them is ever an encoded-word.
    """
    mailing_list = settings.list_named(mailing.list_name)
    owner = str(mailing_list.sender.address)
    archive = settings.archive.url or settings.publication.url
    home = settings.publication.url
    lines = [
        mailbox_header("List-Id", mailing_list.title, mailing_list.list_id) if mailing_list.title else b"",
        f"List-Help: <{ascii_url(home)}>".encode() if home else f"List-Help: <mailto:{owner}>".encode(),
        f"List-Archive: <{ascii_url(archive)}>".encode() if archive else b"",
        f"List-Owner: <mailto:{owner}>".encode(),
        b"List-Post: NO",
        _feedback_id(mailing, mailing_list.list_id),
        b"Precedence: bulk",
        b"X-Auto-Response-Suppress: All",
    ]
    return b"".join(line + b"\r\n" for line in lines if line)


def _feedback_id(mailing: Mailing, list_id: str) -> bytes:
    """Return Gmail's Feedback-ID: four fields, none naming a reader, the last the same in all mail of the sender."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", mailing.list_name) or "list"
    sender_id = re.sub(r"[^a-z0-9]+", "", list_id.lower())[-_MAX_SENDER_ID:]
    return f"Feedback-ID: mailing{mailing.id}:{name}:{mailing.kind}:{sender_id}".encode("ascii")


def ascii_url(url: str) -> str:
    """Return a URL that is safe in a header: percent-encoded, its host in Punycode."""
    if url.isascii() and url.isprintable() and not re.search(r"[<>\s]", url):
        return url
    parts = urlsplit(url)
    host = parts.netloc.encode("idna").decode("ascii") if not parts.netloc.isascii() else parts.netloc
    path, query, fragment = (quote(part, safe="/%:=&?~#+!$,;'@()*[]") for part in parts[2:])
    return urlunsplit((parts.scheme, host, path, query, fragment))


def _display_name(text: str) -> str:
    if not text.isprintable():  # bidirectional controls are not
        text = _BIDI_CONTROLS.sub("", _one_line(text))
    text = " ".join(text.split())[:_MAX_NAME].strip()
    return "" if "=?" in text else text


def _one_line(text: str) -> str:
    """Return the text without line ends and control characters; lone surrogates are replaced."""
    if text.isprintable():
        return text
    text = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    return text.encode("utf-8", "replace").decode("utf-8")


def _folded(line: str) -> bytes:
    """Fold a header line at spaces (RFC 5322 section 2.2.3); a word longer than a line stays whole."""
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
    """Return the text as encoded-words, one a line, none of them split inside a character."""
    octets = text.encode("utf-8")
    q_length = _q_length(octets)
    is_q_shorter = q_length <= -(-len(octets) // 3) * 4
    limit = _WORD if is_q_shorter else _WORD // 4 * 3
    if (q_length if is_q_shorter else len(octets)) <= limit:
        return _encoded_word(octets, is_q_shorter)
    encoded_words, current, used = [], bytearray(), 0
    for char in text:
        char_octets = char.encode("utf-8")
        cost = _q_length(char_octets) if is_q_shorter else len(char_octets)
        if used + cost > limit:
            encoded_words.append(bytes(current))
            current, used = bytearray(), 0
        current += char_octets
        used += cost
    encoded_words.append(bytes(current))
    return "\r\n ".join(_encoded_word(word, is_q_shorter) for word in encoded_words)


def _encoded_word(octets: bytes, is_q: bool) -> str:
    if not is_q:
        return f"=?utf-8?b?{base64.b64encode(octets).decode()}?="
    return f"=?utf-8?q?{''.join([_Q_ENCODED[octet] for octet in octets])}?="


def _q_length(octets: bytes) -> int:
    """Return how many characters the octets take in a Q encoded-word."""
    return len(octets) + 2 * len(octets.translate(None, _Q_SINGLE))
