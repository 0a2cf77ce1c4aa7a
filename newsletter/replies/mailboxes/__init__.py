"""Mailboxes where replies arrive: a Maildir or folder, an IMAP folder, or Amazon SES's queue and bucket.

`base` is the protocol that all of them fulfil: yield raw messages, and mark one as dealt with once it is stored.
`open_mailbox` opens the one that `[replies] mailbox` names. Start with `base`.
"""

from pathlib import Path

from pydantic import SecretStr

from newsletter.errors import SettingsError
from newsletter.replies.mailboxes.base import MessageFilter, ReceivedMessage, ReplyMailbox
from newsletter.replies.mailboxes.imap import PROCESSED, Imap, parse_imap_url
from newsletter.replies.mailboxes.maildir import Maildir

__all__ = ["PROCESSED", "Imap", "Maildir", "MessageFilter", "ReceivedMessage", "ReplyMailbox", "open_mailbox"]


def open_mailbox(
    setting: str | None,
    root: Path,
    *,
    password: SecretStr | None = None,
    message_filter: MessageFilter | None = None,
    region: str | None = None,
) -> ReplyMailbox:
    """Open the mailbox that `[replies] mailbox` names, relative to `root`; SettingsError if it is none.

    A mailbox on a server may be the author's own: `message_filter` says which messages are ours; others are left alone.
    """
    if not setting:
        raise SettingsError(
            'newsletter.toml: [replies] mailbox is not set. Set it to "imaps://user@host/INBOX", "maildir:DIR" or '
            '"sqs:QUEUE-URL", or name a folder: newsletter replies fetch --maildir DIR'
        )
    kind, _, place = setting.partition(":")
    if kind == "maildir" and place:
        return Maildir(root / Path(place).expanduser())
    if kind in {"imap", "imaps"}:
        location = parse_imap_url(setting)
        if password is None or not password.get_secret_value():
            raise SettingsError(f"{location}: no password. Set NEWSLETTER_IMAP_PASSWORD")
        return Imap(location, password.get_secret_value(), message_filter)
    if kind == "sqs" and place.startswith(("https://", "http://")):
        from newsletter.aws import make_client  # boto3 takes a while to import
        from newsletter.replies.mailboxes.ses_inbound import SesInbound, region_in

        where = region_in(place) or region
        sqs, s3 = (make_client(service, region=where, endpoint=None) for service in ("sqs", "s3"))
        return SesInbound(place, sqs, s3, root / "var" / "replies" / "parked")
    raise SettingsError(
        f'newsletter.toml: [replies] mailbox = "{setting}": not a mailbox such as '
        '"imaps://user@host/INBOX", "maildir:DIR" or "sqs:QUEUE-URL"'
    )
