"""The status code of a bounce, for its line in the list of replies; what it changes is for feedback to decide."""

from collections.abc import Iterator

from newsletter.replies.parse import Mail


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
