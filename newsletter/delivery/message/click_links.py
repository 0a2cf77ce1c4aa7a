"""Counted links: a letter's links by way of the web door, the same for every reader, so that it can count.

Nothing in them tells readers apart, but for those who agreed to it: where the settings say "consented", each link
ends in a slot, which their letters fill with a token and all others leave empty.

The edition, the text part, the web version and the archive keep the links as the author wrote them. Left as they
are in the letter as well: links that hold a reader's value, mail addresses and places on the page, all that leads
to our own door or to the letter's page, and links whose words are an address themselves, for mail programs warn of
those that lead elsewhere.
"""

import base64
import hashlib
import html
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, select
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.compose import Edition, EscapeContext, MergeTag, MergeText, issue_url
from newsletter.database import Database
from newsletter.delivery.message import headers
from newsletter.delivery.models import Mailing
from newsletter.delivery.tables import mailings, metadata
from newsletter.settings import Settings

CLICK_PATH = "/c/"
"""Where the web door mounts them."""
CLICK_TOKEN = MergeTag(name="token.click", context=EscapeContext.PLAIN)
"""What stands behind a counted link's key: `/` and the token of a reader who agreed, else nothing."""
_KEY_BYTES = 10
_AT_ONCE = 500
_KEY = re.compile(r"[a-z2-7]{16}")
_ANCHOR = re.compile(r'(<a\s(?:[^<>]*?\s)?href=")([^"<>\0]*)("[^<>]*>)(.*?)(?=</a>)', re.DOTALL | re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S*|(?:[\w-]+\.)+[^\W\d]{2,}(?:[/?#]\S*)?", re.IGNORECASE)
_SLOT = re.compile(r"\0(\d+)\0")

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
    """A link of a mailing's letters that leads through the web door."""

    key: str
    """What stands behind CLICK_PATH: by it the link is looked up, so that the door leads nowhere else."""
    mailing_id: int
    url: str
    """Where it leads."""
    slug: str = ""
    """The issue that it stands in."""


def with_click_links(edition: Edition, mailing: Mailing, settings: Settings) -> Edition:
    """Return the edition as its letters carry it; the same where nothing is counted."""
    if settings.tracking.clicks == "off":
        return edition
    part, _ = _rewritten(edition.html, mailing, settings)
    return replace(edition, html=part)


def click_links_of(edition: Edition, mailing: Mailing, settings: Settings) -> tuple[ClickLink, ...]:
    """Return the counted links of all variants; () where nothing is counted."""
    if settings.tracking.clicks == "off":
        return ()
    found: dict[str, ClickLink] = {}
    for part in (edition.html, *(variant.html for variant in edition.variants)):
        found |= _rewritten(part, mailing, settings)[1]
    return tuple(found.values())


def store_click_links(database: Database, links: Iterable[ClickLink]) -> None:
    """Write down where links lead, before a letter carries them; a second call changes nothing."""
    rows = [{"key": link.key, "mailing_id": link.mailing_id, "url": link.url} for link in links]
    if not rows:
        return
    insert = sqlite.insert if database.is_sqlite else postgresql.insert
    with database.write() as connection:
        connection.execute(insert(counted_links).on_conflict_do_nothing(), rows)


def find_click_link(database: Database, key: str) -> ClickLink | None:
    """Return the link of a mailing that `key` names; None if no letter ever carried it."""
    if not _KEY.fullmatch(key):
        return None
    with database.read() as connection:
        row = connection.execute(select(counted_links).where(counted_links.c.key == key)).one_or_none()
    return None if row is None else ClickLink(key=row.key, mailing_id=row.mailing_id, url=row.url)


def find_click_links(database: Database, keys: Collection[str]) -> dict[str, ClickLink]:
    """Return the links of these keys, with their issues."""
    found: dict[str, ClickLink] = {}
    asked = select(counted_links, mailings.c.slug).join(mailings, mailings.c.id == counted_links.c.mailing_id)
    wanted = sorted(keys)
    with database.read() as connection:
        for start in range(0, len(wanted), _AT_ONCE):
            some = asked.where(counted_links.c.key.in_(wanted[start : start + _AT_ONCE]))
            found |= {row.key: ClickLink(**row._mapping) for row in connection.execute(some)}
    return found


def _rewritten(part: MergeText, mailing: Mailing, settings: Settings) -> tuple[MergeText, dict[str, ClickLink]]:
    home = headers.ascii_url(settings.web.url or "").rstrip("/") + CLICK_PATH
    own = tuple(place.rstrip("/") for place in (settings.web.url or "", issue_url(settings, mailing.slug)) if place)
    found: dict[str, ClickLink] = {}
    pieces = (*part, CLICK_TOKEN)
    ending = f"\0{len(part)}\0" if settings.tracking.clicks == "consented" else ""

    def lead_by_us(anchor: re.Match[str]) -> str:
        before, href, after, words = anchor.groups()
        url = _target(html.unescape(href), own)
        if not url or _ADDRESS.fullmatch(html.unescape(re.sub(r"<[^>]*>", "", words)).strip()):
            return anchor[0]
        link = ClickLink(key=_key(mailing, url), mailing_id=mailing.id, url=url, slug=mailing.slug)
        found[link.key] = link
        return f"{before}{html.escape(home + link.key)}{ending}{after}{words}"

    whole = "".join(piece if isinstance(piece, str) else f"\0{place}\0" for place, piece in enumerate(part))
    cut = _SLOT.split(_ANCHOR.sub(lead_by_us, whole))
    rejoined = [pieces[int(piece)] if place % 2 else piece for place, piece in enumerate(cut)]
    return tuple(piece for piece in rejoined if piece != ""), found


def _target(href: str, own: Iterable[str]) -> str:
    """Return where a link leads, as a header may hold it; "" where it is left as it is."""
    href = href.strip()
    if not href.lower().startswith(("http://", "https://")):
        return ""
    if any(href == place or href.startswith((f"{place}/", f"{place}?", f"{place}#")) for place in own):
        return ""
    try:
        return headers.ascii_url(href) if urlsplit(href).hostname else ""
    except ValueError:  # no host that could be asked for
        return ""


def _key(mailing: Mailing, url: str) -> str:
    said = f"{mailing.id}\n{mailing.edition_digest}\n{url}".encode()
    return base64.b32encode(hashlib.sha256(said).digest()[:_KEY_BYTES]).decode("ascii").lower()
