"""Links made good for a letter, which has no page to be relative to."""

from urllib.parse import urljoin

from lxml import html

from newsletter.settings import Settings

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
