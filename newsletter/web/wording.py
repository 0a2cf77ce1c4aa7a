"""Wording: what somebody read before they pressed a button, in one line, for the record of their consent.

Beside the words stand their language and a digest of them and of the page's template: with the publication's
history that tells the whole page, whoever changed it since.
"""

from newsletter.delivery import Notice
from newsletter.locales import Translations
from newsletter.web.pages import Pages


def promise(translations: Translations, *, at_once: bool) -> str:
    """Return what the form says of what happens next."""
    if at_once:
        return translations.gettext("You are subscribed at once, and can unsubscribe at any time with one click.")
    return translations.gettext(
        "We send you an email with a link to confirm. You are subscribed only after that, "
        "and can unsubscribe at any time with one click."
    )


def of_form(pages: Pages, language: str, *, at_once: bool) -> str:
    """Return the words of the form that we show, on the door's page or by its script on another site."""
    translations = pages.translations(language)
    promised = promise(translations, at_once=at_once)
    return _line(pages, "subscribe.html", translations, promised, translations.gettext("Subscribe"))


def of_foreign_form(site: str) -> str:
    """Return what is known of a form that somebody else's page shows in its own words."""
    return f"a form in the words of {site or 'a page that does not say where it is'}"


def of_confirming(pages: Pages, language: str) -> str:
    """Return the words of the page that a confirmation leads to."""
    translations = pages.translations(language)
    _ = translations.gettext
    question = _("You asked for these newsletters at {address}. Do you want to receive them?")
    return _line(pages, "confirm.html", translations, _("One last step"), question, _("Yes, subscribe me"))


def of_leaving(pages: Pages, language: str, title: str, *, from_all: bool) -> str:
    """Return the words of the page that an email's unsubscribe link leads to."""
    translations = pages.translations(language)
    _ = translations.gettext
    question = _("Stop sending {title} to {address}?").replace("{title}", title)
    button = _("Unsubscribe from all our newsletters") if from_all else _("Unsubscribe")
    return _line(pages, "leave.html", translations, question, button)


def of_return(pages: Pages, language: str) -> str:
    """Return the words by which somebody takes their leaving back."""
    translations = pages.translations(language)
    _ = translations.gettext
    words = (_("You are unsubscribed"), _("Was that a mistake?"), _("Subscribe again"))
    return _line(pages, "left.html", translations, *words)


def of_choices(pages: Pages, language: str, *, is_proven: bool) -> str:
    """Return the words around the lists that somebody ticks."""
    translations = pages.translations(language)
    _ = translations.gettext
    promised = () if is_proven else (_("we send you an email to confirm it"),)
    words = (_("Your subscription"), _("Which newsletters"), *promised, _("Save"))
    return _line(pages, "choices.html", translations, *words)


def of_clicks(pages: Pages, language: str) -> str:
    """Return the words beside the box that lets it be recorded which links somebody follows."""
    translations = pages.translations(language)
    _ = translations.gettext
    explained = _(
        "We then record which links you followed and on which day, to see what interests you and to choose what we "
        "send you. Clear the box and all of this is deleted at once."
    )
    return _line(pages, "choices.html", translations, _("Remember which links I follow"), explained, _("Save"))


def of_mail(notice: Notice | None) -> str:
    """Return which mail of ours brought the link, None where it is not known any more."""
    return f"{notice.kind} {notice.id}, '{notice.subject}', {notice.digest}" if notice else ""


def of_letter(delivery_id: int) -> str:
    """Return which letter brought the link."""
    return f"letter of delivery {delivery_id}"


def _line(pages: Pages, template: str, translations: Translations, *texts: str) -> str:
    text = " / ".join(texts)
    return f"{text} [{translations.language}, {template} {pages.version_of(template, text)}]"
