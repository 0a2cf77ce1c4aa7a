"""An issue's pictures: found, measured, and given the URL they are fetched from.

Only the head of a file is read here. Pictures are shown as they are.
"""

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from newsletter.compose.blocks import Shown
from newsletter.compose.places import picture_base
from newsletter.finding import Finding, Level
from newsletter.settings import Settings
from newsletter.writing import Issue

COLUMN = 536
"""Width of the text in CSS pixels."""
PAGE = 600
"""Width of the whole letter."""
ARTICLE = 680
"""Width of a page of the archive, whose style sheet narrows what stands in a column."""
_HEAVY = 2 * 1024 * 1024


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
        self._base = "" if is_article else picture_base(settings, issue)
        self.is_article = is_article
        self._named: dict[Path, str] = {}
        self.findings: list[Finding] = []

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every file shown so far, in order."""
        return tuple(Picture(name=name, path=path) for path, name in self._named.items())

    def show(self, src: str, alt: str, line: int, *, width: int | None = None, room: int = COLUMN) -> Shown:
        """Return a picture as it is shown in `room` pixels; one that is missing shows its alt text."""
        src, room = src.strip(), ARTICLE if self.is_article else room
        if not alt.strip() and src:
            self._find("alt", line, f"the picture '{_short(src)}' has no alt text", "Say in [] what it shows")
        if src.startswith("//"):
            src = f"https:{src}"
        if src.lower().startswith(("http://", "https://")):
            return Shown(src=src, alt=alt, width=min(width, room) if width else None)
        path = self._find_file(src)
        if path is None:
            return self._missing(src, alt, line)
        natural = self._measure(path, line)
        if natural is None:
            return Shown(src=self._address(path), alt=alt, width=min(width, room) if width else None)
        shown = min(width or natural[0], room)
        return Shown(src=self._address(path), alt=alt, width=shown, height=round(shown * natural[1] / natural[0]))

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

    def _address(self, path: Path) -> str:
        if path not in self._named:
            folder = self._issue.folder.resolve()
            if path.is_relative_to(folder):
                name = path.relative_to(folder).as_posix()
            else:
                place = path.relative_to(self._settings.root.resolve()).as_posix()
                name = f"{hashlib.sha256(place.encode()).hexdigest()[:8]}-{path.name}"
            self._named[path] = name
        return path.as_uri() if self._base.startswith("file:") else self._base + quote(self._named[path])

    def _measure(self, path: Path, line: int) -> tuple[int, int] | None:
        """Return the picture's size as it is seen, turned by its orientation; None when it has none."""
        if path.suffix.lower() == ".svg":
            self._find("picture", line, f"'{path.name}' is SVG, which mail clients do not show", "Use PNG or JPEG")
            return None
        if path.stat().st_size > _HEAVY:
            weight = f"{path.stat().st_size / 2**20:.1f} MB"
            self._find("picture-size", line, f"'{path.name}' weighs {weight}", "Make it smaller than 2 MB")
        from PIL import Image, UnidentifiedImageError  # costs 40 ms, and many letters have no picture

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                with Image.open(path) as image:
                    width, height = image.size
                    is_turned = image.getexif().get(0x0112, 1) >= 5
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            self._find(
                "picture-size", line, f"'{path.name}' has too many pixels", "Make it smaller than 80 megapixels"
            )
            return None
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, TypeError):
            self._find(
                "picture", line, f"'{path.name}' is not a picture that can be read", "Save it as PNG or JPEG"
            )
            return None
        if not width or not height:
            return None
        return (height, width) if is_turned else (width, height)

    def _find(self, rule: str, line: int, message: str, remedy: str = "") -> None:
        finding = Finding(
            rule=rule, level=Level.WARNING, file=self._issue.file, line=line, message=message, remedy=remedy
        )
        if finding not in self.findings:
            self.findings.append(finding)


def _short(src: str) -> str:
    return src if len(src) <= 60 else f"{src[:57]}..."
