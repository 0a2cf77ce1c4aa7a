"""What a letter says besides its author's words; names in braces are filled in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The fixed words of one language."""

    view_online: str
    answer: str
    """Where answers are never published."""
    answer_closed: str
    """Where this letter's comments are closed."""
    answer_reviewed: str
    """Where answers may be published once the author has read them."""
    answer_asked: str
    """Where the author asks before publishing."""
    write_back: str
    because: str
    subscribed: str
    """The reason where the list gives none."""
    unsubscribe: str
    preferences: str
    """The page where a reader chooses, where there is a web door."""
    links: str
    notes: str
    picture: str
    note: str
    tip: str
    important: str
    warning: str
    date: str
    """Of {day}, {month}, {number} (the month's) and {year}."""
    months: tuple[str, ...] = ()
    is_rtl: bool = False

    def callout(self, style: str) -> str:
        """Return the label of a callout that has no title of its own."""
        if style in {"warning", "caution", "danger"}:
            return self.warning
        return {"tip": self.tip, "important": self.important}.get(style, self.note)
