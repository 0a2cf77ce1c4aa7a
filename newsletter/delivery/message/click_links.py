"""Click tracking: rewrites a message's links to lead through the web server, which counts and redirects.

A rewritten link is the same for every reader. Only where the settings say "consented" does it end in a placeholder,
which holds a token in the messages of readers who consented, and is empty in all others.

Only the HTML part of messages is rewritten; the edition, its text part, its web version and the archive keep the
author's links. Some links are kept in messages too: those that hold a reader's value, mail addresses, anchors on
the page, links to our own web server or to the issue's page, and links whose text is a URL itself, for mail programs
warn of a link that leads somewhere else than its text says.
"""

import base64
import hashlib
import html
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, select

from newsletter.compose import Edition, EscapeContext, MergeTag, MergeText, issue_url
from newsletter.database import Database, insert_into
from newsletter.delivery.message.headers import ascii_url
from newsletter.delivery.models import Mailing
from newsletter.delivery.tables import mailings, metadata
from newsletter.settings import Settings

CLICK_PATH = "/c/"
"""Where the web server mounts rewritten links."""
CLICK_TOKEN = MergeTag(name="token.click", context=EscapeContext.PLAIN)
"""What follows a rewritten link's key: `/` and the token of a reader who consented, else nothing."""
_KEY_BYTES = 10
_KEYS_PER_QUERY = 500
_KEY = re.compile(r"[a-z2-7]{16}")
_ANCHOR = re.compile(r'(<a\s(?:[^<>]*?\s)?href=")([^"<>\0]*)("[^<>]*>)(.*?)(?=</a>)', re.DOTALL | re.IGNORECASE)
_URL_TEXT = re.compile(r"https?://\S*|(?:[\w-]+\.)+[^\W\d]{2,}(?:[/?#]\S*)?", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\0(\d+)\0")

counted_links = Table(
    "counted_links",
    metadata,
    Column("key", Text, primary_key=True),
    Column("mailing_id", Integer, ForeignKey("mailings.id"), nullable=False),
    Column("url", Text, nullable=False),
    Index("counted_links_by_mailing", "mailing_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickLink:
    """A rewritten link of a mailing's messages."""

    key: str
    """What follows CLICK_PATH: the link is looked up by it, so that the web server is no open redirector."""
    mailing_id: int
    url: str
    """Where it leads."""
    slug: str = ""
    """The issue that it is in."""


def with_click_links(edition: Edition, mailing: Mailing, settings: Settings) -> Edition:
    """Return the edition with its links rewritten; unchanged where clicks are not tracked."""
    if settings.tracking.clicks == "off":
        return edition
    body, _ = _rewrite(edition.html, mailing, settings)
    return replace(edition, html=body)


def click_links_of(edition: Edition, mailing: Mailing, settings: Settings) -> tuple[ClickLink, ...]:
    """Return the rewritten links of all variants; () where clicks are not tracked."""
    if settings.tracking.clicks == "off":
        return ()
    links: dict[str, ClickLink] = {}
    for body in (edition.html, *(variant.html for variant in edition.variants)):
        links |= _rewrite(body, mailing, settings)[1]
    return tuple(links.values())


def store_click_links(database: Database, links: Iterable[ClickLink]) -> None:
    """Store where links lead, before any message carries them; idempotent."""
    rows = [{"key": link.key, "mailing_id": link.mailing_id, "url": link.url} for link in links]
    if not rows:
        return
    with database.write() as connection:
        connection.execute(insert_into(connection, counted_links).on_conflict_do_nothing(), rows)


def find_click_link(database: Database, key: str) -> ClickLink | None:
    """Return the link with this key, without its issue; None if no message ever carried it."""
    if not _KEY.fullmatch(key):
        return None
    with database.read() as connection:
        row = connection.execute(select(counted_links).where(counted_links.c.key == key)).one_or_none()
    return None if row is None else ClickLink(key=row.key, mailing_id=row.mailing_id, url=row.url)


def find_click_links(database: Database, keys: Collection[str]) -> dict[str, ClickLink]:
    """Return the links with these keys, with their issues."""
    links: dict[str, ClickLink] = {}
    query = select(counted_links, mailings.c.slug).join(mailings, mailings.c.id == counted_links.c.mailing_id)
    ordered = sorted(keys)
    with database.read() as connection:
        for start in range(0, len(ordered), _KEYS_PER_QUERY):
            group = query.where(counted_links.c.key.in_(ordered[start : start + _KEYS_PER_QUERY]))
            links |= {row.key: ClickLink(**row._mapping) for row in connection.execute(group)}
    return links


def _rewrite(body: MergeText, mailing: Mailing, settings: Settings) -> tuple[MergeText, dict[str, ClickLink]]:
    """Return a body with its links rewritten, and the rewritten links by their keys."""
    prefix = ascii_url(settings.web.url or "").rstrip("/") + CLICK_PATH
    own_urls = tuple(url.rstrip("/") for url in (settings.web.url or "", issue_url(settings, mailing.slug)) if url)
    links: dict[str, ClickLink] = {}
    pieces = (*body, CLICK_TOKEN)
    suffix = f"\0{len(body)}\0" if settings.tracking.clicks == "consented" else ""

    def rewrite_anchor(anchor: re.Match[str]) -> str:
        before, href, after, text = anchor.groups()
        url = _trackable_url(html.unescape(href), own_urls)
        if not url or _URL_TEXT.fullmatch(html.unescape(re.sub(r"<[^>]*>", "", text)).strip()):
            return anchor[0]
        link = ClickLink(key=_key(mailing, url), mailing_id=mailing.id, url=url, slug=mailing.slug)
        links[link.key] = link
        return f"{before}{html.escape(prefix + link.key)}{suffix}{after}{text}"

    whole = "".join(piece if isinstance(piece, str) else f"\0{index}\0" for index, piece in enumerate(body))
    split = _PLACEHOLDER.split(_ANCHOR.sub(rewrite_anchor, whole))
    rejoined = [pieces[int(piece)] if index % 2 else piece for index, piece in enumerate(split)]
    return tuple(piece for piece in rejoined if piece != ""), links


def _trackable_url(href: str, own_urls: Iterable[str]) -> str:
    """Return where a link leads, as a header may hold it; "" where the link is kept."""
    href = href.strip()
    if not href.lower().startswith(("http://", "https://")):
        return ""
    if any(href == url or href.startswith((f"{url}/", f"{url}?", f"{url}#")) for url in own_urls):
        return ""
    try:
        return ascii_url(href) if urlsplit(href).hostname else ""
    except ValueError:  # an invalid host
        return ""


def _key(mailing: Mailing, url: str) -> str:
    text = f"{mailing.id}\n{mailing.edition_digest}\n{url}".encode()
    return base64.b32encode(hashlib.sha256(text).digest()[:_KEY_BYTES]).decode("ascii").lower()
