"""Whose words a reply is: the name to show."""

from newsletter.replies.naming import NAMELESS
from newsletter.replies.redact import redacted_name


def author_of(shown_name: str, subscriber_name: str) -> str:
    """Return the name to print: as the From header shows it, else as we know the subscriber; never an address."""
    return redacted_name(shown_name) or redacted_name(subscriber_name) or NAMELESS
