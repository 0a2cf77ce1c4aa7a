"""Page templates: Jinja2 templates of the web pages in the publication's theme, with style sheet and scripts.

A publication can replace any of them in its own `templates/web`.
"""

import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from starlette.responses import Response

from newsletter.compose import make_theme, typeface_for
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.locales import N_, Translations, direction_of, languages_with_names, translations_for
from newsletter.settings import Settings, packaged_path
from newsletter.web.info_pages import InfoPage

_STATIC = Path(__file__).parent / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css"}


class PageTemplates:
    """The templates of the web pages, compiled."""

    def __init__(self, settings: Settings, home: str) -> None:
        """`home` is the path of `[web] url`; ContentError when a template cannot be read."""
        self.settings = settings
        self.home = home
        self._templates = Environment(
            loader=FileSystemLoader([settings.templates / "web", packaged_path("templates") / "web"]),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
        )
        languages_with_names(settings.locales)  # reads all catalogues: an error in one is reported at the start
        theme = make_theme(settings.publication.accent, settings.theme)
        face = typeface_for(settings.publication.language, settings.theme)
        self.files = {name: (_STATIC / name).read_bytes() for name in ("signup.js", "embed.js")}
        try:
            for name in self._templates.list_templates(["html"]):
                self._templates.get_template(name)
            self.files["web.css"] = self._templates.get_template("web.css").render(theme=theme, type=face).encode()
        except TemplateError as error:
            raise ContentError([_finding(error)]) from error
        self._versions = {name: hashlib.sha256(content).hexdigest()[:10] for name, content in self.files.items()}

    def render(
        self,
        name: str,
        *,
        language: str = "",
        status: int = 200,
        headers: dict[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """Return a page in a reader's language, else in the publication's."""
        publication = self.settings.publication
        translations = self.translations(language)
        html = self._templates.get_template(f"{name}.html").render(
            publication=publication,
            language=translations.language,
            dir=direction_of(translations.language).dir,
            home=self.home,
            archive=self.settings.archive.url,
            file=lambda file: f"{self.home}/files/{self._versions[file]}/{file}",
            **translations.for_templates(),
            **values,
        )
        return Response(html, status, headers, media_type="text/html")

    def version_of(self, template: str, words: str) -> str:
        """Return the version of a page: a digest of its template and its text, 12 hexadecimal digits."""
        assert self._templates.loader is not None
        source, _, _ = self._templates.loader.get_source(self._templates, template)
        return hashlib.sha256(f"{source}\0{words}".encode()).hexdigest()[:12]

    def translations(self, language: str = "") -> Translations:
        """Return the translations of a reader's language, else of the publication's."""
        return translations_for(language, self.settings.publication.language, own=self.settings.locales)

    def message(
        self,
        info: InfoPage,
        *,
        language: str = "",
        status: int = 200,
        next: str = "",
        next_label: str = N_("Subscribe"),
        is_last: bool = False,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Return a page with a title and one sentence; `next` is where its button leads, if it has one."""
        _ = self.translations(language).gettext
        return self.render(
            "message",
            language=language,
            status=status,
            headers=headers,
            title=_(info.title),
            text=_(info.text),
            next=next,
            next_label=_(next_label),
            is_last=is_last,
        )

    def static_file(self, version: str, name: str) -> Response | None:
        """Return a style sheet or a script, or None; one requested by its current version is cached for a year."""
        content = self.files.get(name)
        if content is None:
            return None
        is_versioned = version == self._versions[name]
        headers = {"Cache-Control": "public, max-age=31536000, immutable" if is_versioned else "public, max-age=300"}
        return Response(content, headers=headers, media_type=_TYPES[Path(name).suffix])


def mask_address(address: str) -> str:
    """Return an address that its holder recognises and nobody else can read: `a•••@e•••.org`."""
    local, _, domain = address.rpartition("@")
    name, _, ending = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••.{ending}"


def _finding(error: TemplateError) -> Finding:
    return Finding(
        rule="template",
        level=Level.ERROR,
        file=f"templates/web/{getattr(error, 'name', None) or ''}",
        line=getattr(error, "lineno", None),
        message=f"the template cannot be rendered: {error}",
        remedy="Correct it, or delete it to use the packaged one",
    )
