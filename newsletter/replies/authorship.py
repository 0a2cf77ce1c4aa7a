"""Whose words a reply is: the name to show, and whether the sender is proven."""

from newsletter.replies.headers import Headers
from newsletter.replies.redact import redacted_name

NAMELESS = "A reader"


def author_of(shown_name: str, subscriber_name: str) -> str:
    """Return the name to print: as the From header shows it, else as we know the subscriber; never an address."""
    return redacted_name(shown_name) or redacted_name(subscriber_name) or NAMELESS


def is_proven(_headers: Headers, _address: str) -> bool:
    """Whether it is proven that the mail comes from its From address.

    Only our own border could say so: Authentication-Results in the mail may be forged by its
    sender (RFC 8601 section 5), and signatures are not checked. So nothing is proven yet.
    """
    return False
