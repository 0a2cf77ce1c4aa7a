"""What the archive says besides what author and readers wrote; names in braces are filled in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The fixed words of one language."""

    language: str
    skip: str
    feed: str
    answers: str
    """Over the comments."""
    one_answer: str
    several_answers: str
    """Of {number}."""
    answer_by_mail: str
    write_to: str
    """Of {name}; over the invitation where no comment stands yet."""
    verified: str
    verified_why: str
    withdrawn: str
    """In the place of an answer that was taken back."""
    by_author: str
    """Beside the name of the publication's author."""
    answers_feed: str
    """The feed of all comments."""
    to: str
    """Before the name of the one who is answered."""
    neighbours: str
    before: str
    after: str
    empty: str
    missing: str
    missing_why: str
    front_page: str

    def count(self, number: int) -> str:
        """Return "1 answer" or "3 answers"."""
        return (self.one_answer if number == 1 else self.several_answers).format(number=number)
