"""An issue's pictures: found, measured, copied, and given the URL their copies are fetched from."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from newsletter.compose.blocks import Shown
from newsletter.compose.copies import Original, Unfit, look_at, make_copy
from newsletter.compose.places import picture_base
from newsletter.finding import Finding, Level
from newsletter.settings import Settings
from newsletter.writing import Issue

MARGINS = 64
"""Pixels of the letter's width that its text leaves free."""
ARTICLE = 680
"""Width of a page of the archive, whose style sheet narrows what stands in a column."""
_STACKED = 268
"""What stands in a row on a desk is shown at least so wide where it is stacked."""
_HEAVY = 1024 * 1024


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
        room: int | None = None,
        is_stacked: bool = False,
    ) -> Shown:
        """Return a picture as it is shown in `room` pixels; one that cannot be shown is its alt text.

        Its copy has twice the pixels it is shown with in a letter, in letters and articles alike, so that an
        archive holds what letters link. `is_stacked` says that a phone gives it more room.
        """
        src, room = src.strip(), room or self.column
        if not alt.strip() and src:
            self._find("alt", line, f"the picture '{_short(src)}' has no alt text", "Say in [] what it shows")
        if src.startswith("//"):
            src = f"https:{src}"
        if src.lower().startswith(("http://", "https://")):
            return Shown(src=src, alt=alt, width=min(width, room) if width else None)
        path = self._find_file(src)
        if path is None:
            return self._missing(src, alt, line)
        try:
            return self._shown(path, alt, line, width, room, is_stacked=is_stacked)
        except Unfit as fault:
            self._find("picture", line, str(fault), fault.remedy)
            return Shown(src="", alt=alt)

    def _shown(self, path: Path, alt: str, line: int, width: int | None, room: int, *, is_stacked: bool) -> Shown:
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
        return Shown(src=src, alt=alt, width=shown, height=max(round(shown * original.height / original.width), 1))

    def _judge(self, original: Original, copy: Path, line: int) -> None:
        name, size = original.path.name, copy.stat().st_size
        if original.is_converted:
            made = {".jpg": "JPEG", ".png": "PNG", ".gif": "GIF"}[original.suffix]
            message = f"'{name}' is {original.format}, which many mail clients do not show; it was made a {made}"
            self._find("picture", line, message, level=Level.NOTICE)
        if size > _HEAVY:
            remedy = "Save it as JPEG" if copy.suffix == ".png" else "Use a simpler one"
            self._find("picture-size", line, f"'{name}' weighs {size / 2**20:.1f} MB in the letter", remedy)

    def _find_file(self, src: str) -> Path | None:
        name = unquote(src.split("?")[0].split("#")[0])
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
                path = (home / name.lstrip("/")).resolve()
                if path.is_relative_to(root) and not path.is_relative_to(private) and path.is_file():
                    return path
            except OSError:
                continue
        return None

    def _missing(self, src: str, alt: str, line: int) -> Shown:
        site = self._settings.publication.url
        scheme = src.split(":")[0].lower() if ":" in src.split("/")[0] else ""
        if scheme:
            self._find(
                "picture",
                line,
                f"a '{scheme}:' picture cannot travel by mail",
                "Put it into a file beside the issue",
            )
            return Shown(src="", alt=alt)
        if not src:
            self._find(
                "picture",
                line,
                "a picture has no address that mail can use",
                "Put it into a file beside the issue",
            )
            return Shown(src="", alt=alt)
        if src.startswith("/") and site:
            self._find("picture", line, f"the picture '{_short(src)}' is not here; it is taken from {site}")
            return Shown(src=site.rstrip("/") + src, alt=alt)
        self._find("picture", line, f"the picture '{_short(src)}' is missing", "Its alt text is shown instead")
        return Shown(src="", alt=alt)

    def _find(self, rule: str, line: int, message: str, remedy: str = "", level: Level = Level.WARNING) -> None:
        finding = Finding(rule=rule, level=level, file=self._issue.file, line=line, message=message, remedy=remedy)
        self._found[finding] = None


def pixels(width: object) -> int | None:
    """Read a width as an attribute gives it; None when it is no number of pixels."""
    digits = str(width or "").strip().removesuffix("px")
    return (
        min(int(digits), 10_000)
        if digits.isascii() and digits.isdigit() and len(digits) < 9 and int(digits)
        else None
    )


def _short(src: str) -> str:
    return src if len(src) <= 60 else f"{src[:57]}..."
