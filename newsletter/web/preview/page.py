"""Preview page: inbox line, findings, the email at two widths, and its text part."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from newsletter.compose import make_theme
from newsletter.finding import Level
from newsletter.web.preview.snapshot import Snapshot

SCHEMES = ("light", "dark")
_STATIC = Path(__file__).parent / "static"
_ACCENT = "#2b5c8a"
_KINDS = {".css": "text/css", ".js": "text/javascript"}
_ASKED = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")


class PreviewTemplates:
    """The preview's own templates."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_STATIC),
            autoescape=select_autoescape(["html"]),
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )

    def page(self, snapshot: Snapshot, scheme: str, variant: int) -> str:
        """Return the page of a snapshot, with the email as readers with that colour scheme see it."""
        email = snapshot.variants[variant] if snapshot.variants else None
        values: dict[str, Any] = {
            "snapshot": snapshot,
            "email": email,
            "variant": variant,
            "scheme": scheme,
            "schemes": SCHEMES,
            "kilobytes": f"{len(email.html.encode()) / 1000:.0f}" if email else "",
            "summary": _summary(snapshot),
            "levels": {Level.ERROR: "Error", Level.WARNING: "Warning", Level.NOTICE: "Notice"},
        }
        return self._templates.get_template("preview.html").render(values)

    def file(self, name: str, accent: str) -> tuple[str, str]:
        """Return the style sheet, in the publication's accent colour, or the script; and its content type."""
        theme = make_theme(accent or _ACCENT)
        content = self._templates.get_template(name).render(theme=theme)
        return content, _KINDS[Path(name).suffix]


def in_scheme(html: str, scheme: str) -> str:
    """Return an email whose colour scheme media queries match this scheme, whatever the browser prefers."""
    return _ASKED.sub(lambda asked: "(min-width: 0)" if asked[1] == scheme else "(max-width: 0)", html)


def _summary(snapshot: Snapshot) -> str:
    """Return how many findings there are of each level."""
    counts = [(sum(finding.level is level for finding in snapshot.findings), level.value) for level in Level]
    parts = [f"{number} {word}{'s' if number > 1 else ''}" for number, word in counts if number]
    return ", ".join(parts) or "No findings"
