"""Pulls the enquiries of the web door and plans the one mail that each calls for, in the same transaction.

Nothing a stranger wrote stands in these mails: whoever gives somebody else's address sends them our words only.
"""

from datetime import datetime

from newsletter.audience import ProcessedSignup, SignupMailKind, SignupMailLimits, process_signup_request
from newsletter.database import Database
from newsletter.delivery.message.web_links import web_link
from newsletter.delivery.notices.queue import Notice, plan_notice
from newsletter.delivery.notices.signup_texts import DoorWords, door_words
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
    words = door_words(enquiry.language or settings.publication.language)
    names = [name for name in enquiry.lists if name in settings.lists]
    link = web_link(keyring, settings, _PURPOSES[call], enquiry.id) or ""
    title = settings.publication.title
    return Notice(
        kind=call.value,
        about=str(enquiry.id),
        recipient=str(enquiry.address),
        list_name=names[0] if names else next(iter(settings.lists)),
        subject=_subject(words, call).format(title=title),
        text=_text(words, call, link, title, [settings.lists[name].title for name in names]),
        is_automatic=True,
    )


def _subject(words: DoorWords, call: SignupMailKind) -> str:
    return {
        SignupMailKind.CONFIRM: words.confirm_subject,
        SignupMailKind.KNOWN: words.known_subject,
        SignupMailKind.OWN_PAGE: words.own_subject,
    }[call]


def _text(words: DoorWords, call: SignupMailKind, link: str, title: str, lists: list[str]) -> str:
    what = {
        SignupMailKind.CONFIRM: words.confirm,
        SignupMailKind.KNOWN: words.known,
        SignupMailKind.OWN_PAGE: words.own,
    }[call]
    others = (
        [f"- {name}" for name in lists] if lists not in ([], [title]) and call is not SignupMailKind.OWN_PAGE else []
    )
    pieces = [what.format(title=title), "\n".join(others), link, words.not_you]
    return "\n\n".join(filter(None, pieces)) + f"\n\n-- \n{title}\n"
