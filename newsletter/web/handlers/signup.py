"""Sign-up: the form, on our page or embedded in another site, and the request that it records.

The response never depends on whether the address is known: nothing is looked up, and one row is written.
"""

import hashlib
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

from newsletter.address import Address
from newsletter.app import readers
from newsletter.audience import ConsentProof
from newsletter.audience.signup import SignupRequestKind
from newsletter.locales import primary, translations_for
from newsletter.tokens import Purpose
from newsletter.web import bot_check, consent_text
from newsletter.web.context import WebContext
from newsletter.web.info_pages import CHECK_INBOX, FOREIGN_SITE, PROBLEMS, TOO_OFTEN
from newsletter.web.rate_limit import anonymised_network, rate_limit_key
from newsletter.web.request import WebRequest


def show_form(context: WebContext, request: WebRequest) -> Response:
    """Show the form; `?list=` preselects lists, `?language=` sets the language."""
    asked = request.query.get("list", "")
    chosen = [name for name in context.open_lists if name in asked.split(",")]
    return _form(context, request, request.query.get("language", ""), chosen or list(context.open_lists[:1]))


def give_challenge(context: WebContext, request: WebRequest) -> Response:
    """Give the form's script what it needs: a signed timestamp, and a challenge while the server is under attack."""
    challenge = (
        bot_check.sign_time(context.keyring, Purpose.BOT_CHECK, request.now)
        if is_under_attack(context, request)
        else ""
    )
    shown = bot_check.sign_time(context.keyring, Purpose.FORM, request.now)
    translations = context.templates.translations(request.query.get("language", ""))
    _ = translations.gettext
    said = {
        "email": _("Your email address"),
        "subscribe": _("Subscribe"),
        "leave_empty": _("Leave this field empty"),
        "working": _("One moment …"),
        "promise": consent_text.promise(translations, at_once=context.is_single_opt_in),
    }
    told = {"shown": shown, "challenge": challenge, "difficulty": bot_check.DIFFICULTY_BITS, "messages": said}
    return JSONResponse(told, headers=_cors_headers(context, request))


def allow_script(context: WebContext, request: WebRequest) -> Response:
    """Answer a CORS preflight: whether another site may send the form."""
    return Response(status_code=204, headers=_cors_headers(context, request))


def sign_up(context: WebContext, request: WebRequest) -> Response:
    """Record a sign-up request."""
    language = request.first("language")
    named = request.fields.get("list", ())
    wanted = [name for name in dict.fromkeys(named) if name in context.open_lists]
    if not named and (len(context.open_lists) == 1 or request.wants_json):
        wanted = list(context.open_lists[:1])
    if (refusal := refuse_form(context, request)) is not None:
        return refusal
    address = parse_address(request)
    if address is None or not wanted:
        key = "no_list" if address is not None else "wrong_address"
        if request.wants_json:
            said = context.templates.translations(language).gettext(PROBLEMS[key])
            return JSONResponse({"status": key, "message": said}, 422, headers=_cors_headers(context, request))
        return _form(context, request, language, wanted, problem=key, status=422)
    record_request(context, request, SignupRequestKind.SIGNUP, address, wanted)
    if request.wants_json:
        _ = context.templates.translations(language).gettext
        answer = {"status": "asked", "title": _(CHECK_INBOX.title), "message": _(CHECK_INBOX.text)}
        return JSONResponse(answer, headers=_cors_headers(context, request))
    return context.templates.message(CHECK_INBOX, language=language)


def refuse_form(context: WebContext, request: WebRequest) -> Response | None:
    """Return the refusal of a form: sent from a foreign site (403), or too often (429); None where it is fine."""
    language = request.first("language")
    if not _has_allowed_origin(context, request):
        return context.templates.message(FOREIGN_SITE, language=language, status=403, next=f"{request.home}/subscribe")
    wait = context.limits.forms.acquire(rate_limit_key(request.client), request.now.timestamp())
    if not wait:
        return None
    headers = {"Retry-After": str(int(wait) + 1), **_cors_headers(context, request)}
    if request.wants_json:
        _ = context.templates.translations(language).gettext
        said = f"{_(TOO_OFTEN.title)} {_(TOO_OFTEN.text)}"
        return JSONResponse({"status": "too often", "message": said}, 429, headers=headers)
    answer = context.templates.message(TOO_OFTEN, language=language, status=429)
    answer.headers.update(headers)
    return answer


def parse_address(request: WebRequest) -> Address | None:
    """Return the email address of a form, or None if it is not valid."""
    try:
        return Address.parse(request.first("email")[:320])
    except ValueError:
        return None


