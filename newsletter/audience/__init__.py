"""3. Who is written to, and why we may."""

from newsletter.audience.roster import candidates, ensure_lists

__all__ = ["candidates", "ensure_lists"]
