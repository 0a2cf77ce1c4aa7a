"""The links into the web door that letters and notices carry; the door mounts these paths.

A link of the door is its path and one token. `[web] url` may have a path of its own, which stands before ours.
"""

from newsletter.delivery.message import headers
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

WEB_PATHS = {
    Purpose.UNSUBSCRIBE: "/u/",
    Purpose.CONFIRM: "/confirm/",
    Purpose.PREFERENCES: "/preferences/",
    Purpose.MY_DATA: "/own/",
    Purpose.VIEW: "/view/",
}


def web_link_prefix(settings: Settings, purpose: Purpose) -> str | None:
    """Return what stands before a token in a link of the web door; None without `[web] url`."""
    if not settings.web.url:
        return None
    return headers.ascii_url(settings.web.url).rstrip("/") + WEB_PATHS[purpose]


def web_link(keyring: Keyring, settings: Settings, purpose: Purpose, number: int) -> str | None:
    """Return the link that lets its reader do one thing; None without `[web] url`."""
    home = web_link_prefix(settings, purpose)
    return home and home + keyring.sign(purpose, number)
