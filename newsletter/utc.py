"""UTC times as text: the one way to write a moment (RFC 3339, section 5.6)."""

from datetime import UTC, datetime


def format_utc(at: datetime, timespec: str = "seconds") -> str:
    """Return an aware datetime in UTC, such as 2026-12-01T09:00:00Z; `timespec` as in datetime.isoformat."""
    return at.astimezone(UTC).isoformat(timespec=timespec).removesuffix("+00:00") + "Z"
