"""Pages of the archive: the publication's site templates, filled in; everything a reader wrote goes in as text."""

import hashlib
import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from newsletter.archive.comments import ThreadedComment, comment_html, without_direction_marks
from newsletter.compose import Image, comment_anchor, make_theme, reply_invitation, typeface_for
from newsletter.content import Issue
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.locales import direction_of, translations_for
from newsletter.settings import Settings

_HEADING = re.compile(r"<(/?)h([1-6])(?=[\s>])")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePage:
    """What the archive shows of one issue: its composed body and its threaded comments."""

    issue: Issue
    date: datetime
    url: str
    """Absolute only when the publication has a URL."""
    body: str
    """Sanitised HTML; its links to pictures are relative to the page."""
    hero: Image | None = None
    """The picture over the title."""
    comments: tuple[ThreadedComment, ...] = ()
    reply_url: str | None = None
    """A `mailto:` URL that begins a reply, if replies are wanted and can be received."""

    @property
    def comment_count(self) -> int:
        """How many comments can be read; withdrawn ones do not count."""
        return sum(not threaded.comment.is_withdrawn for threaded in self.comments)

    @property
    def path(self) -> str:
        """The page's path in the site."""
        return f"issues/{self.issue.slug}/index.html"


def with_headings_from_h2(body: str) -> str:
    """Return sanitised HTML whose highest heading is an `h2`: the page's title is its only `h1`."""
    ranks = [int(rank) for _slash, rank in _HEADING.findall(body)]
    if not ranks:
        return body
    shift = 2 - min(ranks)
    return _HEADING.sub(lambda match: f"<{match[1]}h{min(6, int(match[2]) + shift)}", body)


class SiteTemplates:
    """The site templates of one publication, ready to be filled."""

    def __init__(
        self,
        settings: Settings,
        folders: Sequence[Path],
        home: str | None,
        *,
        has_feed: bool,
        has_comment_feed: bool = False,
    ) -> None:
        """Templates are looked for in `folders`, in order; `home` is the archive's URL, None if it has none."""
        self.settings = settings
        self.home = home
        self.has_feed = has_feed
        self.has_comment_feed = has_comment_feed
        self._environment = Environment(
            loader=FileSystemLoader(folders),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
        )
        self.translations = translations_for(settings.publication.language, own=settings.locales)
        self._environment.filters.update(
            day=self.translations.day,
            comment_html=comment_html,
            without_direction_marks=without_direction_marks,
            anchor=comment_anchor,
            direction=lambda language: direction_of(language).dir,
        )
        theme = make_theme(settings.publication.accent, settings.theme)
        style = self._filled("site.css", theme=theme, type=typeface_for("", settings.theme)).encode()
        self.style_name = f"site.{hashlib.sha256(style).hexdigest()[:10]}.css"
        self.style = style

    def index(self, pages: Sequence[IssuePage]) -> bytes:
        """Return the front page: the newest issue large, the others below it."""
        return self._render("index.html", "", pages=pages, canonical=self.home)

    def issue(self, page: IssuePage, newer: IssuePage | None, older: IssuePage | None) -> bytes:
        """Return an issue's page with its comments."""
        canonical = page.issue.canonical or (page.url if self.home else None)
        values = {"page": page, "newer": newer, "older": older, "canonical": canonical}
        return self._render("issue.html", "../../", **values)

    def not_found(self) -> bytes:
        """Return the page for HTTP 404; it may be shown at any depth, so its style sheet is inline."""
        return self._render("404.html", self.home or "", canonical=None, style=self.style.decode())

    def _render(self, template: str, root: str, **values: Any) -> bytes:
        return self._filled(
            template,
            publication=self.settings.publication,
            language=self.translations.language,
            invitation=reply_invitation(self.settings.replies.publish, self.translations),
            root=root,
            home=self.home,
            style_name=self.style_name,
            has_feed=self.has_feed,
            has_comment_feed=self.has_comment_feed,
            **self.translations.for_templates(),
            **values,
        ).encode()

    def _filled(self, template: str, **values: Any) -> str:
        try:
            return self._environment.get_template(template).render(values)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise ContentError([_template_error(template, error)]) from error


def _template_error(template: str, error: Exception) -> Finding:
    """Return the file and line of a template error: Jinja2 gives syntax errors a line, and others a frame."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(template)]
    line = getattr(error, "lineno", None) or (frames[-1].lineno if frames else None)
    return Finding(
        rule="template",
        level=Level.ERROR,
        file=f"templates/site/{getattr(error, 'name', None) or template}",
        line=line,
        message=f"the template cannot be filled: {error}",
        remedy="Correct it, or delete it to use the packaged one",
    )
