"""HTML of an email: Jinja2 renders the MJML templates, mjml-python compiles MJML to HTML, and styles are inlined.

The publication's own templates override the packaged ones, file by file.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from mjml import mjml2html

from newsletter.compose.blocks import Block, Columns
from newsletter.compose.html.cache import FileCache, TemplateBytecodeCache
from newsletter.compose.html.css_inliner import StyleSheetError, inline_css
from newsletter.compose.merge_tags import Placeholders
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.settings import Settings, packaged_path

MAX_BYTES = 8 * 1024 * 1024
_MAX_DEPTH = 400
"""The limit of nested elements; the compiler crashes at some thousands."""
_INLINE_STYLE = re.compile(r"<mj-style\s+inline=[\"']inline[\"']\s*>(.*?)</mj-style>", re.DOTALL)
_ENDING_TAG = re.compile(
    r"(?P<start><(?P<tag>mj-(?:text|table|button|raw))\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*(?<!/)>)"
    r"(?P<content>.*?)(?P<end></(?P=tag)>)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHtml:
    """The HTML of an email, and of its web version, which leaves out what is for emails only."""

    email: str
    web: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutRow:
    """A section of the layout: blocks below one another, or columns side by side."""

    blocks: tuple[Block, ...] = ()
    columns: tuple[tuple[Block, ...], ...] = ()


def layout_rows(blocks: Sequence[Block]) -> tuple[LayoutRow, ...]:
    """Group blocks into rows, so that columns have a row of their own."""
    return tuple(_rows(blocks))


def _rows(blocks: Sequence[Block]) -> Iterator[LayoutRow]:
    pending: list[Block] = []
    for block in blocks:
        if isinstance(block, Columns):
            if pending:
                yield LayoutRow(blocks=tuple(pending))
            pending = []
            yield LayoutRow(columns=block.columns)
        else:
            pending.append(block)
    if pending:
        yield LayoutRow(blocks=tuple(pending))


class Templates:
    """The publication's templates, and the packaged ones where it has none."""

    def __init__(self, settings: Settings) -> None:
        self._root = settings.root
        self._folders = [settings.templates, packaged_path("templates")]
        self.cache = FileCache(settings.var / "cache" / "compose")
        """Compiled templates and parsed style sheets."""
        self._environment = _environment(tuple(self._folders), self.cache)

    def has(self, name: str) -> bool:
        """Whether there is an email template of this name."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
            return False
        return any((folder / f"{name}.mjml").is_file() for folder in self._folders)

    def render(self, name: str, values: dict[str, Any]) -> str:
        """Return a rendered template; ContentError names the file and line of an error in it."""
        try:
            return self._environment.get_template(name).render(values)
        except jinja2.TemplateSyntaxError as error:
            raise self._error(error.filename or error.name or name, error.lineno, error.message or "") from error
        except jinja2.TemplateNotFound as error:
            raise self._error(name, None, f"there is no template '{error.name}'") from error
        except (
            jinja2.TemplateError,
            TypeError,
            ValueError,
            AttributeError,
            ArithmeticError,
            LookupError,
        ) as error:
            file, line = _template_frame(error)
            raise self._error(file or name, line, str(error)) from error

    def compile(self, name: str, mjml: str) -> str:
        """Return MJML compiled to HTML; ContentError if it cannot be compiled."""
        mjml = re.sub(r">\s+(?=</?mj)", ">", mjml)  # the compiler fails on some of this whitespace
        _refuse_dangerous_input(mjml, name)
        try:
            return str(mjml2html(mjml, disable_comments=False, fonts={}))
        except ValueError as error:
            position = re.search(r"at position (\d+)", str(error))
            raw = mjml.encode()[int(position[1]) : int(position[1]) + 60] if position else b""
            piece = _unclosed_tag(mjml) or raw.decode(errors="ignore").split("\n")[0].strip()
            file, line = self._locate(name, piece)
            raise self._error(file, line, f"{error}{f', at {piece!r}' if piece else ''}") from error

    def _locate(self, name: str, piece: str) -> tuple[str, int | None]:
        """Return the file and line of the tag at the start of `piece`, looking in the publication's own files first."""
        tag = re.match(r"</?[\w-]+", piece)
        for folder in self._folders if tag else ():
            for path in (folder / name, *sorted(folder.glob("partials/*.mjml"))):
                if path.is_file():
                    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
                        if tag and tag[0] in line:
                            return str(path), number
        return name, None

    def _error(self, file: str, line: int | None, message: str) -> ContentError:
        path = Path(file)
        if not path.is_absolute():
            path = next((folder / file for folder in self._folders if (folder / file).is_file()), path)
        shown = path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else path.name
        return ContentError([_template_error(shown, line, " ".join(message.split()))])


