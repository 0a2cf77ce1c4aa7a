"""What a bounce or a complaint says about the address it is about."""

from collections.abc import Iterator

from newsletter.replies.parse import Mail

_NOT_DEAD = ("5.2.2", "5.7.")
"""A full mailbox, and a policy against the message: no word on the address."""


def is_permanent(mail: Mail) -> bool:
    """Whether a delivery status report (RFC 3464) says of any recipient that the address is dead."""
    return any(
        group.get("action", "").lower().startswith("failed")
        and group.get("status", "").startswith("5.")
        and not group["status"].startswith(_NOT_DEAD)
        for group in _groups(mail.reports.get("message/delivery-status", ""))
    )


def is_abuse(mail: Mail) -> bool:
    """Whether a feedback report (RFC 5965) is a complaint, and not the word that it was none."""
    return all(
        group.get("feedback-type", "abuse").lower() != "not-spam"
        for group in _groups(mail.reports.get("message/feedback-report", ""))
    )


def status_of(mail: Mail) -> str:
    """Return the first status code of a delivery status report, or ""."""
    return next(
        (
            group["status"][:9]
            for group in _groups(mail.reports.get("message/delivery-status", ""))
            if "status" in group
        ),
        "",
    )


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
