"""Copies that outlive the cache: a letter that has left links its pictures for as long as anybody reads it.

They lie in `var/pictures/archive` and `var/pictures/s3`, by where the letter that links them expects them. Each is
named by its content, so none is ever written twice with different bytes.
"""

import html
import json
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from newsletter.atomic_file import make_private_folder, write_atomically
from newsletter.compose.edition import Edition
from newsletter.compose.urls import picture_base
from newsletter.settings import Settings

_NAME = r"([A-Za-z0-9%._-]+)"
_COPY = re.compile(r"[A-Za-z0-9-]+-[0-9a-f]{8}\.(?:jpg|png|gif)")


def save_sent_pictures(settings: Settings, edition: Edition) -> None:
    """Keep the copies that a letter about to leave links; a second call changes nothing."""
    folder = _place(settings) / edition.slug
    for name, path in linked_pictures(settings, edition).items():
        if path.parent != folder and path.is_file():
            make_private_folder(folder)
            write_atomically(folder / name, path.read_bytes())


def linked_pictures(settings: Settings, edition: Edition) -> dict[str, Path]:
    """Return the pictures that a letter links in the store, and where each lies: kept, else in the cache."""
    base = picture_base(settings, edition.slug)
    if base is None:
        return {}
    written = json.dumps(edition.as_json(), ensure_ascii=False)  # all of it, whichever part shows a picture
    places = "|".join(sorted({re.escape(base), re.escape(html.escape(base))}))
    names = [unquote(name) for name in re.findall(f"(?:{places}){_NAME}", written)]
    return {name: _found(settings, edition.slug, name) for name in names if _COPY.fullmatch(name)}


def sent_pictures(settings: Settings) -> dict[str, Path]:
    """Return what letters expect in the archive, by path in the site, whatever became of their issues."""
    folder = settings.var / "pictures" / "archive"
    return {
        f"issues/{path.parent.name}/{path.name}": path
        for path in sorted(folder.glob("*/*"))
        if path.is_file() and _COPY.fullmatch(path.name)
    }


def record_archive_build(settings: Settings, paths: Iterable[str]) -> None:
    """Remember which pictures the archive that was just built holds."""
    lines = sorted(path for path in paths if _COPY.fullmatch(path.rpartition("/")[2]))
    make_private_folder(_record(settings).parent)
    write_atomically(_record(settings), "".join(f"{line}\n" for line in lines).encode())


def last_built_pictures(settings: Settings) -> frozenset[str] | None:
    """Return the pictures of the newest archive that was built here, by path in the site; None without any."""
    try:
        return frozenset(_record(settings).read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return None


def _found(settings: Settings, slug: str, name: str) -> Path:
    """Return a copy's path; where there is none, the one at which it would be kept."""
    kept = _place(settings) / slug / name
    if kept.is_file():
        return kept
    digest = name.rpartition("-")[2][:8]
    cached = sorted((settings.var / "cache" / "pictures").glob(f"{digest}*/{name}"))
    return cached[0] if cached else kept


def _place(settings: Settings) -> Path:
    return settings.var / "pictures" / ("s3" if settings.pictures.bucket else "archive")


def _record(settings: Settings) -> Path:
    return settings.var / "cache" / "archive.pictures"
