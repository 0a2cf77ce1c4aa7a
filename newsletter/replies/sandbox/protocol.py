"""Mails, extractions and signatures as plain JSON values, and back."""

from typing import TYPE_CHECKING, Any

from newsletter.replies.extract import Cut, Extraction
from newsletter.replies.parsing.headers import Headers
from newsletter.replies.parsing.message import Mail

if TYPE_CHECKING:
    from newsletter.replies.authentication import DkimSignature


def of_headers(headers: Headers) -> list[Any]:
    """Return header fields as lists."""
    return [headers.fields, headers.written]


def to_headers(value: Any) -> Headers:
    """Read them back; ValueError or TypeError if they are none."""
    fields, written = value
    return Headers(
        tuple((str(name), str(text)) for name, text in fields),
        tuple((str(name), str(text)) for name, text in written),
    )


def of_mail(mail: Mail) -> dict[str, Any]:
    """Return a mail as a mapping."""
    return {
        "headers": of_headers(mail.headers),
        "text": mail.text,
        "html": mail.html,
        "kinds": mail.kinds,
        "reports": mail.reports,
        "calendar_method": mail.calendar_method,
        "attachments": mail.attachments,
        "is_cut": mail.is_cut,
    }


def to_mail(value: Any) -> Mail:
    """Read it back."""
    return Mail(
        headers=to_headers(value["headers"]),
        text=str(value["text"]),
        html=str(value["html"]),
        kinds=tuple(map(str, value["kinds"])),
        reports={str(kind): str(text) for kind, text in value["reports"].items()},
        calendar_method=str(value["calendar_method"]),
        attachments=int(value["attachments"]),
        is_cut=bool(value["is_cut"]),
    )


def of_extraction(extraction: Extraction) -> dict[str, Any]:
    """Return an extraction as a mapping."""
    return {
        "text": extraction.text,
        "cuts": [[cut.reason, cut.text] for cut in extraction.cuts],
        "version": extraction.version,
    }


def to_extraction(value: Any) -> Extraction:
    """Read it back."""
    return Extraction(
        text=str(value["text"]),
        cuts=tuple(Cut(str(reason), str(text)) for reason, text in value["cuts"]),
        version=int(value["version"]),
    )


def of_signature(signature: "DkimSignature") -> list[Any]:
    """Return a signature as a list."""
    return [signature.domain, signature.result, signature.why, signature.signed]


def to_signature(value: Any) -> "DkimSignature":
    """Read it back."""
    from newsletter.replies.authentication import DkimSignature

    domain, result, why, signed = value
    return DkimSignature(domain=str(domain), result=str(result), why=str(why), signed=tuple(map(str, signed)))
