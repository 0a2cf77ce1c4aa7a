"""Where an issue and its pictures are read: the one rule for every URL that a letter carries."""

from newsletter.settings import Settings


def page_url(settings: Settings, slug: str) -> str:
    """Return the URL of an issue's page, ending in a slash; relative while the publication has none."""
    home = settings.archive.url or (
        f"{settings.publication.url.rstrip('/')}/archive" if settings.publication.url else ""
    )
    return f"{home.rstrip('/')}/issues/{slug}/"


def picture_base(settings: Settings, slug: str) -> str | None:
    """Return what comes before a picture's name in a letter, ending in a slash.

    None while letters are kept on this machine and no archive is set: they then link the copies themselves.
    """
    if settings.archive.url is None and settings.delivery.transport == "outbox":
        return None
    return page_url(settings, slug)
