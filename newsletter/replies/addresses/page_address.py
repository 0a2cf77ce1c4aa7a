"""Addresses behind "reply by email" on the archive's pages: which issue, or which comment, is answered.

`r+i.SLUG@domain` and `r+c.COMMENT@domain`, or `me+c.COMMENT@example.com`. They are not signed and say nothing that the
page does not: a message sent there is held for moderation like any other, whoever sent it.
"""

import re
from dataclasses import dataclass

from newsletter.content import find_comment, read_issue
from newsletter.errors import NewsletterError
from newsletter.settings import Settings

_MAX_LOCAL_PART = 64
"""RFC 5321 section 4.5.3.1.1."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_EXTENSION = re.compile(r"(?P<kind>[ic])\.(?P<name>[a-z0-9][a-z0-9_-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTarget:
    """The issue, and the comment if any, that a reply to a page answers."""

    slug: str
    comment_id: str | None = None


def issue_reply_address(settings: Settings, slug: str) -> str | None:
    """Return the address for replies to an issue; None where `[replies]` has no room for one."""
    return _address(settings, "i", slug)


def comment_reply_address(settings: Settings, comment_id: str) -> str | None:
    """Return the address for replies to a comment; None where `[replies]` has no room for one."""
    return _address(settings, "c", comment_id)


def read_page_address(settings: Settings, address: str) -> PageTarget | None:
    """Return what a page's address names, as long as that is published; case does not matter."""
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    before, _, extension = local.rpartition("+")
    match = _EXTENSION.fullmatch(extension)
    if match is None or (before, domain) != _base(settings):
        return None
    try:
        if match["kind"] == "c":
            comment = find_comment(settings, match["name"])
            return PageTarget(slug=comment[0], comment_id=comment[1].id) if comment else None
        return PageTarget(slug=read_issue(settings, match["name"]).slug.text)
    except NewsletterError:
        return None


def _address(settings: Settings, kind: str, name: str) -> str | None:
    base = _base(settings)
    if base is None or _NAME.fullmatch(name) is None:
        return None
    local = f"{base[0]}+{kind}.{name}"
    return f"{local}@{base[1]}" if len(local) <= _MAX_LOCAL_PART else None


def _base(settings: Settings) -> tuple[str, str] | None:
    """Return the local part before the `+` and the domain of our addresses."""
    replies = settings.replies
    if replies.domain:
        return "r", replies.domain.lower()
    return (replies.address.local.lower(), replies.address.domain.lower()) if replies.address else None
