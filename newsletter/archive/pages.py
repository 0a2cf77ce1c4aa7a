"""Pages: entries set into the publication's site templates; everything a reader wrote goes in as text."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from newsletter.archive.entry import Entry
from newsletter.archive.words import paragraphs, unsteered
from newsletter.compose import make_theme, phrases_for
from newsletter.errors import EditFile
from newsletter.finding import Finding, Level
from newsletter.settings import Settings


class Pages:
    """The templates of one publication, ready to be filled."""

    def __init__(self, settings: Settings, folders: Sequence[Path], home: str | None) -> None:
        """Templates are looked for in `folders`, in order; `home` is the archive's URL, None if it has none."""
        self.settings = settings
        self.home = home
        self.templates = Environment(
            loader=FileSystemLoader(folders),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=StrictUndefined,
        )
        self.templates.filters.update(
            day=lambda moment: _day(moment, settings.publication.language),
            paragraphs=paragraphs,
            unsteered=unsteered,
            anchor=_anchor,
            direction=_direction,
        )
        style = self._filled("site.css", theme=make_theme(settings.publication.accent)).encode()
        self.style_name = f"site.{hashlib.sha256(style).hexdigest()[:10]}.css"
        self.style = style

    def index(self, entries: Sequence[Entry]) -> bytes:
        """Return the front page: the newest issue large, the others below it."""
        return self._page("index.html", "", entries=entries, canonical=self.home, has_feed=bool(entries))

    def issue(self, entry: Entry, newer: Entry | None, older: Entry | None) -> bytes:
        """Return an issue's page with its comments."""
        canonical = entry.issue.canonical or (entry.url if self.home else None)
        values = {"entry": entry, "newer": newer, "older": older, "canonical": canonical}
        return self._page("issue.html", "../../", **values, has_feed=True)

    def missing(self, *, has_feed: bool) -> bytes:
        """Return the page for what is not there; it may be shown at any depth, so it carries its style."""
        return self._page(
            "404.html", self.home or "", canonical=None, has_feed=has_feed, style=self.style.decode()
        )

    def _page(self, template: str, root: str, **values: Any) -> bytes:
        return self._filled(
            template,
            publication=self.settings.publication,
            publish=self.settings.replies.publish,
            root=root,
            home=self.home,
            style_name=self.style_name,
            **{**values, "has_feed": values["has_feed"] and self.home is not None},
        ).encode()

    def _filled(self, template: str, **values: Any) -> str:
        try:
            return self.templates.get_template(template).render(values)
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            name = getattr(error, "name", None) or template
            raise EditFile(
                [
                    Finding(
                        rule="template",
                        level=Level.ERROR,
                        file=f"templates/site/{name}",
                        line=line,
                        message=f"the template cannot be filled: {error.message or type(error).__name__}",
                        remedy="Mend it, or delete it to have the packaged one",
                    )
                ]
            ) from error


def _day(moment: datetime, language: str) -> str:
    words = phrases_for(language)
    return words.date.format(
        day=moment.day, month=words.months[moment.month - 1], year=moment.year, number=moment.month
    )


def _anchor(comment_id: str) -> str:
    """Return a comment's id as it may stand in an address."""
    return "comment-" + re.sub(r"[^A-Za-z0-9_-]", "-", comment_id)


def _direction(language: str) -> str:
    return "rtl" if phrases_for(language).is_rtl else "ltr"
