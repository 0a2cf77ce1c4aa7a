"""Choosing: what somebody changes about their subscription, from a letter's foot or from their own page.

The link of a letter may be forwarded with it. So it narrows, pauses and names; to see or delete what is kept,
to join a list without another mail, or to let clicks be recorded takes the link that was just mailed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from starlette.responses import Response

from newsletter import app
from newsletter.audience import (
    ConsentProof,
    Preferences,
    SignupMailKind,
    SignupRequestKind,
    find_signup_request,
    keep_lists,
    pause,
    read_preferences,
    record_signup_request,
    set_first_name,
    set_language,
    subscribe,
)
from newsletter.delivery import find_addressee, find_notice_about
from newsletter.locales import languages_with_names
from newsletter.replies import find_display_name, redact_name, save_display_name
from newsletter.tokens import Purpose
from newsletter.web import wording
from newsletter.web.callers import blurred_network
from newsletter.web.info_pages import GET_LINK, LINK_EXPIRED
from newsletter.web.office import Office
from newsletter.web.pages import masked
from newsletter.web.person import number_of
from newsletter.web.visit import Visit

LETTER_LASTS = timedelta(days=60)
"""How long the link of a letter opens the choices; afterwards a new one is mailed on request."""
WEEKS = (2, 4, 12)
"""The pauses on offer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chooser:
    """Who chooses, and how well that is known."""

    chosen: Preferences
    is_proven: bool
    """Whether a link that was just mailed to their address was followed."""
    mail: str
    """Which mail brought the link."""


def show_choices(office: Office, visit: Visit) -> Response:
    """Show the choices of whoever holds a letter's link."""
    chooser = _by_letter(office, visit)
    return _gone(office, visit) if chooser is None else choices(office, visit, chooser)


def choose(office: Office, visit: Visit) -> Response:
    """Do what whoever holds a letter's link has chosen."""
    chooser = _by_letter(office, visit)
    return _gone(office, visit) if chooser is None else chosen_so(office, visit, chooser)


def by_own_page(office: Office, visit: Visit) -> Chooser | None:
    """Return who holds a link to their own page, while it is good."""
    number = office.keyring.verify(Purpose.MY_DATA, visit.token)
    enquiry = number and find_signup_request(office.database, SignupRequestKind.MY_DATA, number, visit.now)
    person = number_of(office, enquiry.address) if enquiry else None
    chosen = read_preferences(office.database, person) if person is not None else None
    if chosen is None:
        return None
    notice = find_notice_about(
        office.database, [SignupMailKind.MY_DATA.value, SignupMailKind.ALREADY_SUBSCRIBED.value], str(number)
    )
    return Chooser(chosen=chosen, is_proven=True, mail=wording.of_mail(notice))


def choices(office: Office, visit: Visit, chooser: Chooser, *, is_saved: bool = False) -> Response:
    """Show what can be chosen, as it stands."""
    chosen, settings = chooser.chosen, office.settings
    offered = [name for name in settings.lists if name in chosen.lists or name in office.offered]
    return office.pages.page(
        "choices",
        language=chosen.language,
        address=str(chosen.address) if chooser.is_proven else masked(str(chosen.address)),
        is_proven=chooser.is_proven,
        is_saved=is_saved,
        token=visit.token,
        lists=[(name, settings.lists[name]) for name in offered],
        chosen=chosen.lists,
        weeks=WEEKS,
        paused=office.pages.translations(chosen.language).day(chosen.paused_until),
        languages=languages_with_names(office.settings.locales),
        own_language=chosen.language,
        first_name=chosen.first_name,
        asks_clicks=_may_choose_clicks(office, chooser),
        agrees_to_clicks=chosen.clicks_agreed_at is not None,
        shown_name=find_display_name(office.database, chosen.subscriber_id),
    )


