"""Where answers arrive: raw bytes and their envelope."""

from pathlib import Path

from newsletter.errors import EditSettings
from newsletter.replies.mailboxes.mailbox import Mailbox, Received
from newsletter.replies.mailboxes.maildir import Maildir

__all__ = ["Mailbox", "Maildir", "Received", "open_mailbox"]


def open_mailbox(setting: str | None, root: Path) -> Mailbox:
    """Open the mailbox that `[replies] mailbox` names, relative to `root`; EditSettings if it is none."""
    if not setting:
        raise EditSettings(
            'newsletter.toml: [replies] mailbox is not set. Set it to "maildir:DIR", '
            "or name a folder: newsletter replies fetch --maildir DIR"
        )
    kind, _, place = setting.partition(":")
    if kind == "maildir" and place:
        return Maildir(root / Path(place).expanduser())
    if kind in {"imap", "imaps", "sqs", "s3"}:
        raise EditSettings(
            f'newsletter.toml: [replies] mailbox = "{setting}": {kind} is not supported yet. '
            'Have the mail delivered to a Maildir and set "maildir:DIR"'
        )
    raise EditSettings(f'newsletter.toml: [replies] mailbox = "{setting}": not a mailbox such as "maildir:DIR"')
