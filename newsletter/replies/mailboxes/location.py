"""Where an IMAP mailbox is, as `[replies] mailbox` writes it: imaps://user@host[:port]/FOLDER."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from newsletter.errors import SettingsError

_PORTS = {"imaps": 993, "imap": 143}


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A folder on an IMAP server, and whose it is."""

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


def read_location(setting: str) -> Location:
    """Read such a URL; SettingsError if it is none, or holds a password."""
    asked = f'newsletter.toml: [replies] mailbox = "{setting}"'
    try:
        parts = urlsplit(setting)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(f"{asked}: {error}. Write imaps://user@host/INBOX") from error
    if parts.password is not None:
        raise SettingsError(
            "newsletter.toml: [replies] mailbox holds a password. Take it out, and set NEWSLETTER_IMAP_PASSWORD"
        )
    if not host or not parts.username or parts.query or parts.fragment:
        raise SettingsError(f"{asked}: not an IMAP mailbox. Write imaps://user@host/INBOX")
    return Location(
        scheme=parts.scheme,
        user=unquote(parts.username),
        host=host,
        port=port or _PORTS[parts.scheme],
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )
