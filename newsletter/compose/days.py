"""Days as each language writes them."""

from datetime import datetime

from newsletter.compose.phrase import Phrases


def written_day(moment: datetime | None, words: Phrases) -> str:
    """Return the day in words; "" for none."""
    if moment is None:
        return ""
    return words.date.format(
        day=moment.day, month=words.months[moment.month - 1], year=moment.year, number=moment.month
    )
