"""One mail read through: parsed, screened, extracted; and files of one, for trying it out."""

from dataclasses import dataclass
from pathlib import Path

from newsletter.replies.charset import decode
from newsletter.replies.extract import Extraction, KnownText, extract
from newsletter.replies.headers import Headers
from newsletter.replies.parse import MAX_RAW_BYTES, Mail, read_mail
from newsletter.replies.screen import Screening, Verdict, screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one file says, and who wrote it."""

    mail: Mail
    screening: Screening
    extraction: Extraction


def read_raw(raw: bytes, known: KnownText | None = None) -> Reading:
    """Read one raw mail, with nothing known of our own lists and addresses."""
    mail = read_mail(raw)
    return Reading(mail=mail, screening=screen(mail), extraction=extract(mail.text, mail.html, known))


def extract_file(path: Path, known: KnownText | None = None) -> Reading:
    """Read a raw mail (`.eml`), a text body (`.txt`) or an HTML body (`.html`); OSError if it cannot be read."""
    with path.open("rb") as file:
        raw = file.read(MAX_RAW_BYTES + 1)
    if path.suffix.lower() not in {".txt", ".html", ".htm"}:
        return read_raw(raw, known)
    body = decode(raw, "utf-8")
    is_text = path.suffix.lower() == ".txt"
    mail = Mail(headers=Headers(()), text=body if is_text else "", html="" if is_text else body)
    screening = Screening(Verdict.HUMAN, "a body alone: nothing to screen")
    return Reading(mail=mail, screening=screening, extraction=extract(mail.text, mail.html, known))
