"""What the sender wrote, without quotations and signature."""

from newsletter.replies.extract.engine import VERSION, Extraction, extract
from newsletter.replies.extract.known import KnownText
from newsletter.replies.extract.sequence import Cut

__all__ = ["VERSION", "Cut", "Extraction", "KnownText", "extract"]
