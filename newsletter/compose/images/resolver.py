"""An issue's pictures: found, measured, copied, and given the URL their copies are fetched from."""

import difflib
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from newsletter.compose.blocks import Image
from newsletter.compose.images.copies import Original, UnusablePicture, look_at, make_copy
from newsletter.compose.urls import picture_base
from newsletter.content import Issue
from newsletter.finding import Finding, Level
from newsletter.settings import Settings

MARGINS = 64
"""Pixels of the letter's width that its text leaves free."""
ARTICLE = 680
"""Width of a page of the archive, whose style sheet narrows what stands in a column."""
_STACKED = 268
"""What stands in a row on a desk is shown at least so wide where it is stacked."""
_PICTURES = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".tif", ".tiff", ".bmp"}
_HEAVY = 1024 * 1024
_TALL = 1728


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as its page names it, and the file it is."""

    name: str
    path: Path


class Album:
    """The pictures of one composition, and what is wrong with them."""

    def __init__(self, settings: Settings, issue: Issue, *, is_article: bool = False) -> None:
        self._settings = settings
        self._issue = issue
        self._base = "" if is_article else picture_base(settings, issue.slug.text)
        self.is_article = is_article
        self.page = settings.theme.width
        """Width of the whole letter in CSS pixels."""
        self.column = self.page - MARGINS
        """Width of its text."""
        self._copies: dict[str, Path] = {}
        self._found: dict[Finding, None] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with pictures, each once."""
        return tuple(self._found)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every copy shown so far, in order."""
        return tuple(Picture(name=name, path=path) for name, path in self._copies.items())

    def show(
        self,
        src: str,
        alt: str,
        line: int,
        *,
        width: int | None = None,
        height: int | None = None,
        room: int | None = None,
        is_stacked: bool = False,
    ) -> Image:
        """Return a picture as it is shown in `room` pixels; one that cannot be shown is its alt text.

        `height` is only needed of what is not here to be measured. Its copy has twice the pixels it is shown with
        in a letter, in letters and articles alike, so that an archive holds what letters link. `is_stacked` says
        that a phone gives it more room.
        """
        src, room = src.strip(), room or self.column
        if not alt.strip() and src:
            self._find("alt", line, f"the picture '{_short(src)}' has no alt text", "Say in [] what it shows")
        if src.startswith("//"):
            src = f"https:{src}"
        if src.lower().startswith(("http://", "https://")):
            self._judge_elsewhere(src, line)
            shown = min(width, room) if width else None
            scaled = max(round(height * shown / width), 1) if width and height and shown else None
            return Image(src=src, alt=alt, width=shown, height=scaled)
        path = self._find_file(src, line)
        if path is None:
            return self._missing(src, alt, line)
        try:
            return self._shown(path, alt, line, width, room, is_stacked=is_stacked)
        except UnusablePicture as fault:
            self._find("picture", line, str(fault), fault.remedy)
            return Image(src="", alt=alt)

    def _shown(self, path: Path, alt: str, line: int, width: int | None, room: int, *, is_stacked: bool) -> Image:
        original = look_at(path)
        shown = min(width or original.width, room)
        copy = make_copy(
            original,
            2 * (max(shown, _STACKED) if is_stacked else shown),
            self._settings.var / "cache" / "pictures",
        )
        self._judge(original, copy, line)
        self._copies[copy.name] = copy
        src = copy.as_uri() if self._base is None else self._base + quote(copy.name)
        if self.is_article:
            shown = min(width or original.width, ARTICLE)
        height = max(round(shown * original.height / original.width), 1)
        if height > _TALL:
            message = f"'{path.name}' is {height:,} pixels tall; Outlook cuts off what lies below {_TALL:,}"
            self._find("picture-size", line, message, "Cut it into several", level=Level.NOTICE)
        return Image(src=src, alt=alt, width=shown, height=height)

    def _judge_elsewhere(self, src: str, line: int) -> None:
        """Say what a picture on somebody's server means for a letter that cannot be called back."""
        if src.partition("?")[0].lower().endswith((".svg", ".svgz")):
            message = f"the picture '{_short(src)}' is SVG, which mail clients do not show"
            self._find("picture", line, message, "Put a PNG or JPEG beside the issue")
            return
        host = src.partition("://")[2].partition("/")[0]
        message = f"the picture '{_short(src)}' is fetched from {host} by every reader, for as long as it is there"
        self._find("picture-elsewhere", line, message, "Put it beside the issue to keep it", level=Level.NOTICE)

    def _judge(self, original: Original, copy: Path, line: int) -> None:
        name, size = original.path.name, copy.stat().st_size
        if original.is_converted:
            made = {".jpg": "JPEG", ".png": "PNG", ".gif": "GIF"}[original.suffix]
            message = f"'{name}' is {original.format}, which many mail clients do not show; it was made a {made}"
            self._find("picture", line, message, level=Level.NOTICE)
        if size > _HEAVY:
            remedy = "Save it as JPEG" if copy.suffix == ".png" else "Use a simpler one"
            self._find("picture-size", line, f"'{name}' weighs {size / 2**20:.1f} MB in the letter", remedy)

    def _find_file(self, src: str, line: int) -> Path | None:
        """Return the file that is meant; a name that differs only in case or accents' encoding is that file's."""
        for name in dict.fromkeys((unquote(src.split("?")[0].split("#")[0]), unquote(src))):
            for spelt in dict.fromkeys((name, name.replace("\\", "/"))):
                path = self._find_named(spelt)
                if path is not None:
                    self._judge_name(path, spelt, line)
                    return path
        return None

    def _find_named(self, name: str) -> Path | None:
        if not name or "\0" in name or len(name) > 1000 or ":" in name.split("/")[0]:
            return None
        root, private = self._settings.root.resolve(), self._settings.var.resolve()
        homes = (
            (root, root / "static", root / "assets", self._issue.folder)
            if name.startswith("/")
            else (self._issue.folder,)
        )
        for home in homes:
            try:
                path = _as_spelt(home / name.lstrip("/")).resolve()
                if path.is_relative_to(root) and not path.is_relative_to(private) and path.is_file():
                    return path
            except OSError:
                continue
        return None

    def _judge_name(self, path: Path, name: str, line: int) -> None:
        meant = name.rpartition("/")[2]
        if _composed(path.name) != _composed(meant) and path.name.casefold() == _composed(meant).casefold():
            message = f"there is no picture '{_short(meant)}'; '{path.name}' was taken"
            self._find("picture", line, message, "Write its name as the file has it")

    def _missing(self, src: str, alt: str, line: int) -> Image:
        site = self._settings.publication.url
        scheme = src.split(":")[0].lower() if ":" in src.split("/")[0] else ""
        if scheme:
            self._find(
                "picture",
                line,
                f"a '{scheme}:' picture cannot travel by mail",
                "Put it into a file beside the issue",
            )
            return Image(src="", alt=alt)
        if not src:
            self._find(
                "picture",
                line,
                "a picture has no address that mail can use",
                "Put it into a file beside the issue",
            )
            return Image(src="", alt=alt)
        if src.startswith("/") and site:
            self._find("picture", line, f"the picture '{_short(src)}' is not here; it is taken from {site}")
            return Image(src=site.rstrip("/") + src, alt=alt)
        remedy = f"{self._suggestion(src)} Its alt text is shown instead".strip()
        self._find("picture", line, f"the picture '{_short(unquote(src))}' is missing", remedy)
        return Image(src="", alt=alt)

    def _suggestion(self, src: str) -> str:
        """Return the picture beside the issue that was perhaps meant, as a question."""
        beside = sorted(path for path in self._issue.folder.iterdir() if path.suffix.lower() in _PICTURES)
        names = {path.stem.lower(): path.name for path in beside[:1000]}
        stem = Path(unquote(src).rpartition("/")[2]).stem.lower()
        near = difflib.get_close_matches(stem, names, n=1)
        return f"Did you mean '{names[near[0]]}'?" if near else ""

    def _find(self, rule: str, line: int, message: str, remedy: str = "", level: Level = Level.WARNING) -> None:
        finding = Finding(rule=rule, level=level, file=self._issue.file, line=line, message=message, remedy=remedy)
        self._found[finding] = None


def pixels(size: object, room: int = 0) -> int | None:
    """Read a width or height as an attribute gives it, a share being one of `room`; None when it is neither."""
    said = str(size or "").strip()
    digits = said.removesuffix("px").removesuffix("%")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 9 and int(digits)):
        return None
    if said.endswith("%"):
        return max(room * min(int(digits), 100) // 100, 1) if room else None
    return min(int(digits), 10_000)


def _as_spelt(path: Path) -> Path:
    """Return the one file that differs only in case or in how accents are encoded, where `path` is none."""
    if path.exists() or not path.parent.is_dir():
        return path
    meant = _composed(path.name).casefold()
    near = [other for other in path.parent.iterdir() if _composed(other.name).casefold() == meant]
    return near[0] if len(near) == 1 else path


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _short(src: str) -> str:
    return src if len(src) <= 60 else f"{src[:57]}..."
