"""Links that messages carry to the web server and back to us: unsubscribe, preferences, view online, reply.

A link of the web server is a path and one token; the web server mounts these paths. Without `[web] url` readers
unsubscribe by a `mailto:` link to a signed address. `[web] url` may have a path of its own, which precedes ours.
"""

from dataclasses import dataclass
from typing import Self

from newsletter.delivery.message.headers import ascii_url
from newsletter.delivery.message.signed_addresses import AddressFormat, address_format
from newsletter.settings import ListSettings, Settings
from newsletter.tokens import Keyring, Purpose

WEB_PATHS = {
    Purpose.UNSUBSCRIBE: "/u/",
    Purpose.CONFIRM: "/confirm/",
    Purpose.PREFERENCES: "/preferences/",
    Purpose.MY_DATA: "/own/",
    Purpose.VIEW: "/view/",
}
TOKEN_PURPOSES = {
    "token.reply": Purpose.REPLY,
    "token.unsubscribe": Purpose.UNSUBSCRIBE,
    "token.bounce": Purpose.BOUNCE,
    "token.preferences": Purpose.PREFERENCES,
    "token.view": Purpose.VIEW,
}
"""The tokens of a message, by the names of their values in its template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTemplate:
    """A link in which only the token differs between readers."""

    before: str
    token: str | None = None
    """The name of the token's value; None for a link that is the same for every reader."""
    after: str = ""

    @classmethod
    def to_address(cls, address: AddressFormat, token: str, *, scheme: str = "mailto:", query: str = "") -> Self:
        """Return a link to a signed address."""
        if address.purpose is None:
            return cls(before=scheme + address.after + query)
        return cls(before=scheme + address.before, token=token, after=address.after + query)

    @property
    def parts(self) -> tuple[str, ...]:
        """Its static text, with the name of the token's value in its place."""
        return (self.before, self.after) if self.token is None else (self.before, self.token, self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLinks:
    """The links of a mailing's messages."""

    reply: LinkTemplate
    reply_address: LinkTemplate
    """The same without `mailto:`, as in Reply-To."""
    unsubscribe: LinkTemplate
    """To the web server if there is one, else by mail."""
    unsubscribe_by_mail: LinkTemplate
    preferences: LinkTemplate
    """Empty without a web server."""
    view: LinkTemplate
    """Of the message as a web page; empty without a web server."""

    def by_tag(self) -> dict[str, LinkTemplate]:
        """Return the links by the merge tags that stand for them in an edition."""
        return {
            "links.reply": self.reply,
            "links.unsubscribe": self.unsubscribe,
            "links.preferences": self.preferences,
            "links.view": self.view,
        }


def message_links(settings: Settings, mailing_list: ListSettings, reply_to: str | None) -> MessageLinks:
    """Return the links of a list's messages; `reply_to` is an issue's own reply address.

    SettingsError when a signed address would be too long.
    """
    reply = AddressFormat(after=reply_to) if reply_to else address_format(settings, mailing_list, Purpose.REPLY)
    unsubscribe_by_mail = LinkTemplate.to_address(
        address_format(settings, mailing_list, Purpose.UNSUBSCRIBE), "token.unsubscribe", query="?subject=unsubscribe"
    )
    unsubscribe = _web_link_template(settings, Purpose.UNSUBSCRIBE, "token.unsubscribe")
    return MessageLinks(
        reply=LinkTemplate.to_address(reply, "token.reply"),
        reply_address=LinkTemplate.to_address(reply, "token.reply", scheme=""),
        unsubscribe=unsubscribe if unsubscribe.token else unsubscribe_by_mail,
        unsubscribe_by_mail=unsubscribe_by_mail,
        preferences=_web_link_template(settings, Purpose.PREFERENCES, "token.preferences"),
        view=_web_link_template(settings, Purpose.VIEW, "token.view"),
    )


def web_link(keyring: Keyring, settings: Settings, purpose: Purpose, number: int) -> str | None:
    """Return the link to the web server that lets its reader do one thing; None without `[web] url`."""
    prefix = _web_link_prefix(settings, purpose)
    return prefix and prefix + keyring.sign(purpose, number)


def _web_link_template(settings: Settings, purpose: Purpose, token: str) -> LinkTemplate:
    prefix = _web_link_prefix(settings, purpose)
    return LinkTemplate(before=prefix, token=token) if prefix else LinkTemplate(before="")


def _web_link_prefix(settings: Settings, purpose: Purpose) -> str | None:
    """Return what precedes the token in a link to the web server; None without `[web] url`."""
    if not settings.web.url:
        return None
    return ascii_url(settings.web.url).rstrip("/") + WEB_PATHS[purpose]
