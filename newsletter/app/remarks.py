"""Remarks: lines that a use case has for the person who started it, beside its result.

A remark is information or a warning; a `Finding` says the same of a place in the author's files. Both are part of
results and of event streams. When a use case ends with an error instead, what it had to remark until then is
attached to the error as notes (PEP 678).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from newsletter.errors import NewsletterError
from newsletter.finding import Finding, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One line of information, or a warning."""

    text: str
    is_warning: bool = True

    def __str__(self) -> str:
        return self.text


def line_of(remark: Remark | Finding) -> str:
    """Return a remark as one line; that of a finding begins with its level."""
    return f"{remark.level}: {remark}" if isinstance(remark, Finding) else remark.text


def is_worth_showing(remark: Remark | Finding) -> bool:
    """Return whether a remark matters outside a check: notices are for `newsletter check`."""
    return not (isinstance(remark, Finding) and remark.level is Level.NOTICE)


@contextmanager
def attached_to_errors(remarks: Sequence[Remark | Finding]) -> Iterator[None]:
    """Attach the remarks made so far to an error that ends the block."""
    try:
        yield
    except NewsletterError as error:
        for remark in filter(is_worth_showing, remarks):
            error.add_note(line_of(remark))
        raise
