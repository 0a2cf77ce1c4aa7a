"""Preferences: what a reader changes about their subscription, from an email's footer or on their own page.

The link in an email may be forwarded with it. So it only unsubscribes, pauses and renames.
Seeing or deleting data, joining a list without another email, and agreeing to click tracking take the link that was
just emailed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from starlette.responses import Response

from newsletter import app
from newsletter.audience import (
    ConsentProof,
    Preferences,
    find_subscriber_id,
    keep_lists,
    pause,
    read_preferences,
    set_first_name,
    set_language,
    subscribe,
)
from newsletter.audience.signup import SignupMailKind, SignupRequestKind, find_signup_request, record_signup_request
from newsletter.delivery import find_addressee, find_notice_about
from newsletter.locales import languages_with_names
from newsletter.replies import find_display_name, redact_name, save_display_name
from newsletter.tokens import Purpose
from newsletter.web import consent_text
from newsletter.web.context import WebContext
from newsletter.web.info_pages import GET_LINK, LINK_EXPIRED
from newsletter.web.rate_limit import anonymised_network
from newsletter.web.request import WebRequest
from newsletter.web.templates import mask_address

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


def show_preferences(context: WebContext, request: WebRequest) -> Response:
    """Show the preferences of the reader whose email has the link; changes nothing."""
    holder = _holder_of_email_link(context, request)
    return _gone(context, request) if holder is None else render_preferences(context, request, holder)


def save_preferences(context: WebContext, request: WebRequest) -> Response:
    """Save what the holder of an email's link chose."""
    holder = _holder_of_email_link(context, request)
    return _gone(context, request) if holder is None else apply_preferences(context, request, holder)


def holder_of_own_link(context: WebContext, request: WebRequest) -> LinkHolder | None:
    """Return the holder of a link to their own page, while it is valid."""
    number = context.keyring.verify(Purpose.MY_DATA, request.token)
    enquiry = number and find_signup_request(context.database, SignupRequestKind.MY_DATA, number, request.now)
    person = find_subscriber_id(context.database, enquiry.address) if enquiry else None
    chosen = read_preferences(context.database, person) if person is not None else None
    if chosen is None:
        return None
    notice = find_notice_about(
        context.database, [SignupMailKind.MY_DATA.value, SignupMailKind.ALREADY_SUBSCRIBED.value], str(number)
    )
    return LinkHolder(preferences=chosen, is_proven=True, mail=consent_text.of_mail(notice))


def render_preferences(
    context: WebContext, request: WebRequest, holder: LinkHolder, *, is_saved: bool = False
) -> Response:
    """Show the preferences as they are."""
    chosen, settings = holder.preferences, context.settings
    open_lists = [name for name in settings.lists if name in chosen.lists or name in context.open_lists]
    return context.templates.render(
        "preferences",
        language=chosen.language,
        address=str(chosen.address) if holder.is_proven else mask_address(str(chosen.address)),
        is_proven=holder.is_proven,
        is_saved=is_saved,
        token=request.token,
        lists=[(name, settings.lists[name]) for name in open_lists],
        chosen=chosen.lists,
        weeks=PAUSE_WEEKS,
        paused=context.templates.translations(chosen.language).day(chosen.paused_until),
        languages=languages_with_names(context.settings.locales),
        own_language=chosen.language,
        first_name=chosen.first_name,
        asks_clicks=_may_change_click_consent(context, holder),
        agrees_to_clicks=chosen.clicks_agreed_at is not None,
        shown_name=find_display_name(context.database, chosen.subscriber_id),
    )


