"""Sign-up emails: processes the sign-up requests and plans the one email that each leads to, in one transaction.

These emails hold nothing that a stranger wrote: a sign-up with somebody else's address sends them our text only.
"""

from datetime import datetime

from newsletter.audience.signup import ProcessedSignup, SignupMailKind, SignupMailLimits, process_signup_request
from newsletter.database import Database
from newsletter.delivery.message.links import web_link
from newsletter.delivery.notices.queue import Notice, plan_notice
from newsletter.locales import Translations, translations_for
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

_PURPOSES = {
    SignupMailKind.CONFIRMATION: Purpose.CONFIRM,
    SignupMailKind.ALREADY_SUBSCRIBED: Purpose.MY_DATA,
    SignupMailKind.MY_DATA: Purpose.MY_DATA,
}
_BATCH = 50
"""Requests processed in one transaction."""


def plan_signup_mail(
    database: Database, keyring: Keyring, settings: Settings, *, limits: SignupMailLimits, now: datetime
) -> int:
    """Process sign-up requests until nothing more may be mailed; returns how many notices are planned.

    Needs `[web] url`, for the links.
    """
    single_opt_in = [name for name, chosen in settings.lists.items() if chosen.opt_in == "single"]
    planned = 0
    while True:
        with database.write() as connection:
            for _ in range(_BATCH):
                processed = process_signup_request(
                    connection, keyring, settings.lists, limits, now, single_opt_in=single_opt_in
                )
                if processed is None:
                    return planned
                if processed.mail is not None:
                    plan_notice(connection, _notice(processed, processed.mail, keyring, settings), now)
                    planned += 1


def _notice(processed: ProcessedSignup, mail: SignupMailKind, keyring: Keyring, settings: Settings) -> Notice:
    request = processed.request
    translations = translations_for(request.language, settings.publication.language, own=settings.locales)
    names = [name for name in request.lists if name in settings.lists]
    link = web_link(keyring, settings, _PURPOSES[mail], request.id) or ""
    title = settings.publication.title
    return Notice(
        kind=mail.value,
        about=str(request.id),
        recipient=str(request.address),
        list_name=names[0] if names else next(iter(settings.lists)),
        subject=_subject(mail, translations).format(title=title),
        text=_text(mail, translations, link, title, [settings.lists[name].title for name in names]),
        is_automatic=True,
    )


def _subject(mail: SignupMailKind, translations: Translations) -> str:
    _ = translations.gettext
    match mail:
        case SignupMailKind.CONFIRMATION:
            return _("Please confirm: {title}")
        case SignupMailKind.ALREADY_SUBSCRIBED:
            return _("You already receive {title}")
        case SignupMailKind.MY_DATA:
            return _("Your page at {title}")


def _opening(mail: SignupMailKind, translations: Translations) -> str:
    """Return the text before the link: what was requested, and how long the link works."""
    _ = translations.gettext
    match mail:
        case SignupMailKind.CONFIRMATION:
            return _(
                "Somebody, hopefully you, asked for {title} to be sent to this address. "
                "To confirm, open this page within seven days and press the button:"
            )
        case SignupMailKind.ALREADY_SUBSCRIBED:
            return _(
                "Somebody, perhaps you, asked for {title} to be sent to this address. It is sent here already, "
                "so nothing changes. To manage your subscription, open this page within 24 hours:"
            )
        case SignupMailKind.MY_DATA:
            return _(
                "Here you can change your subscription to {title}, see everything kept about you, and have it deleted. "
                "The page works for 24 hours:"
            )


def _text(mail: SignupMailKind, translations: Translations, link: str, title: str, lists: list[str]) -> str:
    names_lists = lists not in ([], [title]) and mail is not SignupMailKind.MY_DATA
    pieces = [
        _opening(mail, translations).format(title=title),
        "\n".join(f"- {name}" for name in lists) if names_lists else "",
        link,
        translations.gettext("If it was not you, do nothing: you will receive nothing more."),
    ]
    return "\n\n".join(filter(None, pieces)) + f"\n\n-- \n{title}\n"
