"""One mail read through: parsed, screened, extracted; and files of one, for trying it out."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.replies.charset import decode
from newsletter.replies.extract import Extraction, KnownText, extract
from newsletter.replies.headers import Headers
from newsletter.replies.parse import MAX_RAW_BYTES, Mail, read_mail
from newsletter.replies.screen import Screening, Verdict, screen

if TYPE_CHECKING:
    from newsletter.replies.isolation import Reader


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


def extract_file(path: Path, reader: "Reader | None" = None) -> Reading:
    """Read a raw mail (`.eml`), a text body (`.txt`) or an HTML body (`.html`); OSError if it cannot be read.

    A `reader` reads it in a process of its own, and raises Unreadable if that takes too much time or memory.
    """
    with path.open("rb") as file:
        raw = file.read(MAX_RAW_BYTES + 1)
    if path.suffix.lower() not in {".txt", ".html", ".htm"}:
        mail = read_mail(raw) if reader is None else reader.read_whole(raw)
        screening = screen(mail)
    else:
        body = decode(raw, "utf-8")
        is_text = path.suffix.lower() == ".txt"
        mail = Mail(headers=Headers(()), text=body if is_text else "", html="" if is_text else body)
        screening = Screening(Verdict.HUMAN, "a body alone: nothing to screen")
    extraction = extract(mail.text, mail.html) if reader is None else reader.extract(mail)
    return Reading(mail=mail, screening=screening, extraction=extraction)
