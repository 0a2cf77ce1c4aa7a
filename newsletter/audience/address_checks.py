"""Address checks: whether a valid address is perhaps mistyped, a role address, or from a disposable domain.

None of it keeps anybody from subscribing; it is a hint for the person who typed it, or for the author.
"""

from enum import StrEnum
from functools import lru_cache

from disposable_email_domains import blocklist

from newsletter.address import Address


class AddressFlag(StrEnum):
    """What an author may want to know about an address."""

    ROLE = "a role address, which several people may read"
    THROW_AWAY = "from a disposable domain"
    MISTYPED = "perhaps mistyped"


ROLES = frozenset({
    "abuse", "accounts", "admin", "administrator", "billing", "careers", "contact", "do-not-reply",
    "donotreply", "enquiries", "feedback", "ftp", "hello", "help", "helpdesk", "hostmaster", "hr", "info",
    "inquiries", "jobs", "kontakt", "legal", "list", "mail", "mailer-daemon", "marketing", "media", "news",
    "newsletter", "no-reply", "noc", "noreply", "office", "orders", "postmaster", "press", "privacy",
    "redaktion", "root", "sales", "security", "service", "support", "team", "usenet", "uucp", "webmaster",
    "www",
})  # fmt: skip
WELL_KNOWN = (
    "gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "yahoo.es", "yahoo.it",
    "yahoo.com.br", "hotmail.com", "hotmail.co.uk", "hotmail.fr", "hotmail.de", "hotmail.es", "hotmail.it",
    "outlook.com", "outlook.de", "outlook.fr", "live.com", "live.nl", "msn.com", "icloud.com", "me.com",
    "mac.com", "aol.com", "protonmail.com", "proton.me", "fastmail.com", "gmx.de", "gmx.net", "gmx.at",
    "gmx.ch", "gmx.com", "web.de", "t-online.de", "freenet.de", "orange.fr", "wanadoo.fr", "free.fr",
    "laposte.net", "sfr.fr", "libero.it", "virgilio.it", "tiscali.it", "uol.com.br", "bol.com.br",
    "terra.com.br", "sapo.pt", "mail.ru", "yandex.ru", "yandex.com", "rambler.ru", "bk.ru", "qq.com", "163.com",
    "126.com", "sina.com", "naver.com", "daum.net", "comcast.net", "verizon.net", "att.net", "sbcglobal.net",
    "bellsouth.net", "btinternet.com", "sky.com", "ziggo.nl", "kpnmail.nl", "telenet.be", "skynet.be",
    "bluewin.ch", "wp.pl", "o2.pl", "onet.pl", "interia.pl", "seznam.cz", "abv.bg", "rediffmail.com",
    "zoho.com", "hey.com", "tutanota.com", "posteo.de", "mailbox.org",
)  # fmt: skip
_REAL_DOMAINS = frozenset(WELL_KNOWN) | frozenset({
    "mail.com", "email.com", "ymail.com", "rocketmail.com", "gmx.fr", "gmx.us", "aim.com", "love.com",
    "inbox.com", "inbox.ru", "list.ru", "email.cz", "post.cz", "mail.de", "mail.bg", "mail.ee", "mail.be",
    "ail.com", "live.de", "live.fr", "live.it", "live.be", "live.ca", "live.se", "live.dk", "live.no",
    "live.cn", "live.in", "yahoo.ca", "yahoo.in", "yahoo.se", "yahoo.dk", "yahoo.no", "yahoo.cn", "yahoo.gr",
    "yahoo.pl", "yahoo.ie", "hotmail.be", "hotmail.nl", "hotmail.se", "hotmail.ch", "hotmail.ca", "outlook.es",
    "outlook.it", "outlook.be", "outlook.pt", "outlook.cl", "aol.de", "aol.fr", "orange.pl", "free.com",
    "sky.net", "web.com", "me.net", "msn.nl", "qq.cn", "vip.qq.com", "139.com", "189.cn", "263.com", "wp.com",
    "o2.co.uk", "proton.ch", "pm.me", "hey.world", "bk.com", "abv.com", "act.net", "art.net", "rambler.com",
    "sky.de", "naver.jp",
})  # fmt: skip
"""Real domains that look like a misspelling of another one."""
_SHORTEST = 7
"""Shorter names are one letter away from many others."""


def suggest_address(address: Address | str) -> str | None:
    """Return the address that was probably meant if the domain looks like a well-known one, else None.

    A form can ask: 'Did you mean ada@gmail.com?'
    """
    local, at, domain = str(address).strip().rpartition("@")
    if not at or not local:
        return None
    suggestion = _suggest_domain(domain.lower())
    return f"{local}@{suggestion}" if suggestion else None


def check_address(address: str) -> tuple[AddressFlag, ...]:
    """Return what may be wrong with an address."""
    local, _, domain = address.lower().rpartition("@")
    return check_address_parts(local, domain)


def check_address_parts(local: str, domain: str) -> tuple[AddressFlag, ...]:
    """Return what may be wrong with an address in lower case; cheap enough for a million calls."""
    flags = _check_domain(domain)
    return (AddressFlag.ROLE, *flags) if local.partition("+")[0] in ROLES else flags


@lru_cache(65_536)
def _check_domain(domain: str) -> tuple[AddressFlag, ...]:
    labels = domain.split(".")
    above = (".".join(labels[place:]) for place in range(len(labels) - 1))
    disposable = (AddressFlag.THROW_AWAY,) if any(name in blocklist for name in above) else ()
    return disposable + ((AddressFlag.MISTYPED,) if _suggest_domain(domain) else ())


@lru_cache(65_536)
def _suggest_domain(domain: str) -> str | None:
    if domain in _REAL_DOMAINS or len(domain) > 40:
        return None
    near = [known for known in WELL_KNOWN if _is_near(domain, known)]
    return near[0] if near else None


def _is_near(domain: str, known: str) -> bool:
    """Return whether two domains differ by one typing error: one letter, or two letters swapped."""
    if len(known) < _SHORTEST or abs(len(domain) - len(known)) > 1:
        return False
    start = next(
        (n for n, (a, b) in enumerate(zip(domain, known, strict=False)) if a != b), min(len(domain), len(known))
    )
    rest, wanted = domain[start:], known[start:]
    return (
        rest[1:] == wanted[1:]
        or rest[1:] == wanted
        or rest == wanted[1:]
        or (rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:])
    )
