"""URLs in emails: of an issue's page, its comments and its pictures; and relative links made absolute."""

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
    """Return the fragment identifier of a comment."""
    return "comment-" + re.sub(r"[^A-Za-z0-9_-]", "-", comment_id)


def comment_url(settings: Settings, slug: str, comment_id: str) -> str:
    """Return the URL of a comment on its issue's page."""
    return f"{issue_url(settings, slug)}#{comment_anchor(comment_id)}"


def picture_base(settings: Settings, slug: str) -> str | None:
    """Return the base URL of an issue's pictures in emails, ending in a slash.

    None while emails stay on this machine (outbox) and no public URL is set: they then link to the copies' files.
    """
    pictures = settings.pictures
    if pictures.url is not None:
        return f"{pictures.url.rstrip('/')}/{slug}/" if pictures.bucket else _page(pictures.url, slug)
    if settings.archive.url is None and settings.delivery.transport == "outbox":
        return None
    return issue_url(settings, slug)


def _page(home: str, slug: str) -> str:
    return f"{home.rstrip('/')}/issues/{slug}/"


_ABSOLUTE_PREFIXES = ("http://", "https://", "mailto:", "tel:", "sms:", "#")


def make_link_absolute(link: html.HtmlElement, settings: Settings) -> None:
    """Make the link of an `<a>` absolute in place, if the publication has a URL."""
    href = (link.get("href") or "").strip()
    if href:
        link.set("href", absolute_url(href, settings))


def absolute_url(href: str, settings: Settings) -> str:
    """Return `href` as an absolute URL if possible, since an email has no base URL; else unchanged."""
    if href.startswith("//"):
        return f"https:{href}"
    if href.lower().startswith(_ABSOLUTE_PREFIXES) or settings.publication.url is None:
        return href
    if href.startswith(("/", "./", "../", "?")):
        return urljoin(f"{settings.publication.url.rstrip('/')}/", href)
    return href
