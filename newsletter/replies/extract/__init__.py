"""What the sender wrote, without quotations and signature."""

from newsletter.replies.extract.extractor import VERSION, Extraction, extract
from newsletter.replies.extract.known_text import KnownText
from newsletter.replies.extract.posting_style import Cut

__all__ = ["VERSION", "Cut", "Extraction", "KnownText", "extract"]
