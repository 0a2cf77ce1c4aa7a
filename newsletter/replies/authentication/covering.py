"""What the signatures of a mail cover, with their keys asked of DNS."""

from datetime import datetime

from newsletter.replies.authentication.dkim_verification import DkimSignature, key_names, verify
from newsletter.replies.authentication.dns_keys import KeyLookup, look_up
from newsletter.replies.parsing.headers import read_headers


def verify_dkim(raw: bytes, lookup: KeyLookup, now: datetime) -> tuple[DkimSignature, ...]:
    """Return the DKIM signatures of a raw mail, each with what became of it."""
    headers, _, _ = read_headers(raw.replace(b"\r\n", b"\n"))
    return verify(raw, headers, look_up(lookup, key_names(headers)), now)
