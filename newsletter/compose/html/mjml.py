"""Blocks and templates become HTML: Jinja2 renders MJML, mjml-python compiles it, premailer inlines.

The publication's own templates come before the packaged ones, file by file.
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
from newsletter.compose.html.cache import Cache, CachedTemplates
from newsletter.compose.html.css_inliner import StyleSheetFault, inlined
from newsletter.compose.merge_tags import Tags
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.settings import Settings, packaged_path

MAX_BYTES = 8 * 1024 * 1024
_MAX_DEPTH = 400
"""Elements inside one another; the compiler dies of some thousands."""
_INLINE = re.compile(r"<mj-style\s+inline=[\"']inline[\"']\s*>(.*?)</mj-style>", re.DOTALL)
_ENDING = re.compile(
    r"(?P<start><(?P<tag>mj-(?:text|table|button|raw))\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*(?<!/)>)"
    r"(?P<content>.*?)(?P<end></(?P=tag)>)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Html:
    """A finished letter, and the same without what only mail has."""

    letter: str
    web: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What stands between two edges of the page: blocks below one another, or columns."""

    blocks: tuple[Block, ...] = ()
    columns: tuple[tuple[Block, ...], ...] = ()


def rows(blocks: Sequence[Block]) -> tuple[Row, ...]:
    """Group blocks so that only columns begin a new row."""
    return tuple(_rows(blocks))


def _rows(blocks: Sequence[Block]) -> Iterator[Row]:
    waiting: list[Block] = []
    for block in blocks:
        if isinstance(block, Columns):
            if waiting:
                yield Row(blocks=tuple(waiting))
            waiting = []
            yield Row(columns=block.columns)
        else:
            waiting.append(block)
    if waiting:
        yield Row(blocks=tuple(waiting))


class Templates:
    """The publication's templates over the packaged ones."""

    def __init__(self, settings: Settings) -> None:
        self._root = settings.root
        self._folders = [settings.templates, packaged_path("templates")]
        self.cache = Cache(settings.var / "cache" / "compose")
        """What reading templates and their styles brought, for the next time."""
        self._environment = _environment(tuple(self._folders), self.cache)

    def has(self, name: str) -> bool:
        """Whether there is a letter template of this name."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
            return False
        return any((folder / f"{name}.mjml").is_file() for folder in self._folders)

    def render(self, name: str, values: dict[str, Any]) -> str:
        """Return the filled template; ContentError names the template and the line of a fault."""
        try:
            return self._environment.get_template(name).render(values)
        except jinja2.TemplateSyntaxError as error:
            raise self._fault(error.filename or error.name or name, error.lineno, error.message or "") from error
        except jinja2.TemplateNotFound as error:
            raise self._fault(name, None, f"there is no template '{error.name}'") from error
        except (
            jinja2.TemplateError,
            TypeError,
            ValueError,
            AttributeError,
            ArithmeticError,
            LookupError,
        ) as error:
            file, line = _template_frame(error)
            raise self._fault(file or name, line, str(error)) from error

    def compile(self, name: str, mjml: str) -> str:
        """Return HTML; ContentError when the templates make MJML that cannot be compiled."""
        mjml = re.sub(r">\s+(?=</?mj)", ">", mjml)  # the compiler trips over some of these blanks
        _refuse_what_kills(mjml, name)
        try:
            return str(mjml2html(mjml, disable_comments=False, fonts={}))
        except ValueError as error:
            where = re.search(r"at position (\d+)", str(error))
            raw = mjml.encode()[int(where[1]) : int(where[1]) + 60] if where else b""
            piece = _left_open(mjml) or raw.decode(errors="ignore").split("\n")[0].strip()
            file, line = self._place_of(name, piece)
            raise self._fault(file, line, f"{error}{f', at {piece!r}' if piece else ''}") from error

    def _place_of(self, name: str, piece: str) -> tuple[str, int | None]:
        """Return the file and line where the tag that begins `piece` stands, the publication's own files first."""
        tag = re.match(r"</?[\w-]+", piece)
        for folder in self._folders if tag else ():
            for path in (folder / name, *sorted(folder.glob("partials/*.mjml"))):
                if path.is_file():
                    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
                        if tag and tag[0] in line:
                            return str(path), number
        return name, None

    def _fault(self, file: str, line: int | None, message: str) -> ContentError:
        path = Path(file)
        if not path.is_absolute():
            path = next((folder / file for folder in self._folders if (folder / file).is_file()), path)
        shown = path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else path.name
        return ContentError([_fault_finding(shown, line, " ".join(message.split()))])


