"""The fixed words of a letter, by language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """What a letter says besides its author's words. Names in braces are filled in."""

    view_online: str
    invitation: str
    """Where comments are closed or never published."""
    after_review: str
    """Where answers may be published once the author has read them."""
    after_asking: str
    write_back: str
    because: str
    unsubscribe: str
    links: str
    notes: str
    picture: str
    note: str
    tip: str
    important: str
    warning: str
    date: str
    months: tuple[str, ...]
    is_rtl: bool = False

    def callout(self, style: str) -> str:
        """Return the label of a callout that has no title of its own."""
        return {
            "tip": self.tip,
            "important": self.important,
            "warning": self.warning,
            "caution": self.warning,
            "danger": self.warning,
        }.get(style, self.note)


ENGLISH = Phrases(
    view_online="Read it on the web",
    invitation="Write back: just reply to this letter. Your answer reaches me and stays between us.",
    after_review="Write back: just reply to this letter. I read every answer, and may publish yours, with your name, under this letter in the archive. Begin it with “private” and it stays between us.",
    after_asking="Write back: just reply to this letter. I read every answer, and ask you before I publish any.",
    write_back="Write back",
    because="You get this letter because {reason}.",
    unsubscribe="Unsubscribe",
    links="Links",
    notes="Notes",
    picture="Picture",
    note="Note",
    tip="Tip",
    important="Important",
    warning="Warning",
    date="{day} {month} {year}",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
)


def phrases_for(language: str) -> Phrases:
    return ENGLISH
