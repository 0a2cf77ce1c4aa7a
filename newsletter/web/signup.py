"""Signing up: the form, here or on another site, and what is noted when it is sent.

The answer never depends on whether the address is known: nothing is looked up, one row is written.
"""

import hashlib
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

from newsletter.address import Address
from newsletter.audience import ConsentProof, SignupRequestKind, record_signup_request
from newsletter.locales import primary, translations_for
from newsletter.tokens import Purpose
from newsletter.web import proof, wording
from newsletter.web.callers import blurred_network, limited_network
from newsletter.web.info_pages import CHECK_INBOX, FOREIGN_SITE, PROBLEMS, TOO_OFTEN
from newsletter.web.office import Office
from newsletter.web.visit import Visit


def show_form(office: Office, visit: Visit) -> Response:
    """Show the form; `?list=` chooses which lists are ticked, `?language=` the words."""
    asked = visit.query.get("list", "")
    chosen = [name for name in office.offered if name in asked.split(",")]
    return _form(office, visit, visit.query.get("language", ""), chosen or list(office.offered[:1]))


def give_task(office: Office, visit: Visit) -> Response:
    """Give a script what its form needs: when it was shown, and a task while the door is attacked."""
    task = proof.stamp(office.keyring, Purpose.BOT_CHECK, visit.now) if is_attacked(office, visit) else ""
    shown = proof.stamp(office.keyring, Purpose.FORM, visit.now)
    translations = office.pages.translations(visit.query.get("language", ""))
    _ = translations.gettext
    said = {
        "email": _("Your email address"),
        "subscribe": _("Subscribe"),
        "leave_empty": _("Leave this field empty"),
        "working": _("One moment …"),
        "promise": wording.promise(translations, at_once=office.joins_at_once),
    }
    told = {"shown": shown, "task": task, "bits": proof.BITS, "words": said}
    return JSONResponse(told, headers=_cors(office, visit))


def allow_script(office: Office, visit: Visit) -> Response:
    """Answer a browser that asks whether a page of another site may send the form."""
    return Response(status_code=204, headers=_cors(office, visit))


def sign_up(office: Office, visit: Visit) -> Response:
    """Note that an address wants letters."""
    language = visit.first("language")
    named = visit.fields.get("list", ())
    wanted = [name for name in dict.fromkeys(named) if name in office.offered]
    if not named and (len(office.offered) == 1 or visit.wants_json):
        wanted = list(office.offered[:1])
    if (refusal := refused(office, visit)) is not None:
        return refusal
    address = address_in(visit)
    if address is None or not wanted:
        key = "no_list" if address is not None else "wrong_address"
        if visit.wants_json:
            said = office.pages.translations(language).gettext(PROBLEMS[key])
            return JSONResponse({"status": key, "message": said}, 422, headers=_cors(office, visit))
        return _form(office, visit, language, wanted, problem=key, status=422)
    note_enquiry(office, visit, SignupRequestKind.SIGNUP, address, wanted)
    if visit.wants_json:
        _ = office.pages.translations(language).gettext
        answer = {"status": "asked", "title": _(CHECK_INBOX.title), "message": _(CHECK_INBOX.text)}
        return JSONResponse(answer, headers=_cors(office, visit))
    return office.pages.note(CHECK_INBOX, language=language)


def refused(office: Office, visit: Visit) -> Response | None:
    """Return the answer to whoever may not send forms: from a site that is not ours, or too often."""
    language = visit.first("language")
    if not _is_from_us(office, visit):
        return office.pages.note(FOREIGN_SITE, language=language, status=403, next=f"{visit.home}/subscribe")
    wait = office.limits.forms.take(limited_network(visit.client), visit.now.timestamp())
    if not wait:
        return None
    headers = {"Retry-After": str(int(wait) + 1), **_cors(office, visit)}
    if visit.wants_json:
        _ = office.pages.translations(language).gettext
        said = f"{_(TOO_OFTEN.title)} {_(TOO_OFTEN.text)}"
        return JSONResponse({"status": "too often", "message": said}, 429, headers=headers)
    answer = office.pages.note(TOO_OFTEN, language=language, status=429)
    answer.headers.update(headers)
    return answer


def address_in(visit: Visit) -> Address | None:
    """Return the address of a form, or None if it is not one."""
    try:
        return Address.parse(visit.first("email")[:320])
    except ValueError:
        return None


