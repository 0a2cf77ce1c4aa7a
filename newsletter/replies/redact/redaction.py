"""Redaction of text and names: our private links and tokens, email addresses and telephone numbers."""

import re
import unicodedata
from collections.abc import Iterable

from newsletter.replies.redact.phone_numbers import replace_phone_numbers
from newsletter.settings import Settings

_AT = r"(?:[@＠]|%40|&#0*64;|&commat;|[ \t]?[(\[{][ \t]?(?:at|@)[ \t]?[)\]}][ \t]?)"
_DOT = r"(?:\.|[ \t]?[(\[{][ \t]?dot[ \t]?[)\]}][ \t]?)"
_ADDRESS = re.compile(
    rf"(?:mailto:)?[\w.!#$%&'*+/=?^`{{|}}~-]{{1,128}}{_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,8}}",
    re.IGNORECASE,
)
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"']{1,2000}", re.IGNORECASE)
_ESCAPE = r"(?<=[%=][0-9a-f]{2})|(?<=%25[0-9a-f]{2})"
_TOKEN = re.compile(rf"(?:(?<![a-z2-7])|{_ESCAPE})[ub]?[a-z2-7]{{29}}(?![a-z2-7])", re.IGNORECASE)
_RUN = re.compile(r"[a-z2-7]{29,}", re.IGNORECASE)
"""What a token is in when other letters stand right beside it."""
_MOST_DIGITS = 5
"""Digits that a name may have: "Jo 1984", but no telephone number."""

ADDRESS_REMOVED = "[address removed]"
PHONE_REMOVED = "[number removed]"
LINK_REMOVED = "[private link removed]"


def redact_text(text: str, settings: Settings, regions: Iterable[str] = ("US", "GB")) -> str:
    """Return `text` fit to be public; doing it twice changes nothing more.

    `regions` are the countries, as in ISO 3166, whose telephone numbers it may hold.
    """
    text = _LINK.sub(lambda match: _checked_link(match[0], settings), text)
    text = _ADDRESS.sub(ADDRESS_REMOVED, text)
    text = _RUN.sub(_checked_run, _TOKEN.sub(LINK_REMOVED, text))
    return replace_phone_numbers(text, regions, PHONE_REMOVED)


def redact_name(name: str) -> str:
    """Return a display name fit to be public: one line, no address, link or number; else ""."""
    name = unicodedata.normalize("NFC", name)
    name = "".join(" " if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Co", "Cs"} else char for char in name)
    is_private = _ADDRESS.search(name) or _LINK.search(name) or _TOKEN.search(name)
    if "@" in name or is_private or sum(char.isdecimal() for char in name) > _MOST_DIGITS:
        return ""
    name = " ".join(re.sub(r"[<>\[\]{}|\\`\"]", " ", name).split())[:60].strip(" ,;:-_'")
    return name if any(char.isalpha() for char in name) else ""


def _checked_run(match: re.Match[str]) -> str:
    """Take out a run of letters that holds a token's figures; the longest words of any language have none."""
    return LINK_REMOVED if any(char in "234567" for char in match[0]) else match[0]


def _checked_link(link: str, settings: Settings) -> str:
    """Return the link unless it is a reader's own: with a token or an address, or on our web server's private pages."""
    bare = link.rstrip(").,;:!?]")
    if _TOKEN.search(link) or "@" in link:
        return LINK_REMOVED + link[len(bare) :]
    home = str(settings.web.url or "").rstrip("/").lower()
    is_own = home and bare.lower().startswith(f"{home}/")
    is_public = bare.lower().startswith((f"{home}/issues/", f"{home}/archive/"))
    return LINK_REMOVED + link[len(bare) :] if is_own and not is_public else link
