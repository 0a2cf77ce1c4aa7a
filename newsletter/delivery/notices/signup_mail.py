"""Pulls the enquiries of the web door and plans the one mail that each calls for, in the same transaction.

Nothing a stranger wrote stands in these mails: whoever gives somebody else's address sends them our words only.
"""

from datetime import datetime

from newsletter.audience import ProcessedSignup, SignupMailKind, SignupMailLimits, process_signup_request
from newsletter.database import Database
from newsletter.delivery.message.web_links import web_link
from newsletter.delivery.notices.queue import Notice, plan_notice
from newsletter.locales import Translations, translations_for
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

_PURPOSES = {
    SignupMailKind.CONFIRM: Purpose.CONFIRM,
    SignupMailKind.KNOWN: Purpose.MY_DATA,
    SignupMailKind.OWN_PAGE: Purpose.MY_DATA,
}
_TURN = 50
"""Enquiries weighed in one transaction."""


def plan_signup_mail(
    database: Database, keyring: Keyring, settings: Settings, *, caps: SignupMailLimits, now: datetime
) -> int:
    """Weigh what was asked at the web door until nothing more may be mailed; returns how many notices are planned.

    Needs `[web] url`, for the links.
    """
    at_once = [name for name, chosen in settings.lists.items() if chosen.opt_in == "single"]
    planned = 0
    while True:
        with database.write() as connection:
            for _ in range(_TURN):
                weighed = process_signup_request(connection, keyring, settings.lists, caps, now, at_once=at_once)
                if weighed is None:
                    return planned
                if weighed.call is not None:
                    plan_notice(connection, _notice(weighed, weighed.call, keyring, settings), now)
                    planned += 1


def _notice(weighed: ProcessedSignup, call: SignupMailKind, keyring: Keyring, settings: Settings) -> Notice:
    enquiry = weighed.enquiry
    translations = translations_for(enquiry.language, settings.publication.language, own=settings.locales)
    names = [name for name in enquiry.lists if name in settings.lists]
    link = web_link(keyring, settings, _PURPOSES[call], enquiry.id) or ""
    title = settings.publication.title
    return Notice(
        kind=call.value,
        about=str(enquiry.id),
        recipient=str(enquiry.address),
        list_name=names[0] if names else next(iter(settings.lists)),
        subject=_subject(call, translations).format(title=title),
        text=_text(call, translations, link, title, [settings.lists[name].title for name in names]),
        is_automatic=True,
    )


def _subject(call: SignupMailKind, translations: Translations) -> str:
    _ = translations.gettext
    match call:
        case SignupMailKind.CONFIRM:
            return _("Please confirm: {title}")
        case SignupMailKind.KNOWN:
            return _("You already receive {title}")
        case SignupMailKind.OWN_PAGE:
            return _("Your page at {title}")


def _opening(call: SignupMailKind, translations: Translations) -> str:
    """Return what stands before the link: what was asked for, and how long the link works."""
    _ = translations.gettext
    match call:
        case SignupMailKind.CONFIRM:
            return _(
                "Somebody, we hope it was you, asked for {title} to be sent to this address. "
                "To confirm, open this page within seven days and press the button:"
            )
        case SignupMailKind.KNOWN:
            return _(
                "Somebody, perhaps you, asked for {title} to be sent to this address. It is sent here already, "
                "so nothing changes. To manage your subscription, open this page within 24 hours:"
            )
        case SignupMailKind.OWN_PAGE:
            return _(
                "Here you can change your subscription to {title}, see everything kept about you, and have it deleted. "
                "The page works for 24 hours:"
            )


def _text(call: SignupMailKind, translations: Translations, link: str, title: str, lists: list[str]) -> str:
    names_lists = lists not in ([], [title]) and call is not SignupMailKind.OWN_PAGE
    pieces = [
        _opening(call, translations).format(title=title),
        "\n".join(f"- {name}" for name in lists) if names_lists else "",
        link,
        translations.gettext("If it was not you, do nothing: you will receive nothing more."),
    ]
    return "\n\n".join(filter(None, pieces)) + f"\n\n-- \n{title}\n"
