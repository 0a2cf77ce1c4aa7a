"""Where an issue and its pictures are read: the one rule for every URL that a letter carries."""

from urllib.parse import quote

from newsletter.settings import Settings
from newsletter.writing import Issue


def page_url(settings: Settings, slug: str) -> str:
    """Return the URL of an issue's page, ending in a slash; relative while the publication has none."""
    home = settings.archive.url or (
        f"{settings.publication.url.rstrip('/')}/archive" if settings.publication.url else ""
    )
    return f"{home.rstrip('/')}/issues/{slug}/"


def picture_base(settings: Settings, issue: Issue) -> str:
    """Return what comes before a picture's name in a letter, ending in a slash.

    While letters are kept on this machine and no archive is set, it is the folder itself, so that they show
    their pictures.
    """
    if settings.archive.url is None and settings.delivery.transport == "outbox":
        return f"{issue.folder.resolve().as_uri()}/"
    return page_url(settings, issue.slug.text)


def picture_url(settings: Settings, issue: Issue, name: str) -> str:
    """Return where the picture `name`, relative to the issue's folder, is fetched from."""
    return picture_base(settings, issue) + quote(name)
