"""The public text of a reply: without private quotations, links, tokens, email addresses and telephone numbers."""

import re

from newsletter.replies.extract import KnownText
from newsletter.replies.redact.phone_numbers import phone_regions
from newsletter.replies.redact.redaction import redact_text
from newsletter.settings import Settings

MAX_CHARACTERS = 20_000
"""Characters of a reply that are kept; nobody reads a longer comment."""


def has_quotation(text: str) -> bool:
    """Whether a line of it is quoted."""
    return any(line.lstrip().startswith(">") for line in text.split("\n"))


def clean_text(settings: Settings, text: str, address: str, public: KnownText | None) -> tuple[str, bool]:
    """Return what of a reply may be published, and whether it quoted what may not.

    `public` is the text that it may quote, `address` the writer's, by which their country's numbers are recognised.
    """
    text, has_private_quotation = without_private_quotations(text, public) if has_quotation(text) else (text, False)
    regions = phone_regions(address, settings.publication.language)
    return redact_text(text[: 2 * MAX_CHARACTERS], settings, regions)[:MAX_CHARACTERS], has_private_quotation


def without_private_quotations(text: str, public: KnownText | None) -> tuple[str, bool]:
    """Return the text without quoted lines that are not known to be public, and whether there were any.

    An issue contains its reader's name, and a message may quote a third person's: neither was meant for everybody.
    """
    kept: list[str] = []
    block: list[str] = []
    is_cut = False
    for line in [*text.split("\n"), ""]:
        if line.lstrip().startswith(">"):
            block.append(line)
            continue
        if block:
            is_public = public is not None and public.covers("\n".join(block))
            kept += block if is_public else []
            is_cut = is_cut or not is_public
            block = []
        kept.append(line)
    if not is_cut:
        return text, False
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n"), True
