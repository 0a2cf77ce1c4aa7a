"""Looks up what a card is about: the page it leads to, the player of a video, the picture that either names."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from newsletter.charset import decode_page
from newsletter.compose import UnusablePicture, convert_picture
from newsletter.link_cards.address_guard import FetchError
from newsletter.link_cards.http_client import HttpClient
from newsletter.link_cards.page_metadata import Description, describe, describe_oembed

_PAGE_BYTES, _JSON_BYTES, _PICTURE_BYTES = 3 * 2**20, 2**18, 20 * 2**20
_PAGE, _JSON, _PICTURE = "text/html,application/xhtml+xml;q=0.9", "application/json", "image/*"
_CANDIDATES = 3
"""How many pictures of a page are tried."""
_WIDTH = 1344
"""Twice the widest text of a letter."""
PLAYERS = {
    "youtube.com": "https://www.youtube.com/oembed",
    "youtu.be": "https://www.youtube.com/oembed",
    "vimeo.com": "https://vimeo.com/api/oembed.json",
    "dailymotion.com": "https://www.dailymotion.com/services/oembed",
    "dai.ly": "https://www.dailymotion.com/services/oembed",
    "ted.com": "https://www.ted.com/services/v1/oembed.json",
    "tiktok.com": "https://www.tiktok.com/oembed",
}
"""Hosts of videos, and where each describes them (oembed.com)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """A picture as it is put beside an issue."""

    stem: str
    suffix: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Clipping:
    """What was found for one card; what was not is "" or None."""

    title: str = ""
    text: str = ""
    alt: str = ""
    poster: Poster | None = None
    troubles: tuple[str, ...] = ()
    """Why something was not found."""


def player_of(url: str, players: Mapping[str, str] = PLAYERS) -> str:
    """Return where the host of a video describes it, "" for any other host."""
    host = (urlsplit(url).hostname or "").lower()
    return next((players[name] for name in players if host == name or host.endswith(f".{name}")), "")


def look_up(
    url: str,
    web: HttpClient,
    *,
    wants_picture: bool = True,
    is_video: bool = False,
    players: Mapping[str, str] = PLAYERS,
) -> Clipping:
    """Fetch what a card needs; NotFetched when there is nothing at all to be had."""
    told = Description()
    troubles: list[str] = []
    player = player_of(url, players)
    if player:
        told = _oembed(f"{player}?format=json&maxwidth={_WIDTH}&url={quote(url, safe='')}", web, troubles)
    if not (told.title and told.pictures):
        try:
            told = told.or_else(_page(url, web))
        except FetchError as fault:
            if not told.title:
                raise
            troubles.append(str(fault))
        if is_video and told.oembed:
            told = _oembed(told.oembed, web, troubles).or_else(told)
    poster = _poster(told, web, troubles) if wants_picture else None
    if not told.title and poster is None:
        raise FetchError(f"{urlsplit(url).hostname} says neither title nor picture")
    is_whole = told.title and (poster or not wants_picture)
    return Clipping(
        title=told.title,
        text=told.text,
        alt=told.alt if poster else "",
        poster=poster,
        troubles=() if is_whole else tuple(reversed(troubles)),
    )


def _page(url: str, web: HttpClient) -> Description:
    answer = web.get(url, most=_PAGE_BYTES, accept=_PAGE, may_be_cut=True)
    text = decode_page(answer.content, answer.charset)
    if "\0" in text or "<" not in text[:_JSON_BYTES]:
        raise FetchError(f"{urlsplit(url).hostname} answered with {answer.content_type or 'something'} that is no page")
    return describe(text, answer.url)


def _oembed(url: str, web: HttpClient, troubles: list[str]) -> Description:
    try:
        answer = web.get(url, most=_JSON_BYTES, accept=_JSON)
    except FetchError as fault:
        troubles.append(str(fault))
        return Description()
    return describe_oembed(answer.content, answer.url)


def _poster(told: Description, web: HttpClient, troubles: list[str]) -> Poster | None:
    failed = []
    for address in told.pictures[:_CANDIDATES]:
        name = urlsplit(address).path.rpartition("/")[2][:60] or "picture"
        try:
            answer = web.get(address, most=_PICTURE_BYTES, accept=_PICTURE)
            content, suffix = convert_picture(answer.content, name, _WIDTH)
        except (FetchError, UnusablePicture) as fault:
            failed.append(f"no picture: {fault}")
            continue
        return Poster(stem=_stem(told.title, address), suffix=suffix, content=content)
    troubles += failed[:1]
    return None


def _stem(title: str, address: str) -> str:
    """Return the beginning of a file's name, from the first words of the title."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    cut = words if len(words) <= 40 else words[:41].rpartition("-")[0]
    return cut or re.sub(r"[^a-z0-9]+", "-", (urlsplit(address).hostname or "").lower()).strip("-") or "card"