@functools.lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...], cache: Cache) -> jinja2.Environment:
    """Return the environment of these folders; it compiles each template once, and again when its file changes."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        bytecode_cache=CachedTemplates(cache),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )


def make_html(templates: Templates, name: str, values: dict[str, Any], tags: Tags) -> Html:
    """Return the finished HTML of a letter: filled, compiled and inlined, with no merge tag lost on the way."""
    html = finished(templates, name, templates.render(f"{name}.mjml", values), tags)
    begin, end = mail_only(tags)
    web = re.sub(rf"{begin}.*?{end}", "", html, flags=re.DOTALL)
    return Html(letter=re.sub(f"{begin}|{end}", "", html), web=web)


def finished(templates: Templates, name: str, mjml: str, tags: Tags) -> str:
    """Return MJML compiled, its `inline` styles written into the elements; ContentError names what is at fault."""
    mjml, css = _without_styles(mjml)
    skeleton, contents = _without_contents(mjml, tags.mark)
    compiled = templates.compile(f"{name}.mjml", skeleton)
    compiled = re.sub(rf"{tags.mark}c(\d+)z", lambda match: contents[int(match[1])], compiled)
    compiled = _with_landmark(compiled)
    try:
        html = inlined(compiled, css, templates.cache)
    except StyleSheetFault as error:
        raise ContentError([_fault_finding(f"{name}.mjml", None, f"a style cannot be inlined: {error}")]) from error
    if not tags.count(mjml) <= tags.count(compiled) == tags.count(html):
        raise ContentError([_fault_finding(f"{name}.mjml", None, "a merge tag stands where it cannot be filled in")])
    return html


def mail_only(tags: Tags) -> tuple[str, str]:
    """Return the words around what the web version does without; plain words, since some land in comments."""
    return f"{tags.mark}b", f"{tags.mark}e"


def _with_landmark(html: str) -> str:
    """Make the letter the page's main part, by the element for it; the compiler says "article" in attributes."""
    named = re.sub(r"<div\b(?=[^>]*\brole=\"article\")[^>]*>", _plain_main, html, count=1)
    return named.replace("</div></body>", "</main></div></body>", 1) if named != html else html


def _plain_main(tag: re.Match[str]) -> str:
    plain = re.sub(r" (?:aria-label|aria-roledescription|role)=\"[^\"]*\"", "", tag[0])
    return f"{plain}<main>"


def _without_styles(mjml: str) -> tuple[str, str]:
    """Take out the style sheets that are to be inlined, which the compiler would leave where they are."""
    return _INLINE.sub("", mjml), "\n".join(_INLINE.findall(mjml))


def _without_contents(mjml: str, mark: str) -> tuple[str, list[str]]:
    """Take the HTML out of MJML's ending tags and put words in its place.

    The compiler would lose blanks between elements, refuse what browsers forgive and die of deep nesting.
    """
    contents: list[str] = []

    def take(match: re.Match[str]) -> str:
        contents.append(match["content"])
        return f"{match['start']}{mark}c{len(contents) - 1}z{match['end']}"

    return _ENDING.sub(take, mjml), contents


def _fault_finding(file: str, line: int | None, message: str) -> Finding:
    return Finding(
        rule="template", level=Level.ERROR, file=file, line=line, message=message, remedy="Mend the template"
    )


def _left_open(mjml: str) -> str:
    """Return the tag that is not closed by its own name, or "" when all are."""
    waiting: list[str] = []
    for tag in re.finditer(r"<(/?)(mj[\w-]*)\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?(/?)>", mjml):
        if tag[1]:
            if not waiting or waiting[-1] != tag[2]:
                return f"<{waiting[-1]}" if waiting else f"</{tag[2]}"
            waiting.pop()
        elif not tag[3]:
            waiting.append(tag[2])
    return f"<{waiting[-1]}" if waiting else ""


def _template_frame(error: BaseException) -> tuple[str | None, int | None]:
    """Return the innermost template line of a traceback, as Jinja maps it."""
    file: str | None = None
    line: int | None = None
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith((".mjml", ".css", ".html")):
            file, line = name, trace.tb_lineno
        trace = trace.tb_next
    return file, line


def _refuse_what_kills(mjml: str, name: str) -> None:
    """Refuse input on which the compiler would end the process."""
    depth = deepest = 0
    for tag in re.finditer(r"<(/?)([A-Za-z][\w:-]*)[^<>]*?(/?)>", mjml):
        if tag[3] or tag[2] in {"br", "hr", "img", "wbr", "col", "meta", "link"}:
            continue
        depth += -1 if tag[1] else 1
        deepest = max(deepest, depth)
    if deepest > _MAX_DEPTH or len(mjml) > MAX_BYTES:
        message = "the letter is nested too deep" if deepest > _MAX_DEPTH else "the letter is larger than 8 MB"
        raise ContentError([Finding(rule="size", level=Level.ERROR, file=name, message=message, remedy="Shorten it")])
