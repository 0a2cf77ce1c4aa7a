"""A Maildir, or a plain folder of .eml files, as a mailbox; nothing in it is deleted."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import NewsletterError, SettingsError
from newsletter.replies.mailboxes.base import ReceivedMessage
from newsletter.replies.parsing.message import MAX_RAW_BYTES


@dataclass(frozen=True, slots=True)
class Maildir:
    """The messages in `new` and `cur` (cr.yp.to/proto/maildir.html), or else the `*.eml` files of a folder.

    Acknowledging moves a message from `new` to `cur` and marks it seen; `.eml` files stay as they are.
    """

    folder: Path

    def waiting(self) -> Iterator[ReceivedMessage]:
        """Yield the messages, oldest first; SettingsError if there is no such folder.

        NewsletterError after all others if a file could not be read.
        """
        unreadable: list[str] = []
        for path in self._paths():
            try:
                raw = _read(path)
            except FileNotFoundError:  # a mail client moved it
                continue
            except OSError as error:
                unreadable.append(f"{path}: {error.strerror}")
                continue
            yield ReceivedMessage(source=str(path.relative_to(self.folder)), raw=raw)
        if unreadable:
            raise NewsletterError(
                f"{unreadable[0]} ({len(unreadable)} unread in all). Correct its permissions and fetch again"
            )

    def acknowledge(self, received: ReceivedMessage) -> None:
        """Mark a message as seen, moving it from `new` to `cur`."""
        path = self.folder / received.source
        if path.parent.name not in {"new", "cur"}:
            return
        name, _, flags = path.name.partition(":2,")
        seen = self.folder / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}"
        if seen != path:
            try:
                path.rename(seen)
            except FileNotFoundError:
                return

    def _paths(self) -> list[Path]:
        if not self.folder.is_dir():
            raise SettingsError(f"{self.folder}: there is no such folder. Name a Maildir, or a folder of .eml files")
        rooms = [self.folder / room for room in ("new", "cur") if (self.folder / room).is_dir()]
        if rooms:
            paths = [path for room in rooms for path in room.iterdir() if not path.name.startswith(".")]
        else:
            paths = list(self.folder.glob("*.eml"))
        mails = (path for path in paths if path.is_file() and not path.is_symlink())  # a link may lead anywhere
        return sorted(mails, key=lambda path: path.name)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_RAW_BYTES + 1)