@functools.lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...], cache: FileCache) -> jinja2.Environment:
    """Return a Jinja environment for these folders; a template is compiled again only when its file changes."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        bytecode_cache=TemplateBytecodeCache(cache),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )


def render_html(templates: Templates, name: str, values: dict[str, Any], placeholders: Placeholders) -> MessageHtml:
    """Return the HTML of an email: rendered, compiled and inlined, with every placeholder still in it."""
    html = compile_and_inline(templates, name, templates.render(f"{name}.mjml", values), placeholders)
    begin, end = email_only_markers(placeholders)
    web = re.sub(rf"{begin}.*?{end}", "", html, flags=re.DOTALL)
    return MessageHtml(email=re.sub(f"{begin}|{end}", "", html), web=web)


def compile_and_inline(templates: Templates, name: str, mjml: str, placeholders: Placeholders) -> str:
    """Return MJML compiled to HTML with its styles inlined; ContentError if that fails or loses a placeholder."""
    mjml, css = _extract_styles(mjml)
    skeleton, contents = _extract_contents(mjml, placeholders.prefix)
    compiled = templates.compile(f"{name}.mjml", skeleton)
    compiled = re.sub(rf"{placeholders.prefix}c(\d+)z", lambda match: contents[int(match[1])], compiled)
    compiled = _with_main_element(compiled)
    try:
        html = inline_css(compiled, css, templates.cache)
    except StyleSheetError as error:
        raise ContentError(
            [_template_error(f"{name}.mjml", None, f"a style sheet cannot be inlined: {error}")]
        ) from error
    if not placeholders.count(mjml) <= placeholders.count(compiled) == placeholders.count(html):
        raise ContentError(
            [_template_error(f"{name}.mjml", None, "a merge tag is in a place where it cannot be filled in")]
        )
    return html


def email_only_markers(placeholders: Placeholders) -> tuple[str, str]:
    """Return the markers around content for emails only: plain text, since some end up inside comments."""
    return f"{placeholders.prefix}b", f"{placeholders.prefix}e"


def _with_main_element(html: str) -> str:
    """Wrap the content in a `<main>` element, instead of the compiler's role="article" with its attributes."""
    wrapped = re.sub(r"<div\b(?=[^>]*\brole=\"article\")[^>]*>", _open_main, html, count=1)
    return wrapped.replace("</div></body>", "</main></div></body>", 1) if wrapped != html else html


def _open_main(tag: re.Match[str]) -> str:
    bare = re.sub(r" (?:aria-label|aria-roledescription|role)=\"[^\"]*\"", "", tag[0])
    return f"{bare}<main>"


def _extract_styles(mjml: str) -> tuple[str, str]:
    """Return MJML without its `inline` style sheets, and those sheets; the compiler would not inline them."""
    return _INLINE_STYLE.sub("", mjml), "\n".join(_INLINE_STYLE.findall(mjml))


def _extract_contents(mjml: str, prefix: str) -> tuple[str, list[str]]:
    """Return MJML with the HTML inside its ending tags replaced by markers, and that HTML.

    The compiler would lose whitespace between elements, refuse what browsers accept and crash on deep nesting.
    """
    contents: list[str] = []

    def extract(match: re.Match[str]) -> str:
        contents.append(match["content"])
        return f"{match['start']}{prefix}c{len(contents) - 1}z{match['end']}"

    return _ENDING_TAG.sub(extract, mjml), contents


def _template_error(file: str, line: int | None, message: str) -> Finding:
    return Finding(
        rule="template", level=Level.ERROR, file=file, line=line, message=message, remedy="Correct the template"
    )


def _unclosed_tag(mjml: str) -> str:
    """Return the first tag that is not closed by its own name; "" if all are."""
    open_tags: list[str] = []
    for tag in re.finditer(r"<(/?)(mj[\w-]*)\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?(/?)>", mjml):
        if tag[1]:
            if not open_tags or open_tags[-1] != tag[2]:
                return f"<{open_tags[-1]}" if open_tags else f"</{tag[2]}"
            open_tags.pop()
        elif not tag[3]:
            open_tags.append(tag[2])
    return f"<{open_tags[-1]}" if open_tags else ""


def _template_frame(error: BaseException) -> tuple[str | None, int | None]:
    """Return the file and line of the innermost template in a traceback."""
    file: str | None = None
    line: int | None = None
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith((".mjml", ".css", ".html")):
            file, line = name, trace.tb_lineno
        trace = trace.tb_next
    return file, line


def _refuse_dangerous_input(mjml: str, name: str) -> None:
    """Raise ContentError for input on which the compiler would crash the process."""
    depth = deepest = 0
    for tag in re.finditer(r"<(/?)([A-Za-z][\w:-]*)[^<>]*?(/?)>", mjml):
        if tag[3] or tag[2] in {"br", "hr", "img", "wbr", "col", "meta", "link"}:
            continue
        depth += -1 if tag[1] else 1
        deepest = max(deepest, depth)
    if deepest > _MAX_DEPTH or len(mjml) > MAX_BYTES:
        message = "the email is nested too deeply" if deepest > _MAX_DEPTH else "the email is larger than 8 MB"
        raise ContentError([Finding(rule="size", level=Level.ERROR, file=name, message=message, remedy="Shorten it")])
