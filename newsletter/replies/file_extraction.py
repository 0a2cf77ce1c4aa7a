"""Extraction from one file, to try it out: a raw message, or a body alone, without settings or a database."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.charset import decode_mail
from newsletter.replies.classify.classifier import Classification, Verdict, classify_message
from newsletter.replies.extract import Extraction, extract
from newsletter.replies.parsing.headers import Headers
from newsletter.replies.parsing.message import MAX_RAW_BYTES, ParsedMessage, parse_message

if TYPE_CHECKING:
    from newsletter.replies.sandbox import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedFile:
    """The message in one file: parsed, classified and extracted."""

    message: ParsedMessage
    classification: Classification
    extraction: Extraction


def extract_file(path: Path, sandbox: "Sandbox | None" = None) -> ExtractedFile:
    """Extract from a raw message (`.eml`), a text body (`.txt`) or an HTML body (`.html`).

    OSError if it cannot be read. With a `sandbox` that happens in its child process; UnreadableMessage if it takes
    too much time or memory.
    """
    with path.open("rb") as file:
        raw = file.read(MAX_RAW_BYTES + 1)
    if path.suffix.lower() not in {".txt", ".html", ".htm"}:
        message = parse_message(raw) if sandbox is None else sandbox.parse_whole(raw)
        classification = classify_message(message)
    else:
        body = decode_mail(raw, "utf-8")
        is_text = path.suffix.lower() == ".txt"
        message = ParsedMessage(headers=Headers(()), text=body if is_text else "", html="" if is_text else body)
        classification = Classification(Verdict.HUMAN, "a body alone: nothing to classify")
    extraction = extract(message.text, message.html) if sandbox is None else sandbox.extract(message)
    return ExtractedFile(message=message, classification=classification, extraction=extraction)