def note_enquiry(
    office: Office, visit: Visit, kind: SignupRequestKind, address: Address, lists: list[str] | None = None
) -> None:
    """Note an enquiry, unless a machine filled in the form or the address was given too often."""
    if visit.first("website"):
        return
    now = visit.now.timestamp()
    key = hashlib.sha256(address.key.encode()).hexdigest()
    if office.limits.address.take(f"{kind} {key}", now):
        return
    attacked = is_attacked(office, visit)
    office.limits.all_forms.take("all", now)
    record_signup_request(
        office.database,
        kind,
        address,
        lists or (),
        language=_language(office, visit),
        proof=ConsentProof(
            evidence=f"form of {visit.home or '/'}subscribe from {blurred_network(visit.client)}",
            consent_text=_words(office, visit) if kind is SignupRequestKind.SIGNUP else "",
        ),
        is_low_priority=not _is_trusted(office, visit, attacked=attacked),
        now=visit.now,
    )
    office.wake()


def _words(office: Office, visit: Visit) -> str:
    """Return what the form said: a signed moment tells that we showed it, others have words of their own."""
    shown = visit.first("shown")
    if shown and proof.seconds_since(office.keyring, Purpose.FORM, shown, visit.now) is not None:
        return wording.of_form(office.pages, _language(office, visit), at_once=office.joins_at_once)
    return wording.of_foreign_form(visit.headers.get("origin", "").replace("null", "")[:200])


def is_attacked(office: Office, visit: Visit) -> bool:
    """Whether more forms come than people send."""
    return office.limits.all_forms.is_full("all", visit.now.timestamp())


def _is_trusted(office: Office, visit: Visit, *, attacked: bool) -> bool:
    """Whether an enquiry need not wait behind all others.

    A form that says when it was shown must not have been sent at once. While the door is attacked, a solved
    task speaks for a browser; whoever has no scripts waits longer, and is served all the same.
    """
    shown = visit.first("shown")
    age = proof.seconds_since(office.keyring, Purpose.FORM, shown, visit.now) if shown else None
    if shown and (age is None or not proof.FASTEST_SECONDS <= age <= proof.FORM_SECONDS):
        return False
    if not attacked:
        return True
    task, solution = visit.first("task"), visit.first("solution")
    given = proof.seconds_since(office.keyring, Purpose.BOT_CHECK, task, visit.now)
    return (
        given is not None
        and 0 <= given <= proof.TASK_SECONDS
        and proof.is_solved(task, solution)
        and office.spent.spend(task, visit.now.timestamp())
    )


def _form(
    office: Office, visit: Visit, language: str, chosen: list[str], *, problem: str = "", status: int = 200
) -> Response:
    translations = office.pages.translations(language)
    return office.pages.page(
        "subscribe",
        language=language,
        promise=wording.promise(translations, at_once=office.joins_at_once),
        status=status,
        lists=[(name, office.settings.lists[name]) for name in office.offered],
        chosen=chosen,
        problem=problem,
        problem_text=translations.gettext(PROBLEMS[problem]) if problem else "",
        email=visit.first("email")[:320],
        asked_language=_language(office, visit) or _known_language(office, visit.query.get("language", "")),
        shown=proof.stamp(office.keyring, Purpose.FORM, visit.now),
    )


def _language(office: Office, visit: Visit) -> str:
    """Return the language that a form names, if there is a catalogue for it."""
    return _known_language(office, visit.first("language"))


def _known_language(office: Office, named: str) -> str:
    found = translations_for(named, own=office.settings.locales).language
    return found if primary(found) == primary(named) else ""


def _cors(office: Office, visit: Visit) -> dict[str, str]:
    """Return what lets a script of a site that may carry the form read the answer, which names nobody."""
    origin = visit.headers.get("origin", "")
    if origin not in _sites(office):
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Accept, Content-Type",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }


def _is_from_us(office: Office, visit: Visit) -> bool:
    """Whether a form was sent from a page that may carry it, as far as browsers say where from.

    A page that hides where it links from has a form of origin "null"; then Sec-Fetch-Site says whether it is ours.
    """
    origin = visit.headers.get("origin", "")
    if origin in ("", "null"):
        return visit.headers.get("sec-fetch-site", "none") in ("none", "same-origin", "")
    if origin in _sites(office):
        return True
    return visit.headers.get("sec-fetch-site", "") == "same-origin"


def _sites(office: Office) -> set[str]:
    settings = office.settings
    urls = (settings.web.url, settings.publication.url, settings.archive.url, *settings.web.sites)
    return {f"{parts.scheme}://{parts.netloc}" for parts in (urlsplit(url) for url in urls if url)}
