"""Pages that only say something: a title and a sentence, for what was done and for what cannot be."""

from dataclasses import dataclass

from newsletter.locales import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoPage:
    """A title and a sentence, in English; `Pages` translates them."""

    title: str
    text: str


CHECK_INBOX = InfoPage(
    title=N_("Check your inbox"),
    text=N_(
        "If an email is needed, it is on its way to the address you gave. Open the link in it and press the button "
        "there. If nothing arrives within a few minutes, look in your spam folder."
    ),
)
CONFIRMED = InfoPage(title=N_("Welcome"), text=N_("Your subscription is confirmed. You will receive the next issue."))
SUBSCRIBED_AGAIN = InfoPage(title=N_("You are subscribed again"), text=N_("You will receive the next issue as before."))
ERASED = InfoPage(title=N_("Everything is deleted"), text=N_("You will not hear from us again. Goodbye."))
COMMENT_EDITED = InfoPage(title=N_("Thank you"), text=N_("The new text is waiting to be read."))
COMMENT_WITHDRAWN = InfoPage(title=N_("Withdrawn"), text=N_("The text disappears the next time the page is built."))
LINK_EXPIRED = InfoPage(
    title=N_("This link no longer works"), text=N_("It has expired, or the end of it was lost in the email.")
)
NOT_FOUND = InfoPage(
    title=N_("Page not found"),
    text=N_("The page may have moved, or the end of the link was lost in the email."),
)
BUSY = InfoPage(title=N_("One moment, please"), text=N_("We are busy right now. Please try again in a few seconds."))
TOO_OFTEN = InfoPage(title=N_("Too many attempts"), text=N_("Please wait a while, then try again."))
SERVER_ERROR = InfoPage(
    title=N_("Something went wrong"), text=N_("The error has been recorded. Please try again later.")
)
FOREIGN_SITE = InfoPage(
    title=N_("This form cannot be used from there"),
    text=N_("It was sent from a site that is not allowed to show it. Please use the form here."),
)
GET_LINK = N_("Get a link to your page")
"""The button that leads to a new link."""
PROBLEMS = {
    "wrong_address": N_("This does not look like an email address. Is something missing?"),
    "no_list": N_("Choose at least one."),
}
"""What is wrong with a form, by the status that a script gets."""