def chosen_so(office: Office, visit: Visit, chooser: Chooser) -> Response:
    """Write what was chosen and show it."""
    chosen, database = chooser.chosen, office.database
    person, wanted = chosen.subscriber_id, visit.fields.get("list", ())
    _choose_clicks(office, visit, chooser)
    if visit.first("has_lists"):
        offered = [name for name in chosen.lists if name in office.settings.lists]
        words = wording.of_choices(office.pages, chosen.language, is_proven=True)
        proof = ConsentProof(evidence="preferences", consent_text=words, mail=chooser.mail)
        keep_lists(database, person, wanted, offered, proof=proof, now=visit.now)
        _join(office, visit, chooser, [n for n in office.offered if n in wanted and n not in chosen.lists])
    if (length := visit.first("pause")) == "none":
        pause(database, person, None)
    elif length in {str(weeks) for weeks in WEEKS}:
        pause(database, person, visit.now + timedelta(weeks=int(length)))
    language = visit.first("language")
    if (
        language in {"", *(tag for tag, _ in languages_with_names(office.settings.locales))}
        and "language" in visit.fields
    ):
        set_language(database, person, language)
    if chooser.is_proven and "first_name" in visit.fields:
        set_first_name(database, person, redact_name(visit.first("first_name")), now=visit.now)
    if "name" in visit.fields:
        name = redact_name(visit.first("name"))
        if name != find_display_name(database, person):
            save_display_name(database, person, name, visit.now)
    after = read_preferences(database, person)
    if after is None:
        return _gone(office, visit)
    return choices(office, visit, replace(chooser, chosen=after), is_saved=True)


def _join(office: Office, visit: Visit, chooser: Chooser, names: Sequence[str]) -> None:
    words = wording.of_choices(office.pages, chooser.chosen.language, is_proven=chooser.is_proven)
    if chooser.is_proven:
        proof = ConsentProof(
            evidence=f"own page, from {blurred_network(visit.client)}", consent_text=words, mail=chooser.mail
        )
        for name in names:
            subscribe(office.database, chooser.chosen.subscriber_id, name, proof=proof, now=visit.now)
    elif names:
        record_signup_request(
            office.database,
            SignupRequestKind.SIGNUP,
            chooser.chosen.address,
            names,
            language=chooser.chosen.language,
            proof=ConsentProof(evidence=f"preferences, from {blurred_network(visit.client)}", consent_text=words),
            now=visit.now,
        )
        office.wake()


def _may_choose_clicks(office: Office, chooser: Chooser) -> bool:
    """Whether somebody is asked about clicks: to take back an agreement always, to give it where it is proven."""
    if chooser.chosen.clicks_agreed_at is not None:
        return True
    return chooser.is_proven and office.settings.tracking.clicks == "consented" and bool(chooser.chosen.lists)


def _choose_clicks(office: Office, visit: Visit, chooser: Chooser) -> None:
    """Let clicks be recorded or not, as the box says, if the form had one."""
    if not visit.first("has_clicks") or not _may_choose_clicks(office, chooser):
        return
    person, agreed = chooser.chosen.subscriber_id, chooser.chosen.clicks_agreed_at is not None
    if (wanted := bool(visit.first("clicks"))) == agreed:
        return
    proof = ConsentProof(
        evidence=f"{'own page' if chooser.is_proven else 'preferences'}, from {blurred_network(visit.client)}",
        consent_text=wording.of_clicks(office.pages, chooser.chosen.language),
        mail=chooser.mail,
    )
    change = app.consent_to_click_tracking if wanted else app.withdraw_click_tracking
    change(office.database, person, origin="web", proof=proof, now=visit.now)


def _by_letter(office: Office, visit: Visit) -> Chooser | None:
    number = office.keyring.verify(Purpose.PREFERENCES, visit.token)
    addressee = find_addressee(office.database, number) if number else None
    if addressee is None or addressee.subscriber_id is None or visit.now - addressee.mailed_at > LETTER_LASTS:
        return None
    chosen = read_preferences(office.database, addressee.subscriber_id)
    mail = wording.of_letter(addressee.delivery_id)
    return None if chosen is None else Chooser(chosen=chosen, is_proven=False, mail=mail)


def _gone(office: Office, visit: Visit) -> Response:
    return office.pages.note(LINK_EXPIRED, status=404, next=f"{visit.home}/link", next_label=GET_LINK)
