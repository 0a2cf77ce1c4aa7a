"""Where an issue and its pictures are read: the one rule for every URL that a letter carries."""

import re
from urllib.parse import urljoin

from lxml import html

from newsletter.settings import Settings


def issue_url(settings: Settings, slug: str) -> str:
    """Return the URL of an issue's page, ending in a slash; relative while the publication has none."""
    home = settings.archive.url or (
        f"{settings.publication.url.rstrip('/')}/archive" if settings.publication.url else ""
    )
    return _page(home, slug)


def comment_anchor(comment_id: str) -> str:
    """Return a comment's id as it may stand in an address."""
    return "comment-" + re.sub(r"[^A-Za-z0-9_-]", "-", comment_id)


def comment_url(settings: Settings, slug: str, comment_id: str) -> str:
    """Return the URL of a comment on its issue's page."""
    return f"{issue_url(settings, slug)}#{comment_anchor(comment_id)}"


def picture_base(settings: Settings, slug: str) -> str | None:
    """Return what comes before a picture's name in a letter, ending in a slash.

    None while letters are kept on this machine and no public place is set: they then link the copies themselves.
    """
    pictures = settings.pictures
    if pictures.url is not None:
        return f"{pictures.url.rstrip('/')}/{slug}/" if pictures.bucket else _page(pictures.url, slug)
    if settings.archive.url is None and settings.delivery.transport == "outbox":
        return None
    return issue_url(settings, slug)


def _page(home: str, slug: str) -> str:
    return f"{home.rstrip('/')}/issues/{slug}/"


_ABSOLUTE = ("http://", "https://", "mailto:", "tel:", "sms:", "#")


def mend_link(link: html.HtmlElement, settings: Settings) -> None:
    """Make a link absolute where the publication's address allows it."""
    href = (link.get("href") or "").strip()
    if href:
        link.set("href", absolute(href, settings))


def absolute(href: str, settings: Settings) -> str:
    """Return `href` as a link that leads somewhere from a letter, or as it is."""
    if href.startswith("//"):
        return f"https:{href}"
    if href.lower().startswith(_ABSOLUTE) or settings.publication.url is None:
        return href
    if href.startswith(("/", "./", "../", "?")):
        return urljoin(f"{settings.publication.url.rstrip('/')}/", href)
    return href
