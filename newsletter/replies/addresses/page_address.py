"""The addresses behind "answer by mail" on the archive's pages: which issue, or which comment, is answered.

`r+i.SLUG@domain` and `r+c.COMMENT@domain`, or `me+c.COMMENT@example.com`. They are signed by nobody and say
nothing that the page does not: a mail there waits for its moderator as any other, whoever sent it.
"""

import re
from dataclasses import dataclass

from newsletter.content import find_comment, read_issue
from newsletter.errors import NewsletterError
from newsletter.settings import Settings

_LOCAL_PART = 64
"""RFC 5321 section 4.5.3.1.1."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_TAIL = re.compile(r"(?P<kind>[ic])\.(?P<name>[a-z0-9][a-z0-9_-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an answer to a page is to stand."""

    slug: str
    comment_id: str | None = None


def issue_reply_address(settings: Settings, slug: str) -> str | None:
    """Return the address for answers to an issue; None where `[replies]` gives no room for one."""
    return _address(settings, "i", slug)


def comment_reply_address(settings: Settings, comment_id: str) -> str | None:
    """Return the address for answers to a comment; None where `[replies]` gives no room for one."""
    return _address(settings, "c", comment_id)


def read_page_address(settings: Settings, address: str) -> Place | None:
    """Return what an address of a page names, as long as that stands there; case does not matter."""
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    before, _, tail = local.rpartition("+")
    found = _TAIL.fullmatch(tail)
    if found is None or (before, domain) != _ours(settings):
        return None
    try:
        if found["kind"] == "c":
            standing = find_comment(settings, found["name"])
            return Place(slug=standing[0], comment_id=standing[1].id) if standing else None
        return Place(slug=read_issue(settings, found["name"]).slug.text)
    except NewsletterError:
        return None


def _address(settings: Settings, kind: str, name: str) -> str | None:
    ours = _ours(settings)
    if ours is None or _NAME.fullmatch(name) is None:
        return None
    local = f"{ours[0]}+{kind}.{name}"
    return f"{local}@{ours[1]}" if len(local) <= _LOCAL_PART else None


def _ours(settings: Settings) -> tuple[str, str] | None:
    replies = settings.replies
    if replies.domain:
        return "r", replies.domain.lower()
    return (replies.address.local.lower(), replies.address.domain.lower()) if replies.address else None