def record_request(
    context: WebContext, request: WebRequest, kind: SignupRequestKind, address: Address, lists: list[str] | None = None
) -> None:
    """Record a request, unless a bot filled in the honeypot or the address was entered too often."""
    if request.first("website"):
        return
    now = request.now.timestamp()
    key = hashlib.sha256(address.key.encode()).hexdigest()
    if context.limits.address.acquire(f"{kind} {key}", now):
        return
    under_attack = is_under_attack(context, request)
    context.limits.all_forms.acquire("all", now)
    readers.signup.record_request(
        context.publication,
        kind,
        address,
        lists or (),
        language=_language(context, request),
        proof=ConsentProof(
            evidence=f"form of {request.home or '/'}subscribe from {anonymised_network(request.client)}",
            consent_text=_form_text(context, request) if kind is SignupRequestKind.SIGNUP else "",
        ),
        is_low_priority=not _is_trusted(context, request, under_attack=under_attack),
        now=request.now,
    )
    context.wake_signup_worker()


def _form_text(context: WebContext, request: WebRequest) -> str:
    """Return the text of the form; a signed timestamp shows that the form was ours, others have text of their own."""
    shown = request.first("shown")
    if shown and bot_check.seconds_since(context.keyring, Purpose.FORM, shown, request.now) is not None:
        return consent_text.of_signup_form(
            context.templates, _language(context, request), at_once=context.is_single_opt_in
        )
    return consent_text.of_external_form(request.headers.get("origin", "").replace("null", "")[:200])


def is_under_attack(context: WebContext, request: WebRequest) -> bool:
    """Whether more forms arrive than people send."""
    return context.limits.all_forms.is_exhausted("all", request.now.timestamp())


def _is_trusted(context: WebContext, request: WebRequest, *, under_attack: bool) -> bool:
    """Whether a request may be processed at once, rather than after all others.

    A form with a timestamp must not have been sent within seconds. Under attack, a solved challenge indicates a
    browser; readers without JavaScript wait longer, and are served all the same.
    """
    shown = request.first("shown")
    age = bot_check.seconds_since(context.keyring, Purpose.FORM, shown, request.now) if shown else None
    if shown and (age is None or not bot_check.MIN_FORM_SECONDS <= age <= bot_check.FORM_SECONDS):
        return False
    if not under_attack:
        return True
    challenge, solution = request.first("challenge"), request.first("solution")
    given = bot_check.seconds_since(context.keyring, Purpose.BOT_CHECK, challenge, request.now)
    return (
        given is not None
        and 0 <= given <= bot_check.CHALLENGE_SECONDS
        and bot_check.is_solved(challenge, solution)
        and context.used_challenges.use(challenge, request.now.timestamp())
    )


def _form(
    context: WebContext, request: WebRequest, language: str, chosen: list[str], *, problem: str = "", status: int = 200
) -> Response:
    translations = context.templates.translations(language)
    return context.templates.render(
        "subscribe",
        language=language,
        promise=consent_text.promise(translations, at_once=context.is_single_opt_in),
        status=status,
        lists=[(name, context.settings.lists[name]) for name in context.open_lists],
        chosen=chosen,
        problem=problem,
        problem_text=translations.gettext(PROBLEMS[problem]) if problem else "",
        email=request.first("email")[:320],
        asked_language=_language(context, request) or _known_language(context, request.query.get("language", "")),
        shown=bot_check.sign_time(context.keyring, Purpose.FORM, request.now),
    )


def _language(context: WebContext, request: WebRequest) -> str:
    """Return the language that a form names, if there is a catalogue for it."""
    return _known_language(context, request.first("language"))


def _known_language(context: WebContext, named: str) -> str:
    found = translations_for(named, own=context.settings.locales).language
    return found if primary(found) == primary(named) else ""


def _cors_headers(context: WebContext, request: WebRequest) -> dict[str, str]:
    """Return the CORS headers by which a site that embeds the form may read the response."""
    origin = request.headers.get("origin", "")
    if origin not in _allowed_origins(context):
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Accept, Content-Type",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }


def _has_allowed_origin(context: WebContext, request: WebRequest) -> bool:
    """Whether a form was sent from a page that may embed it, by the Origin and Sec-Fetch-Site headers.

    A page with `Referrer-Policy: no-referrer` sends Origin: null; then Sec-Fetch-Site says whether it is ours.
    """
    origin = request.headers.get("origin", "")
    if origin in ("", "null"):
        return request.headers.get("sec-fetch-site", "none") in ("none", "same-origin", "")
    if origin in _allowed_origins(context):
        return True
    return request.headers.get("sec-fetch-site", "") == "same-origin"


def _allowed_origins(context: WebContext) -> set[str]:
    settings = context.settings
    urls = (settings.web.url, settings.publication.url, settings.archive.url, *settings.web.sites)
    return {f"{parts.scheme}://{parts.netloc}" for parts in (urlsplit(url) for url in urls if url)}
