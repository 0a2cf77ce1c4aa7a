"""Looks up the content of a card: the page it links to, the oEmbed description of a video, and their picture."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from newsletter.charset import decode_page
from newsletter.compose import UnusablePicture, convert_picture
from newsletter.link_cards.address_guard import FetchError
from newsletter.link_cards.http_client import HttpClient
from newsletter.link_cards.page_metadata import PageMetadata, read_oembed, read_page

_PAGE_BYTES, _JSON_BYTES, _PICTURE_BYTES = 3 * 2**20, 2**18, 20 * 2**20
_PAGE, _JSON, _PICTURE = "text/html,application/xhtml+xml;q=0.9", "application/json", "image/*"
_MAX_PICTURES = 3
"""How many pictures of a page are tried."""
_PICTURE_WIDTH = 1344
"""In pixels: twice the widest text of an email."""
OEMBED_ENDPOINTS = {
    "youtube.com": "https://www.youtube.com/oembed",
    "youtu.be": "https://www.youtube.com/oembed",
    "vimeo.com": "https://vimeo.com/api/oembed.json",
    "dailymotion.com": "https://www.dailymotion.com/services/oembed",
    "dai.ly": "https://www.dailymotion.com/services/oembed",
    "ted.com": "https://www.ted.com/services/v1/oembed.json",
    "tiktok.com": "https://www.tiktok.com/oembed",
}
"""Video hosts and their oEmbed endpoints (oembed.com)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPicture:
    """A picture to be written beside an issue."""

    stem: str
    suffix: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContent:
    """What was found for one card; what was not found is "" or None."""

    title: str = ""
    text: str = ""
    alt: str = ""
    picture: CardPicture | None = None
    problems: tuple[str, ...] = ()
    """Why something was not found."""


def oembed_endpoint(url: str, endpoints: Mapping[str, str] = OEMBED_ENDPOINTS) -> str:
    """Return the oEmbed endpoint of a video's host; "" for any other host."""
    host = (urlsplit(url).hostname or "").lower()
    return next((endpoints[name] for name in endpoints if host == name or host.endswith(f".{name}")), "")


def look_up(
    url: str,
    client: HttpClient,
    *,
    wants_picture: bool = True,
    is_video: bool = False,
    endpoints: Mapping[str, str] = OEMBED_ENDPOINTS,
) -> CardContent:
    """Fetch what a card needs; NotFetched when there is nothing at all to be had."""
    metadata = PageMetadata()
    problems: list[str] = []
    endpoint = oembed_endpoint(url, endpoints)
    if endpoint:
        metadata = _fetch_oembed(
            f"{endpoint}?format=json&maxwidth={_PICTURE_WIDTH}&url={quote(url, safe='')}", client, problems
        )
    if not (metadata.title and metadata.pictures):
        try:
            metadata = metadata.or_else(_fetch_page(url, client))
        except FetchError as error:
            if not metadata.title:
                raise
            problems.append(str(error))
        if is_video and metadata.oembed:
            metadata = _fetch_oembed(metadata.oembed, client, problems).or_else(metadata)
    picture = _fetch_picture(metadata, client, problems) if wants_picture else None
    if not metadata.title and picture is None:
        raise FetchError(f"{urlsplit(url).hostname} has neither a title nor a picture")
    is_complete = metadata.title and (picture or not wants_picture)
    return CardContent(
        title=metadata.title,
        text=metadata.text,
        alt=metadata.alt if picture else "",
        picture=picture,
        problems=() if is_complete else tuple(reversed(problems)),
    )


def _fetch_page(url: str, client: HttpClient) -> PageMetadata:
    response = client.get(url, max_bytes=_PAGE_BYTES, accept=_PAGE, may_be_truncated=True)
    text = decode_page(response.content, response.charset)
    if "\0" in text or "<" not in text[:_JSON_BYTES]:
        raise FetchError(
            f"{urlsplit(url).hostname} answered with {response.content_type or 'something'} instead of a page"
        )
    return read_page(text, response.url)


def _fetch_oembed(url: str, client: HttpClient, problems: list[str]) -> PageMetadata:
    try:
        response = client.get(url, max_bytes=_JSON_BYTES, accept=_JSON)
    except FetchError as error:
        problems.append(str(error))
        return PageMetadata()
    return read_oembed(response.content, response.url)


def _fetch_picture(metadata: PageMetadata, client: HttpClient, problems: list[str]) -> CardPicture | None:
    failures = []
    for address in metadata.pictures[:_MAX_PICTURES]:
        name = urlsplit(address).path.rpartition("/")[2][:60] or "picture"
        try:
            response = client.get(address, max_bytes=_PICTURE_BYTES, accept=_PICTURE)
            content, suffix = convert_picture(response.content, name, _PICTURE_WIDTH)
        except (FetchError, UnusablePicture) as error:
            failures.append(f"no picture: {error}")
            continue
        return CardPicture(stem=_stem(metadata.title, address), suffix=suffix, content=content)
    problems += failures[:1]
    return None


def _stem(title: str, address: str) -> str:
    """Return a file name without suffix, from the first words of the title or the host."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    stem = slug if len(slug) <= 40 else slug[:41].rpartition("-")[0]
    return stem or re.sub(r"[^a-z0-9]+", "-", (urlsplit(address).hostname or "").lower()).strip("-") or "card"
