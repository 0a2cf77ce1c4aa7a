"""One raw message parsed, classified and extracted in this process, without a sandbox."""

from newsletter.replies.classify.classifier import classify_message
from newsletter.replies.extract import KnownText, extract
from newsletter.replies.file_extraction import ExtractedFile
from newsletter.replies.parsing.message import parse_message


def read_raw(raw: bytes, known: KnownText | None = None) -> ExtractedFile:
    """Read one raw message, with nothing known of our own lists and addresses."""
    message = parse_message(raw)
    extraction = extract(message.text, message.html, known)
    return ExtractedFile(message=message, classification=classify_message(message), extraction=extraction)
