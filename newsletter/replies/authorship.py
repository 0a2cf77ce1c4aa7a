"""Whose words a reply is: the name to show."""

from newsletter.replies.redact.redaction import redact_name
from newsletter.replies.store.display_names import NAMELESS


def author_of(shown_name: str, subscriber_name: str) -> str:
    """Return the name to print: as the From header shows it, else as we know the subscriber; never an address."""
    return redact_name(shown_name) or redact_name(subscriber_name) or NAMELESS
