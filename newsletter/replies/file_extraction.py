"""One mail read through: parsed, screened, extracted; and files of one, for trying it out."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.charset import decode_mail
from newsletter.replies.classify.classifier import Classification, Verdict, screen
from newsletter.replies.extract import Extraction, KnownText, extract
from newsletter.replies.parsing.headers import Headers
from newsletter.replies.parsing.message import MAX_RAW_BYTES, Mail, read_mail

if TYPE_CHECKING:
    from newsletter.replies.sandbox import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedFile:
    """What one file says, and who wrote it."""

    message: Mail
    classification: Classification
    extraction: Extraction


def read_raw(raw: bytes, known: KnownText | None = None) -> ExtractedFile:
    """Read one raw mail, with nothing known of our own lists and addresses."""
    mail = read_mail(raw)
    return ExtractedFile(message=mail, classification=screen(mail), extraction=extract(mail.text, mail.html, known))


def extract_file(path: Path, sandbox: "Sandbox | None" = None) -> ExtractedFile:
    """Read a raw mail (`.eml`), a text body (`.txt`) or an HTML body (`.html`); OSError if it cannot be read.

    A `sandbox` reads it in a process of its own, and raises Unreadable if that takes too much time or memory.
    """
    with path.open("rb") as file:
        raw = file.read(MAX_RAW_BYTES + 1)
    if path.suffix.lower() not in {".txt", ".html", ".htm"}:
        mail = read_mail(raw) if sandbox is None else sandbox.parse_whole(raw)
        classification = screen(mail)
    else:
        body = decode_mail(raw, "utf-8")
        is_text = path.suffix.lower() == ".txt"
        mail = Mail(headers=Headers(()), text=body if is_text else "", html="" if is_text else body)
        classification = Classification(Verdict.HUMAN, "a body alone: nothing to screen")
    extraction = extract(mail.text, mail.html) if sandbox is None else sandbox.extract(mail)
    return ExtractedFile(message=mail, classification=classification, extraction=extraction)
