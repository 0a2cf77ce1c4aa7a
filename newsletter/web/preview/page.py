"""The page around a letter: its inbox line, what is to be mended, the letter in two widths, its text part."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from newsletter.compose import make_theme
from newsletter.finding import Level
from newsletter.web.preview.galley import Galley

SCHEMES = ("light", "dark")
_STATIC = Path(__file__).parent / "static"
_ACCENT = "#2b5c8a"
_KINDS = {".css": "text/css", ".js": "text/javascript"}
_ASKED = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")


class Pages:
    """The preview's own templates."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_STATIC),
            autoescape=select_autoescape(["html"]),
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )

    def page(self, galley: Galley, scheme: str, variant: int) -> str:
        """Return the page of a galley, its letter as readers with that scheme see it."""
        letter = galley.letters[variant] if galley.letters else None
        values: dict[str, Any] = {
            "galley": galley,
            "letter": letter,
            "variant": variant,
            "scheme": scheme,
            "schemes": SCHEMES,
            "kilobytes": f"{len(letter.html.encode()) / 1000:.0f}" if letter else "",
            "summary": _summary(galley),
            "words": {Level.ERROR: "Error", Level.WARNING: "Warning", Level.NOTICE: "Notice"},
        }
        return self._templates.get_template("preview.html").render(values)

    def file(self, name: str, accent: str) -> tuple[str, str]:
        """Return the style sheet, in the publication's accent, or the script; and its kind."""
        theme = make_theme(accent or _ACCENT)
        content = self._templates.get_template(name).render(theme=theme)
        return content, _KINDS[Path(name).suffix]


def in_scheme(html: str, scheme: str) -> str:
    """Return a letter in which what asks for a colour scheme is answered with this one, whatever the browser's."""
    return _ASKED.sub(lambda asked: "(min-width: 0)" if asked[1] == scheme else "(max-width: 0)", html)


def _summary(galley: Galley) -> str:
    """Return how much is to be mended or to know."""
    counts = [(sum(each.level is level for each in galley.findings), level.value) for level in Level]
    said = [f"{number} {word}{'s' if number > 1 else ''}" for number, word in counts if number]
    return ", ".join(said) or "Nothing to mend"
