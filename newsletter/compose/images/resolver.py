"""Resolves the pictures of an issue: finds the file, measures it, makes a copy, and gives the copy's URL."""

import difflib
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from newsletter.compose.blocks import Image
from newsletter.compose.images.copies import OriginalPicture, UnusablePicture, make_copy, read_header
from newsletter.compose.urls import picture_base
from newsletter.content import Issue
from newsletter.finding import Finding, Level
from newsletter.settings import Settings

MARGINS = 64
"""Both side margins of an email's text, in CSS pixels."""
ARTICLE_WIDTH = 680
"""The width of an archive page, whose style sheet narrows pictures in columns."""
_STACKED_WIDTH = 268
"""The width of pictures from a row where a narrow screen stacks them, in CSS pixels."""
_PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".tif", ".tiff", ".bmp"}
_HEAVY_BYTES = 1024 * 1024
_MAX_HEIGHT = 1728
"""Outlook cuts off taller pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture's name on its page, and its file."""

    name: str
    path: Path


class PictureResolver:
    """Resolves the pictures of one composition and collects the findings about them."""

    def __init__(self, settings: Settings, issue: Issue, *, is_article: bool = False) -> None:
        self._settings = settings
        self._issue = issue
        self._base = "" if is_article else picture_base(settings, issue.slug.text)
        self.is_article = is_article
        self.page = settings.theme.width
        """The width of the whole email in CSS pixels."""
        self.column = self.page - MARGINS
        """The width of its text."""
        self._copies: dict[str, Path] = {}
        self._findings: dict[Finding, None] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings about pictures, each once."""
        return tuple(self._findings)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every copy used so far, in order."""
        return tuple(Picture(name=name, path=path) for name, path in self._copies.items())

    def resolve(
        self,
        src: str,
        alt: str,
        line: int,
        *,
        width: int | None = None,
        height: int | None = None,
        max_width: int | None = None,
        is_stacked: bool = False,
    ) -> Image:
        """Return a picture at most `max_width` CSS pixels wide; one that cannot be shown is reduced to its alt text.

        `height` is needed only for pictures on other servers, which cannot be measured. A copy has twice the pixels
        of its size in an email, in emails and articles alike, so that an archive holds the pictures that emails link
        to. `is_stacked` means that a narrow screen shows it wider than its column.
        """
        src, max_width = src.strip(), max_width or self.column
        if not alt.strip() and src:
            self._find(
                "alt", line, f"the picture '{_short(src)}' has no alt text", "Describe it between the square brackets"
            )
        if src.startswith("//"):
            src = f"https:{src}"
        if src.lower().startswith(("http://", "https://")):
            self._check_remote(src, line)
            width_shown = min(width, max_width) if width else None
            height_shown = max(round(height * width_shown / width), 1) if width and height and width_shown else None
            return Image(src=src, alt=alt, width=width_shown, height=height_shown)
        path = self._find_file(src, line)
        if path is None:
            return self._missing(src, alt, line)
        try:
            return self._copy(path, alt, line, width, max_width, is_stacked=is_stacked)
        except UnusablePicture as error:
            self._find("picture", line, str(error), error.remedy)
            return Image(src="", alt=alt)

    def _copy(self, path: Path, alt: str, line: int, width: int | None, max_width: int, *, is_stacked: bool) -> Image:
        original = read_header(path)
        width_shown = min(width or original.width, max_width)
        copy = make_copy(
            original,
            2 * (max(width_shown, _STACKED_WIDTH) if is_stacked else width_shown),
            self._settings.var / "cache" / "pictures",
        )
        self._check_copy(original, copy, line)
        self._copies[copy.name] = copy
        src = copy.as_uri() if self._base is None else self._base + quote(copy.name)
        if self.is_article:
            width_shown = min(width or original.width, ARTICLE_WIDTH)
        height = max(round(width_shown * original.height / original.width), 1)
        if height > _MAX_HEIGHT:
            message = f"'{path.name}' is {height:,} pixels tall; Outlook cuts off everything below {_MAX_HEIGHT:,}"
            self._find("picture-size", line, message, "Split it into several pictures", level=Level.NOTICE)
        return Image(src=src, alt=alt, width=width_shown, height=height)

    def _check_remote(self, src: str, line: int) -> None:
        """Report pictures on other servers: they may change or vanish after the email is sent."""
        if src.partition("?")[0].lower().endswith((".svg", ".svgz")):
            message = f"the picture '{_short(src)}' is SVG, which mail clients do not show"
            self._find("picture", line, message, "Put a PNG or JPEG beside the issue")
            return
        host = src.partition("://")[2].partition("/")[0]
        message = f"the picture '{_short(src)}' is fetched from {host} by every reader, for as long as it is there"
        self._find("picture-elsewhere", line, message, "Put it beside the issue to keep it", level=Level.NOTICE)

    def _check_copy(self, original: OriginalPicture, copy: Path, line: int) -> None:
        name, size = original.path.name, copy.stat().st_size
        if original.is_converted:
            target = {".jpg": "JPEG", ".png": "PNG", ".gif": "GIF"}[original.suffix]
            message = (
                f"'{name}' is {original.format}, which many mail clients do not show, so it was converted to {target}"
            )
            self._find("picture", line, message, level=Level.NOTICE)
        if size > _HEAVY_BYTES:
            remedy = "Save it as JPEG" if copy.suffix == ".png" else "Use a smaller or simpler picture"
            self._find("picture-size", line, f"'{name}' is {size / 2**20:.1f} MB in the email", remedy)

    def _find_file(self, src: str, line: int) -> Path | None:
        """Return the file of a picture; a name may differ in case or in the Unicode normalisation of accents."""
        for name in dict.fromkeys((unquote(src.split("?")[0].split("#")[0]), unquote(src))):
            for spelling in dict.fromkeys((name, name.replace("\\", "/"))):
                path = self._find_named(spelling)
                if path is not None:
                    self._check_name(path, spelling, line)
                    return path
        return None

    def _find_named(self, name: str) -> Path | None:
        if not name or "\0" in name or len(name) > 1000 or ":" in name.split("/")[0]:
            return None
        root, private = self._settings.root.resolve(), self._settings.var.resolve()
        folders = (
            (root, root / "static", root / "assets", self._issue.folder)
            if name.startswith("/")
            else (self._issue.folder,)
        )
        for folder in folders:
            try:
                path = _on_disk(folder / name.lstrip("/")).resolve()
                if path.is_relative_to(root) and not path.is_relative_to(private) and path.is_file():
                    return path
            except OSError:
                continue
        return None

    def _check_name(self, path: Path, name: str, line: int) -> None:
        written = name.rpartition("/")[2]
        if _normalised(path.name) != _normalised(written) and path.name.casefold() == _normalised(written).casefold():
            message = f"there is no picture '{_short(written)}', so '{path.name}' was used"
            self._find("picture", line, message, "Write the name exactly as the file's")

    def _missing(self, src: str, alt: str, line: int) -> Image:
        site = self._settings.publication.url
        scheme = src.split(":")[0].lower() if ":" in src.split("/")[0] else ""
        if scheme:
            self._find(
                "picture",
                line,
                f"a '{scheme}:' picture cannot be sent by email",
                "Put it into a file beside the issue",
            )
            return Image(src="", alt=alt)
        if not src:
            self._find(
                "picture",
                line,
                "a picture has no address that works in email",
                "Put it into a file beside the issue",
            )
            return Image(src="", alt=alt)
        if src.startswith("/") and site:
            self._find(
                "picture", line, f"the picture '{_short(src)}' is not in the publication, so it is linked on {site}"
            )
            return Image(src=site.rstrip("/") + src, alt=alt)
        remedy = f"{self._suggestion(src)} Its alt text is shown instead".strip()
        self._find("picture", line, f"the picture '{_short(unquote(src))}' is missing", remedy)
        return Image(src="", alt=alt)

    def _suggestion(self, src: str) -> str:
        """Return a "Did you mean" for the picture with the nearest name beside the issue; "" if there is none."""
        pictures = sorted(path for path in self._issue.folder.iterdir() if path.suffix.lower() in _PICTURE_SUFFIXES)
        names = {path.stem.lower(): path.name for path in pictures[:1000]}
        stem = Path(unquote(src).rpartition("/")[2]).stem.lower()
        near = difflib.get_close_matches(stem, names, n=1)
        return f"Did you mean '{names[near[0]]}'?" if near else ""

    def _find(self, rule: str, line: int, message: str, remedy: str = "", level: Level = Level.WARNING) -> None:
        finding = Finding(rule=rule, level=level, file=self._issue.file, line=line, message=message, remedy=remedy)
        self._findings[finding] = None


def pixels(size: object, max_width: int = 0) -> int | None:
    """Return a width or height attribute in CSS pixels; a percentage is of `max_width`. None if it is neither."""
    text = str(size or "").strip()
    digits = text.removesuffix("px").removesuffix("%")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 9 and int(digits)):
        return None
    if text.endswith("%"):
        return max(max_width * min(int(digits), 100) // 100, 1) if max_width else None
    return min(int(digits), 10_000)


def _on_disk(path: Path) -> Path:
    """Return `path`, or if it does not exist, the only file whose name differs just in case or normalisation."""
    if path.exists() or not path.parent.is_dir():
        return path
    wanted = _normalised(path.name).casefold()
    near = [other for other in path.parent.iterdir() if _normalised(other.name).casefold() == wanted]
    return near[0] if len(near) == 1 else path


def _normalised(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _short(src: str) -> str:
    return src if len(src) <= 60 else f"{src[:57]}..."
