"""Lines that a phone or a mail program adds by itself: "Sent from my iPhone", in whatever language."""

import re

from newsletter.replies.extract.phrase_tables import DEVICES, SENT_VERBS, folded

_WIDEST = 300
_LINK = re.compile(r"[<(]?(?:https?://|mailto:)[^\s>)]{0,200}[>)]?")
_WORD = re.compile(r"[^\W\d_]+")
_SHOP = re.compile(
    r"[<(]https?://(?:aka\.ms|(?:[\w-]{1,40}\.){0,3}onelink\.me|apps\.apple\.com|itunes\.apple\.com|play\.google\.com)/",
    re.IGNORECASE,
)
"""Where mail programs are fetched from; nobody puts that behind a line in brackets by hand."""
_SENT_FROM = re.compile(r"^(?:sent|get it|get) (?:from|via|with|using|by|through)\b")
_UNSPACED_VERBS = tuple(verb for verb in SENT_VERBS if not verb.isascii() and len(verb) > 1)


def is_mobile_signature(text: str, *, is_strict: bool = False) -> bool:
    """Whether a line is such a one; strictly, only with a device or program that we know by name."""
    bare = _LINK.sub("", text[:_WIDEST]).strip(" -–—_*.|[]()<>\"'")
    words = folded(bare)
    if words.startswith("yahoo mail:") and len(words.split()) <= 8:  # its slogan, which changes with the years
        return True
    if not bare or len(bare) > 90 or (", " in bare and "excuse" not in words):
        return False
    found = _WORD.findall(words)
    if _SENT_FROM.match(words) and len(found) <= 9 and (not is_strict or words.startswith("sent from my ")):
        return True
    if not found or len(found) > 14 or not any(device in words for device in DEVICES):
        return False
    if _SHOP.search(text[:_WIDEST]):  # whatever the language calls fetching
        return True
    return (
        bool({found[0], found[-1]} & SENT_VERBS) or words.endswith(_UNSPACED_VERBS) or words.startswith(_UNSPACED_VERBS)
    )
