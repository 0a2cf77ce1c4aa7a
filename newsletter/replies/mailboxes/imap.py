"""A folder on an IMAP server as a mailbox (RFC 9051, 3501); nothing in it is deleted, and other message stays unread.

What is ours is moved to another folder once it is dealt with. A message is looked at with
BODY.PEEK only, so that the author's own mail keeps its marks.
"""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import islice
from urllib.parse import unquote, urlsplit

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from newsletter.errors import SettingsError, TemporaryError
from newsletter.replies.mailboxes.base import MessageFilter, ReceivedMessage
from newsletter.replies.parsing.headers import read_headers
from newsletter.replies.parsing.message import MAX_RAW_BYTES

PROCESSED = "Newsletter"
"""The folder that dealt-with mail is moved to; made where it is missing."""

_TIMEOUT = 60.0
"""Seconds to wait for any one answer of the server."""
_AT_ONCE = 200
"""Messages whose headers are asked for in one command."""
_PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]", "[CONTACTADMIN]", "too many", "temporar")
"""Codes of RFC 5530, and words, of a login that was refused for now."""


_PORTS = {"imaps": 993, "imap": 143}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapLocation:
    """A folder on an IMAP server, and the user whose it is."""

    scheme: str
    """"imaps": TLS from the first byte; "imap": STARTTLS, or plain on this very machine."""
    user: str
    host: str
    port: int
    folder: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.user}@{self.host}:{self.port}/{self.folder}"

    @property
    def is_loopback(self) -> bool:
        """Whether the server is this very machine, so that nothing crosses a network."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_imap_url(setting: str) -> ImapLocation:
    """Parse imaps://user@host[:port]/FOLDER, as `[replies] mailbox` has it; SettingsError if it is not one."""
    asked = f'newsletter.toml: [replies] mailbox = "{setting}"'
    try:
        parts = urlsplit(setting)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(f"{asked}: {error}. Write imaps://user@host/INBOX") from error
    if parts.password is not None:
        raise SettingsError(
            "newsletter.toml: [replies] mailbox contains a password. Remove it, and set NEWSLETTER_IMAP_PASSWORD"
        )
    if not host or not parts.username or parts.query or parts.fragment:
        raise SettingsError(f"{asked}: not an IMAP mailbox. Write imaps://user@host/INBOX")
    return ImapLocation(
        scheme=parts.scheme,
        user=unquote(parts.username),
        host=host,
        port=port or _PORTS[parts.scheme],
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


class Imap:
    """The messages of one folder; without a `message_filter` all of them, else only those it says are ours.

    A message's name is its UID behind the folder's UIDVALIDITY (RFC 9051 section 2.3.1.1): under
    another validity the UID may be some other message's, and nothing is moved.
    """

    def __init__(
        self,
        location: ImapLocation,
        password: str,
        message_filter: MessageFilter | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Connect to nothing yet; `tls` is for tests, and else verifies by the system's certificates."""
        self._location = location
        self._password = password
        self._message_filter = message_filter
        self._tls = tls
        self._open: _Session | None = None

    def waiting(self) -> Iterator[ReceivedMessage]:
        """Yield the messages that are ours, oldest first.

        SettingsError for a refused login, folder or certificate; TemporaryError for a server out of reach.
        """
        with self._session() as session:
            uids = session.uids()
            for start in range(0, len(uids), _AT_ONCE):
                for uid in session.ours(uids[start : start + _AT_ONCE], self._message_filter):
                    raw = session.raw(uid)
                    if raw is not None:
                        yield ReceivedMessage(source=f"{session.validity}/{uid}", raw=raw)

    def acknowledge(self, received: ReceivedMessage) -> None:
        """Move a message to the folder PROCESSED."""
        validity, _, uid = received.source.partition("/")
        with self._session() as session:
            if str(session.validity) == validity:
                session.move(int(uid))

    @contextmanager
    def _session(self) -> Iterator["_Session"]:
        """Yield the session that is open, else one for this time only."""
        with _translated_errors(self._location):
            if self._open is not None:
                yield self._open
                return
            client = _connected(self._location, self._tls)
            try:
                _log_in(client, self._location, self._password)
                self._open = _Session(client, self._location)
                yield self._open
            finally:
                self._open = None
                with suppress(OSError, IMAPClientError):
                    client.logout()
                with suppress(OSError):
                    client.shutdown()


class _Session:
    """A connection that is logged in, with the folder selected."""

    def __init__(self, client: IMAPClient, location: ImapLocation) -> None:
        self._client = client
        try:
            selected = client.select_folder(location.folder)
        except IMAPClientError as error:
            if isinstance(error, IMAPClient.AbortError):
                raise
            raise SettingsError(
                f"{location}: there is no such folder ({_short(error)}). Name another in [replies] mailbox"
            ) from error
        self.validity = int(selected[b"UIDVALIDITY"])
        self._processed = ""

    def uids(self) -> list[int]:
        return sorted(self._client.search(["UNDELETED"]))

    def ours(self, uids: list[int], message_filter: MessageFilter | None) -> list[int]:
        if message_filter is None:
            return uids
        asked = f"BODY.PEEK[HEADER.FIELDS ({' '.join(message_filter.fields).upper()})]"
        responses = self._client.fetch(uids, [asked])
        return [
            uid
            for uid in uids
            if uid in responses
            and message_filter.is_ours(read_headers(_octets(responses[uid]).replace(b"\r\n", b"\n"))[0])
        ]

    def raw(self, uid: int) -> bytes | None:
        """Return a message, cut after MAX_RAW_BYTES + 1; None if it was removed meanwhile."""
        responses = self._client.fetch([uid], [f"BODY.PEEK[]<0.{MAX_RAW_BYTES + 1}>"])
        return _octets(responses[uid]) if uid in responses else None

    def move(self, uid: int) -> None:
        """Move a message at once (RFC 6851), else copy it and expunge that one only (RFC 4315)."""
        if uid not in self._client.fetch([uid], ["UID"]):
            return
        folder = self._processed = self._processed or self._made_folder()
        if self._client.has_capability("MOVE"):
            self._client.move([uid], folder)
            return
        self._client.copy([uid], folder)
        self._client.add_flags([uid], [rb"\Deleted"], silent=True)
        if self._client.has_capability("UIDPLUS"):  # else it stays hidden: EXPUNGE would take others' along
            self._client.uid_expunge([uid])

    def _made_folder(self) -> str:
        prefix = ""
        if self._client.has_capability("NAMESPACE"):
            personal = self._client.namespace().personal
            prefix = personal[0][0] if personal else ""
        folder = f"{prefix}{PROCESSED}"
        if not self._client.folder_exists(folder):
            self._client.create_folder(folder)
            self._client.subscribe_folder(folder)
        return folder


def _octets(item: dict[bytes, object]) -> bytes:
    """Return the one body section in a FETCH response; servers spell its key differently from the request."""
    sections: Iterable[object] = (value for key, value in item.items() if key.startswith(b"BODY["))
    octets = next(islice(sections, 1), b"")
    return octets if isinstance(octets, bytes) else b""


def _connected(location: ImapLocation, tls: ssl.SSLContext | None) -> IMAPClient:
    tls = tls or ssl.create_default_context()
    is_tls = location.scheme == "imaps"
    client = IMAPClient(
        location.host, port=location.port, ssl=is_tls, ssl_context=tls if is_tls else None, timeout=_TIMEOUT
    )
    if is_tls or location.is_loopback:
        return client
    try:
        _start_tls(client, location, tls)
    except BaseException:
        client.shutdown()
        raise
    return client


def _start_tls(client: IMAPClient, location: ImapLocation, tls: ssl.SSLContext) -> None:
    if not client.has_capability("STARTTLS"):
        raise SettingsError(f"{location}: the server offers no STARTTLS. Write imaps:// in [replies] mailbox")
    client.starttls(tls)


def _log_in(client: IMAPClient, location: ImapLocation, password: str) -> None:
    try:
        client.login(location.user, password)
    except LoginError as error:
        detail = _short(error)
        if isinstance(error.__cause__ or error.__context__, IMAPClient.AbortError) or any(
            sign.lower() in detail.lower() for sign in _PASSING
        ):
            raise TemporaryError(
                f"{location}: the server refuses the login for now ({detail}). Fetch again later"
            ) from error
        raise SettingsError(
            f"{location}: the login was refused ({detail}). Check the user and NEWSLETTER_IMAP_PASSWORD"
        ) from error


@contextmanager
def _translated_errors(location: ImapLocation) -> Iterator[None]:
    """Translate the errors of network and server into our own."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise SettingsError(
            f"{location}: its certificate is not valid: {error.verify_message}. Check the host"
        ) from error
    except ssl.SSLError as error:
        raise SettingsError(
            f"{location}: no TLS there ({error.reason or error}). Check the port, imap:// or imaps://"
        ) from error
    except OSError as error:
        raise TemporaryError(
            f"{location}: the server cannot be reached ({error.strerror or error}). Fetch again later"
        ) from error
    except IMAPClientError as error:
        raise TemporaryError(
            f"{location}: the server closed the connection ({_short(error)}). Fetch again later"
        ) from error


def _short(error: Exception) -> str:
    detail = str(error)
    for wrapper in ("b'", 'b"'):
        detail = detail.removeprefix(wrapper)
    return " ".join(detail.split())[:120].rstrip("'\".")
