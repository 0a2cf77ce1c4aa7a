"""The words of the letter that a reply answers, as they reached its reader."""

from newsletter.compose import Edition, Part, filled
from newsletter.delivery import Notice, SentDelivery
from newsletter.replies.extract import KnownText


def known_text(edition: Edition) -> KnownText:
    """Return the words that every reader of an edition got."""
    return KnownText.of(_static(edition.text), _static(edition.html))


def all_known(delivery: SentDelivery, notice: Notice | None, common: KnownText | None = None) -> KnownText:
    """Return every word of ours that an answer may quote: the letter, and the notice that it answers."""
    known = (common or known_text(delivery.edition)).also(letter_of(delivery))
    return known if notice is None else known.also(notice.text)


def letter_of(delivery: SentDelivery) -> str:
    """Return the letter's text with this reader's name in it."""
    values = {
        "subscriber.first_name": delivery.first_name,
        "subscriber.last_name": delivery.last_name,
        "subscriber.name": f"{delivery.first_name} {delivery.last_name}".strip(),
        "subscriber.email": delivery.address,
        "subscriber.address": delivery.address,
    }
    return filled(delivery.edition.text, values)


def _static(part: Part) -> str:
    return "".join(piece if isinstance(piece, str) else " " for piece in part)
