"""Wording: what somebody read before they pressed a button, in one line, for the record of their consent.

Beside the words stand their language and a digest of them and of the page's template: with the publication's
history that tells the whole page, whoever changed it since.
"""

from newsletter.delivery import Notice
from newsletter.settings import Settings
from newsletter.web.pages import Pages
from newsletter.web.phrase import Phrases
from newsletter.web.phrases import phrases_for


def promise(words: Phrases, *, at_once: bool) -> str:
    """Return what the form says of what happens next."""
    return words.promise_at_once if at_once else words.promise


def of_form(pages: Pages, language: str, *, at_once: bool) -> str:
    """Return the words of the form that we show, on the door's page or by its script on another site."""
    words = _phrases(pages.settings, language)
    return _line(pages, "subscribe.html", words, promise(words, at_once=at_once), words.subscribe)


def of_foreign_form(site: str) -> str:
    """Return what is known of a form that somebody else's page shows in its own words."""
    return f"a form in the words of {site or 'a page that does not say where it is'}"


def of_confirming(pages: Pages, language: str) -> str:
    """Return the words of the page that a confirmation leads to."""
    words = _phrases(pages.settings, language)
    return _line(pages, "confirm.html", words, words.confirm, words.confirm_why, words.confirm_button)


def of_leaving(pages: Pages, language: str, title: str, *, from_all: bool) -> str:
    """Return the words of the page that a letter's unsubscribe link leads to."""
    words = _phrases(pages.settings, language)
    told = words.leave_why.replace("{title}", title)
    return _line(pages, "leave.html", words, told, words.leave_all if from_all else words.leave_button)


def of_return(pages: Pages, language: str) -> str:
    """Return the words by which somebody takes their leaving back."""
    words = _phrases(pages.settings, language)
    return _line(pages, "left.html", words, words.left, words.mistake, words.again)


def of_choices(pages: Pages, language: str, *, is_proven: bool) -> str:
    """Return the words around the lists that somebody ticks."""
    words = _phrases(pages.settings, language)
    promised = () if is_proven else (words.needs_confirming,)
    return _line(pages, "choices.html", words, words.preferences, words.lists, *promised, words.save)


def of_clicks(pages: Pages, language: str) -> str:
    """Return the words beside the box that lets it be recorded which links somebody follows."""
    words = _phrases(pages.settings, language)
    return _line(pages, "choices.html", words, words.clicks, words.clicks_why, words.save)


def of_mail(notice: Notice | None) -> str:
    """Return which mail of ours brought the link, None where it is not known any more."""
    return f"{notice.kind} {notice.id}, '{notice.subject}', {notice.digest}" if notice else ""


def of_letter(delivery_id: int) -> str:
    """Return which letter brought the link."""
    return f"letter of delivery {delivery_id}"


def _phrases(settings: Settings, language: str) -> Phrases:
    return phrases_for(*filter(None, (language, settings.publication.language)))


def _line(pages: Pages, template: str, words: Phrases, *texts: str) -> str:
    text = " / ".join(texts)
    return f"{text} [{words.language}, {template} {pages.version_of(template, text)}]"
