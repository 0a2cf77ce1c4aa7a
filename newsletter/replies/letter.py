"""The words of the letter that a reply answers, as they reached its reader."""

from newsletter.compose import Edition, MergeText, fill_merge_tags
from newsletter.delivery import SentDelivery
from newsletter.replies.extract import KnownText


def known_text(edition: Edition) -> KnownText:
    """Return the words that every reader of an edition got."""
    return KnownText.of(static(edition.text), static(edition.html))


def letter_of(delivery: SentDelivery) -> str:
    """Return the letter's text with this reader's name in it."""
    values = {
        "subscriber.first_name": delivery.first_name,
        "subscriber.last_name": delivery.last_name,
        "subscriber.name": f"{delivery.first_name} {delivery.last_name}".strip(),
        "subscriber.email": delivery.address,
        "subscriber.address": delivery.address,
    }
    return fill_merge_tags(delivery.edition.text, values)


def static(part: MergeText) -> str:
    """Return what of a part every reader got."""
    return "".join(piece if isinstance(piece, str) else " " for piece in part)
