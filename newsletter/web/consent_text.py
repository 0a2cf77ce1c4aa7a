"""Consent text: the sentences that somebody saw before they pressed a button, in one line, as proof of consent.

Each line names its language, its template, and a digest of template and text: together with the publication's history
that identifies the whole page, whatever changed since.
"""

from newsletter.locales import Translations
from newsletter.web.templates import PageTemplates


def promise(translations: Translations, *, at_once: bool) -> str:
    """Return the sentence of the form that says what happens next."""
    if at_once:
        return translations.gettext("You are subscribed at once, and can unsubscribe at any time with one click.")
    return translations.gettext(
        "We send you an email with a link to confirm. You are subscribed only after that, "
        "and can unsubscribe at any time with one click."
    )


def of_signup_form(templates: PageTemplates, language: str, *, at_once: bool) -> str:
    """Return the text of our sign-up form, on our page or embedded by our script."""
    translations = templates.translations(language)
    promised = promise(translations, at_once=at_once)
    return _line(templates, "subscribe.html", translations, promised, translations.gettext("Subscribe"))


def of_external_form(site: str) -> str:
    """Return what is known of a form that another site shows with its own text."""
    return f"an external form on {site or 'an unknown page'}"


def of_confirmation(templates: PageTemplates, language: str) -> str:
    """Return the text of the page that a confirmation link leads to."""
    translations = templates.translations(language)
    _ = translations.gettext
    question = _("You asked for these newsletters at {address}. Do you want to receive them?")
    return _line(templates, "confirm.html", translations, _("One last step"), question, _("Yes, subscribe me"))


def of_unsubscribe(templates: PageTemplates, language: str, title: str, *, from_all: bool) -> str:
    """Return the text of the page that an unsubscribe link leads to."""
    translations = templates.translations(language)
    _ = translations.gettext
    question = _("Stop sending {title} to {address}?").replace("{title}", title)
    button = _("Unsubscribe from all our newsletters") if from_all else _("Unsubscribe")
    return _line(templates, "unsubscribe.html", translations, question, button)


def of_resubscribe(templates: PageTemplates, language: str) -> str:
    """Return the text beside the button that undoes an unsubscribe."""
    translations = templates.translations(language)
    _ = translations.gettext
    texts = (_("You are unsubscribed"), _("Was that a mistake?"), _("Subscribe again"))
    return _line(templates, "unsubscribed.html", translations, *texts)


def of_preferences(templates: PageTemplates, language: str, *, is_proven: bool) -> str:
    """Return the text around the list checkboxes of the preferences."""
    translations = templates.translations(language)
    _ = translations.gettext
    promised = () if is_proven else (_("we send you an email to confirm it"),)
    texts = (_("Your subscription"), _("Which newsletters"), *promised, _("Save"))
    return _line(templates, "preferences.html", translations, *texts)


def of_click_tracking(templates: PageTemplates, language: str) -> str:
    """Return the text beside the checkbox that agrees to click tracking."""
    translations = templates.translations(language)
    _ = translations.gettext
    explained = _(
        "We then record which links you followed and on which day, to see what interests you and to choose what we "
        "send you. Clear the box and all of this is deleted at once."
    )
    return _line(templates, "preferences.html", translations, _("Remember which links I follow"), explained, _("Save"))


def _line(templates: PageTemplates, template: str, translations: Translations, *texts: str) -> str:
    text = " / ".join(texts)
    return f"{text} [{translations.language}, {template} {templates.version_of(template, text)}]"
