"""Reply extraction: what the sender of a message wrote, without quotations and signature.

`extractor` runs the steps. `lines` (plain text) or `html_body` (HTML) split the body into lines; `known_text` marks
what we sent ourselves; `quotation_starts` marks where quotations begin, by `attributions` ("On Monday Jo wrote:") and
`dividers` ("Original message", header blocks); `posting_style` decides what was written above, below or between the
quoted lines, and `signatures` takes off what ends the message. `phrase_tables` has the phrases of mail programs in
many languages. Start with `extractor`.

Nothing here needs settings or a database.
"""

from newsletter.replies.extract.extractor import VERSION, Extraction, extract
from newsletter.replies.extract.known_text import KnownText, SentText
from newsletter.replies.extract.posting_style import Cut

__all__ = ["VERSION", "Cut", "Extraction", "KnownText", "SentText", "extract"]
