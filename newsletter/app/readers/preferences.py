"""Preferences: what a reader changes by a link, and how far that link proves who they are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter import audience
from newsletter.app.publication import Publication
from newsletter.app.readers.personal_data import consent_to_click_tracking, withdraw_click_tracking
from newsletter.audience import ConsentProof, Preferences
from newsletter.audience.signup import (
    SignupMailKind,
    SignupRequestKind,
    find_signup_request,
    record_signup_request,
)
from newsletter.delivery import find_addressee
from newsletter.delivery.notices import find_notice_about
from newsletter.locales import languages_with_names
from newsletter.replies import find_display_name, redact_name, save_display_name
from newsletter.tokens import Purpose

EMAIL_LINK_LIFETIME = timedelta(days=60)
"""How long the link in an email opens the preferences; afterwards a new one is emailed on request."""
PAUSE_WEEKS = (2, 4, 12)
"""The lengths of a pause, in weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkHolder:
    """The reader behind a link, and how far the link proves who holds it."""

    preferences: Preferences
    is_proven: bool
    """Whether the link was just emailed to their address."""
    mail: str
    """Which email carried the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceChanges:
    """What a form asks for; None leaves a preference as it is."""

    lists: Collection[str] | None = None
    pause_weeks: int | None = None
    """Weeks, one of `PAUSE_WEEKS`; 0 ends a pause."""
    language: str | None = None
    """A language tag; "" for that of the newsletter."""
    first_name: str | None = None
    display_name: str | None = None
    click_consent: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTexts:
    """What the page showed, as proof of consent, and from which network it was sent."""

    network: str
    lists: str
    """Around the lists, for somebody proven."""
    lists_unproven: str
    clicks: str


def holder_of_email_link(publication: Publication, token: str, now: datetime) -> LinkHolder | None:
    """Return the reader whose email has this link to the preferences."""
    number = publication.keyring.verify(Purpose.PREFERENCES, token)
    addressee = find_addressee(publication.database, number) if number else None
    if addressee is None or addressee.subscriber_id is None or now - addressee.mailed_at > EMAIL_LINK_LIFETIME:
        return None
    preferences = audience.read_preferences(publication.database, addressee.subscriber_id)
    if preferences is None:
        return None
    return LinkHolder(preferences=preferences, is_proven=False, mail=describe_email(addressee.delivery_id))


def holder_of_own_link(publication: Publication, token: str, now: datetime) -> LinkHolder | None:
    """Return the reader to whom this link to their own page was just emailed."""
    number = publication.keyring.verify(Purpose.MY_DATA, token)
    request = number and find_signup_request(publication.database, SignupRequestKind.MY_DATA, number, now)
    subscriber_id = audience.find_subscriber_id(publication.database, request.address) if request else None
    preferences = audience.read_preferences(publication.database, subscriber_id) if subscriber_id is not None else None
    if preferences is None:
        return None
    kinds = [SignupMailKind.MY_DATA.value, SignupMailKind.ALREADY_SUBSCRIBED.value]
    notice = find_notice_about(publication.database, kinds, str(number))
    mail = f"{notice.kind} {notice.id}, '{notice.subject}', {notice.digest}" if notice else ""
    return LinkHolder(preferences=preferences, is_proven=True, mail=mail)


def describe_email(delivery_id: int) -> str:
    """Return which newsletter email carried a link, for the record of consent."""
    return f"email of delivery {delivery_id}"


def display_name(publication: Publication, holder: LinkHolder) -> str:
    """Return the name beside the reader's comments, as they chose it."""
    return find_display_name(publication.database, holder.preferences.subscriber_id)


def may_change_click_consent(publication: Publication, holder: LinkHolder) -> bool:
    """Whether click tracking is offered: consent can always be withdrawn, and given only by a proven holder."""
    if holder.preferences.clicks_agreed_at is not None:
        return True
    return holder.is_proven and publication.settings.tracking.clicks == "consented" and bool(holder.preferences.lists)


def save_preferences(
    publication: Publication,
    holder: LinkHolder,
    changes: PreferenceChanges,
    texts: PageTexts,
    *,
    open_lists: Sequence[str],
    now: datetime,
) -> Preferences | None:
    """Save what a reader chose and return their preferences; None if the person was erased meanwhile.

    A list that they add is joined at once by a proven holder, and needs a confirmation email from anybody else.
    """
    database, reader = publication.database, holder.preferences
    subscriber_id = reader.subscriber_id
    if changes.click_consent is not None:
        _save_click_consent(publication, holder, changes.click_consent, texts, now)
    if changes.lists is not None:
        current = [name for name in reader.lists if name in publication.settings.lists]
        proof = ConsentProof(evidence="preferences", consent_text=texts.lists, mail=holder.mail)
        audience.keep_lists(database, subscriber_id, tuple(changes.lists), current, proof=proof, now=now)
        added = [name for name in open_lists if name in changes.lists and name not in reader.lists]
        _join(publication, holder, added, texts, now)
    if changes.pause_weeks is not None and changes.pause_weeks in {0, *PAUSE_WEEKS}:
        until = now + timedelta(weeks=changes.pause_weeks) if changes.pause_weeks else None
        audience.pause(database, subscriber_id, until)
    languages = {"", *(tag for tag, _ in languages_with_names(publication.settings.locales))}
    if changes.language is not None and changes.language in languages:
        audience.set_language(database, subscriber_id, changes.language)
    if holder.is_proven and changes.first_name is not None:
        audience.set_first_name(database, subscriber_id, redact_name(changes.first_name), now=now)
    if changes.display_name is not None:
        name = redact_name(changes.display_name)
        if name != find_display_name(database, subscriber_id):
            save_display_name(database, subscriber_id, name, now)
    return audience.read_preferences(database, subscriber_id)


def _join(publication: Publication, holder: LinkHolder, names: Sequence[str], texts: PageTexts, now: datetime) -> None:
    reader = holder.preferences
    if holder.is_proven:
        proof = ConsentProof(evidence=f"own page, from {texts.network}", consent_text=texts.lists, mail=holder.mail)
        for name in names:
            audience.subscribe(publication.database, reader.subscriber_id, name, proof=proof, now=now)
    elif names:
        proof = ConsentProof(evidence=f"preferences, from {texts.network}", consent_text=texts.lists_unproven)
        record_signup_request(
            publication.database,
            SignupRequestKind.SIGNUP,
            reader.address,
            names,
            language=reader.language,
            proof=proof,
            now=now,
        )


def _save_click_consent(
    publication: Publication, holder: LinkHolder, is_wanted: bool, texts: PageTexts, now: datetime
) -> None:
    if not may_change_click_consent(publication, holder):
        return
    if is_wanted == (holder.preferences.clicks_agreed_at is not None):
        return
    page = "own page" if holder.is_proven else "preferences"
    proof = ConsentProof(evidence=f"{page}, from {texts.network}", consent_text=texts.clicks, mail=holder.mail)
    change = consent_to_click_tracking if is_wanted else withdraw_click_tracking
    change(publication.database, holder.preferences.subscriber_id, origin="web", proof=proof, now=now)