def apply_preferences(context: WebContext, request: WebRequest, holder: LinkHolder) -> Response:
    """Save what was chosen, and show it."""
    chosen, database = holder.preferences, context.database
    person, wanted = chosen.subscriber_id, request.fields.get("list", ())
    _save_click_consent(context, request, holder)
    if request.first("has_lists"):
        open_lists = [name for name in chosen.lists if name in context.settings.lists]
        words = consent_text.of_preferences(context.templates, chosen.language, is_proven=True)
        proof = ConsentProof(evidence="preferences", consent_text=words, mail=holder.mail)
        keep_lists(database, person, wanted, open_lists, proof=proof, now=request.now)
        _join(context, request, holder, [n for n in context.open_lists if n in wanted and n not in chosen.lists])
    if (length := request.first("pause")) == "none":
        pause(database, person, None)
    elif length in {str(weeks) for weeks in PAUSE_WEEKS}:
        pause(database, person, request.now + timedelta(weeks=int(length)))
    language = request.first("language")
    if (
        language in {"", *(tag for tag, _ in languages_with_names(context.settings.locales))}
        and "language" in request.fields
    ):
        set_language(database, person, language)
    if holder.is_proven and "first_name" in request.fields:
        set_first_name(database, person, redact_name(request.first("first_name")), now=request.now)
    if "name" in request.fields:
        name = redact_name(request.first("name"))
        if name != find_display_name(database, person):
            save_display_name(database, person, name, request.now)
    after = read_preferences(database, person)
    if after is None:
        return _gone(context, request)
    return render_preferences(context, request, replace(holder, preferences=after), is_saved=True)


def _join(context: WebContext, request: WebRequest, holder: LinkHolder, names: Sequence[str]) -> None:
    words = consent_text.of_preferences(context.templates, holder.preferences.language, is_proven=holder.is_proven)
    if holder.is_proven:
        proof = ConsentProof(
            evidence=f"own page, from {anonymised_network(request.client)}", consent_text=words, mail=holder.mail
        )
        for name in names:
            subscribe(context.database, holder.preferences.subscriber_id, name, proof=proof, now=request.now)
    elif names:
        record_signup_request(
            context.database,
            SignupRequestKind.SIGNUP,
            holder.preferences.address,
            names,
            language=holder.preferences.language,
            proof=ConsentProof(evidence=f"preferences, from {anonymised_network(request.client)}", consent_text=words),
            now=request.now,
        )
        context.wake_signup_worker()


def _may_change_click_consent(context: WebContext, holder: LinkHolder) -> bool:
    """Whether click tracking is offered: consent can always be withdrawn, and given only by a proven holder."""
    if holder.preferences.clicks_agreed_at is not None:
        return True
    return holder.is_proven and context.settings.tracking.clicks == "consented" and bool(holder.preferences.lists)


def _save_click_consent(context: WebContext, request: WebRequest, holder: LinkHolder) -> None:
    """Save consent to click tracking, or its withdrawal, if the form had the checkbox."""
    if not request.first("has_clicks") or not _may_change_click_consent(context, holder):
        return
    person, agreed = holder.preferences.subscriber_id, holder.preferences.clicks_agreed_at is not None
    if (wanted := bool(request.first("clicks"))) == agreed:
        return
    proof = ConsentProof(
        evidence=f"{'own page' if holder.is_proven else 'preferences'}, from {anonymised_network(request.client)}",
        consent_text=consent_text.of_click_tracking(context.templates, holder.preferences.language),
        mail=holder.mail,
    )
    change = app.consent_to_click_tracking if wanted else app.withdraw_click_tracking
    change(context.database, person, origin="web", proof=proof, now=request.now)


def _holder_of_email_link(context: WebContext, request: WebRequest) -> LinkHolder | None:
    number = context.keyring.verify(Purpose.PREFERENCES, request.token)
    addressee = find_addressee(context.database, number) if number else None
    if addressee is None or addressee.subscriber_id is None or request.now - addressee.mailed_at > EMAIL_LINK_LIFETIME:
        return None
    chosen = read_preferences(context.database, addressee.subscriber_id)
    mail = consent_text.of_email(addressee.delivery_id)
    return None if chosen is None else LinkHolder(preferences=chosen, is_proven=False, mail=mail)


def _gone(context: WebContext, request: WebRequest) -> Response:
    return context.templates.message(LINK_EXPIRED, status=404, next=f"{request.home}/link", next_label=GET_LINK)
