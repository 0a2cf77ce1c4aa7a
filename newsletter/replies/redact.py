"""Takes out what must not be public: our own private links and tokens, addresses, phone numbers."""

import re
import unicodedata

from newsletter.settings import Settings

_AT = r"(?:[@＠]|[ \t]?[(\[{][ \t]?(?:at|@)[ \t]?[)\]}][ \t]?)"
_ADDRESS = re.compile(
    rf"(?:mailto:)?[\w.!#$%&'*+/=?^`{{|}}~-]{{1,128}}{_AT}[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}}", re.IGNORECASE
)
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"']{1,2000}", re.IGNORECASE)
_ESCAPE = r"(?<=[%=][0-9a-f]{2})|(?<=%25[0-9a-f]{2})"
_TOKEN = re.compile(rf"(?:(?<![a-z2-7])|{_ESCAPE})[ub]?[a-z2-7]{{29}}(?![a-z2-7])", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w/.:#€$£-])(?:\+|00|\(\+?)?\d[\d ()/.\u2011-]{7,22}\d(?![\w/%€$£])")
_SEPARATED = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}:\d{2}|\b(?:19|20)\d\d\b\s?[-–/]\s?(?:19|20)?\d\d\b"
)

ADDRESS_REMOVED = "[address removed]"
PHONE_REMOVED = "[number removed]"
LINK_REMOVED = "[private link removed]"


def redacted(text: str, settings: Settings) -> str:
    """Return `text` fit to be public; doing it twice changes nothing more."""
    text = _LINK.sub(lambda found: _checked_link(found[0], settings), text)
    text = _ADDRESS.sub(ADDRESS_REMOVED, text)
    text = _TOKEN.sub(LINK_REMOVED, text)
    return _PHONE.sub(lambda found: PHONE_REMOVED if _is_phone(found[0]) else found[0], text)


def redacted_name(name: str) -> str:
    """Return a display name fit to be public: one line, no address, link or number; else ""."""
    name = unicodedata.normalize("NFC", name)
    name = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Co", "Cs"} else char for char in name
    )
    if "@" in name or _LINK.search(name) or _PHONE.search(name) or _TOKEN.search(name):
        return ""
    name = " ".join(re.sub(r"[<>\[\]{}|\\`\"]", " ", name).split())[:60].strip(" ,;:-_'")
    return name if any(char.isalpha() for char in name) else ""


def _checked_link(link: str, settings: Settings) -> str:
    """Return the link unless it is a reader's own: with a token or an address, or on our web door's pages."""
    bare = link.rstrip(").,;:!?]")
    if _TOKEN.search(link) or "@" in link:
        return LINK_REMOVED + link[len(bare) :]
    home = str(settings.web.url or "").rstrip("/").lower()
    is_own = home and bare.lower().startswith(f"{home}/")
    is_public = bare.lower().startswith((f"{home}/issues/", f"{home}/archive/"))
    return LINK_REMOVED + link[len(bare) :] if is_own and not is_public else link


def _is_phone(found: str) -> bool:
    """Whether it is written as telephone numbers are: 9 to 15 digits, with a prefix; no date, price or ISBN."""
    digits = re.sub(r"\D", "", found)
    if not 9 <= len(digits) <= 15 or _SEPARATED.search(found):
        return False
    has_prefix = found.startswith(("+", "00", "(", "0"))
    if (digits[:3] in {"978", "979"} and len(digits) == 13) or found.startswith("0."):
        return False
    groups = [group for group in re.split(r"\D+", found) if group]
    if "." in found and not has_prefix:  # 1.234.567.890
        return False
    return has_prefix or (len(groups) == 3 and [len(group) for group in groups] == [3, 3, 4])
