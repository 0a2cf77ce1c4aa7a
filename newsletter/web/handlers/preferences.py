"""Preferences: what a reader changes about their subscription, from an email's footer or on their own page.

The link in an email may be forwarded with it. So it only unsubscribes, pauses and renames. Seeing or deleting data,
joining a list without another email, and agreeing to click tracking take the link that was just emailed.
"""

from dataclasses import replace

from starlette.responses import Response

from newsletter.app import readers
from newsletter.locales import languages_with_names
from newsletter.web import consent_text
from newsletter.web.context import WebContext
from newsletter.web.info_pages import GET_LINK, LINK_EXPIRED
from newsletter.web.rate_limit import anonymised_network
from newsletter.web.request import WebRequest
from newsletter.web.templates import mask_address


def show_preferences(context: WebContext, request: WebRequest) -> Response:
    """Show the preferences of the reader whose email has the link; changes nothing."""
    holder = readers.preferences.holder_of_email_link(context.publication, request.token, request.now)
    return _expired(context, request) if holder is None else render_preferences(context, request, holder)


def save_preferences(context: WebContext, request: WebRequest) -> Response:
    """Save what the holder of an email's link chose."""
    holder = readers.preferences.holder_of_email_link(context.publication, request.token, request.now)
    return _expired(context, request) if holder is None else submit_preferences(context, request, holder)


def render_preferences(
    context: WebContext, request: WebRequest, holder: "readers.preferences.LinkHolder", *, is_saved: bool = False
) -> Response:
    """Show the preferences as they are."""
    reader, settings, preferences = holder.preferences, context.settings, readers.preferences
    offered = [name for name in settings.lists if name in reader.lists or name in context.open_lists]
    return context.templates.render(
        "preferences",
        language=reader.language,
        address=str(reader.address) if holder.is_proven else mask_address(str(reader.address)),
        is_proven=holder.is_proven,
        is_saved=is_saved,
        token=request.token,
        lists=[(name, settings.lists[name]) for name in offered],
        chosen=reader.lists,
        weeks=preferences.PAUSE_WEEKS,
        paused=context.templates.translations(reader.language).day(reader.paused_until),
        languages=languages_with_names(settings.locales),
        own_language=reader.language,
        first_name=reader.first_name,
        asks_clicks=preferences.may_change_click_consent(context.publication, holder),
        agrees_to_clicks=reader.clicks_agreed_at is not None,
        shown_name=preferences.display_name(context.publication, holder),
    )


def submit_preferences(context: WebContext, request: WebRequest, holder: "readers.preferences.LinkHolder") -> Response:
    """Save what the form says, and show it."""
    language = holder.preferences.language
    saved = readers.preferences.save_preferences(
        context.publication,
        holder,
        _changes(request),
        readers.preferences.PageTexts(
            network=anonymised_network(request.client),
            lists=consent_text.of_preferences(context.templates, language, is_proven=True),
            lists_unproven=consent_text.of_preferences(context.templates, language, is_proven=False),
            clicks=consent_text.of_click_tracking(context.templates, language),
        ),
        open_lists=context.open_lists,
        now=request.now,
    )
    if saved is None:
        return _expired(context, request)
    context.wake_signup_worker()
    return render_preferences(context, request, replace(holder, preferences=saved), is_saved=True)


def _changes(request: WebRequest) -> "readers.preferences.PreferenceChanges":
    pause = request.first("pause")
    return readers.preferences.PreferenceChanges(
        lists=request.fields.get("list", ()) if request.first("has_lists") else None,
        pause_weeks=0 if pause == "none" else int(pause) if pause.isdecimal() and len(pause) < 4 else None,
        language=request.first("language") if "language" in request.fields else None,
        first_name=request.first("first_name") if "first_name" in request.fields else None,
        display_name=request.first("name") if "name" in request.fields else None,
        click_consent=bool(request.first("clicks")) if request.first("has_clicks") else None,
    )


def _expired(context: WebContext, request: WebRequest) -> Response:
    return context.templates.message(LINK_EXPIRED, status=404, next=f"{request.home}/link", next_label=GET_LINK)
