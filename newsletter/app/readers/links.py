"""Links in emails: the web version of an issue, tracked links, and the counts of their clicks."""

from newsletter.app.publication import Publication
from newsletter.delivery import find_delivery
from newsletter.delivery.message import find_click_link
from newsletter.feedback import CountedClicks
from newsletter.feedback import save_clicks as write_clicks
from newsletter.tokens import Purpose


def web_version(publication: Publication, token: str) -> str | None:
    """Return the issue that a delivery carried as HTML without anything that is one reader's own."""
    number = publication.keyring.verify(Purpose.VIEW, token)
    delivery = find_delivery(publication.database, number) if number else None
    return None if delivery is None else delivery.edition.web


def tracked_url(publication: Publication, key: str) -> str | None:
    """Return where the tracked link of a key leads; only links that an email carried are found."""
    link = find_click_link(publication.database, key)
    return link.url if link else None


def consenting_delivery(publication: Publication, token: str) -> int | None:
    """Return the delivery that a tracked link was in, where clicks may be recorded by person and the token is valid."""
    is_recorded = publication.settings.tracking.clicks == "consented" and token
    return publication.keyring.verify(Purpose.CLICK, token) if is_recorded else None


def save_clicks(publication: Publication, counted: CountedClicks) -> None:
    """Write counted clicks; those of a person only if they agree to it at this moment."""
    write_clicks(publication.database, counted)
