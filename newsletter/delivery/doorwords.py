"""The words of the mails that the web door calls for; a language we do not speak gets English."""
# ruff: noqa: E501 - sentences stay whole, to be mended by those who speak the language

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorWords:
    """The sentences of one language; {title} is the publication's."""

    confirm_subject: str
    confirm: str
    """Before the link that confirms, good for seven days."""
    known_subject: str
    known: str
    """Before the link to one's own page."""
    own_subject: str
    own: str
    """The same, good for 24 hours."""
    not_you: str


LANGUAGES: dict[str, DoorWords] = {
    "en": DoorWords(
        confirm_subject="Please confirm: {title}",
        confirm="Somebody, we hope it was you, asked for {title} to be sent to this address. If you want it, open this page within seven days and press the button:",
        known_subject="You have {title} already",
        known="Somebody, perhaps you, asked for {title} to be sent to this address. It is sent here already, so nothing changes. To look after your subscription, open this page within 24 hours:",
        own_subject="Your page at {title}",
        own="Here you can change your subscription to {title}, see all that is kept about you, and have it deleted. The page opens for 24 hours:",
        not_you="If it was not you, do nothing: you get nothing more.",
    ),
}


def door_words(language: str) -> DoorWords:
    """Return the words for a language tag such as pt-BR."""
    return LANGUAGES.get(language.lower().replace("_", "-").split("-")[0], LANGUAGES["en"])
