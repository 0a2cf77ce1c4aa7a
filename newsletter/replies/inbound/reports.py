"""What a bounce reports, and its status for its line in the list of replies; feedback decides what it changes."""

from collections.abc import Iterator

from newsletter.feedback import extract_qmail_bounce, parse_qmail_bounce
from newsletter.replies.classify.classifier import is_from_mail_system
from newsletter.replies.parsing.message import Mail

_DELIVERY_STATUS = "message/delivery-status"
_PLAIN = "text/plain"


def reports_of(mail: Mail) -> dict[str, str]:
    """Return a bounce's reports by content type: the machine-readable ones, else a mail system's plain words."""
    bounce = (
        "" if _DELIVERY_STATUS in mail.reports or not is_from_mail_system(mail) else extract_qmail_bounce(mail.text)
    )
    return {**mail.reports, _PLAIN: bounce} if bounce else mail.reports


def status_of(mail: Mail) -> str:
    """Return the first status code that a bounce reports, or ""."""
    reports = reports_of(mail)
    told = [*_groups(reports.get(_DELIVERY_STATUS, "")), *parse_qmail_bounce(reports.get(_PLAIN, ""))]
    return next((group["status"][:9] for group in told if "status" in group), "")


def _groups(report: str) -> Iterator[dict[str, str]]:
    group: dict[str, str] = {}
    for line in report[:64_000].split("\n"):
        name, colon, value = line.partition(":")
        if not line.strip():
            if group:
                yield group
            group = {}
        elif colon and not line[:1].isspace():
            group.setdefault(name.strip().lower(), value.strip())
    if group:
        yield group
