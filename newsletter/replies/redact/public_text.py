"""What an answer may quote in public: words of the letter or of a comment, and nobody else's."""

import re

from newsletter.replies.extract import KnownText


def public_quotations(text: str, known: KnownText | None) -> tuple[str, bool]:
    """Return the text without quoted lines that are not known to be public, and whether there were any.

    A letter holds its reader's name, and a mail may quote a third person's: both were never meant for all.
    """
    kept: list[str] = []
    block: list[str] = []
    is_cut = False
    for line in [*text.split("\n"), ""]:
        if line.lstrip().startswith(">"):
            block.append(line)
            continue
        if block:
            is_public = known is not None and known.covers("\n".join(block))
            kept += block if is_public else []
            is_cut = is_cut or not is_public
            block = []
        kept.append(line)
    if not is_cut:
        return text, False
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n"), True
