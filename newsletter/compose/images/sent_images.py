"""Pictures of sent emails, kept beyond the cache: an email links to its pictures for as long as anybody opens it.

They are in `var/pictures/archive` or `var/pictures/s3`, depending on where the email expects them. Each is named by
its content, so a file never changes.
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

_FILE_NAME = r"([A-Za-z0-9%._-]+)"
_COPY_NAME = re.compile(r"[A-Za-z0-9-]+-[0-9a-f]{8}\.(?:jpg|png|gif)")


def save_sent_pictures(settings: Settings, edition: Edition) -> None:
    """Keep the copies that an edition links to, before it is sent; a second call changes nothing."""
    folder = _folder(settings) / edition.slug
    for name, path in linked_pictures(settings, edition).items():
        if path.parent != folder and path.is_file():
            make_private_folder(folder)
            write_atomically(folder / name, path.read_bytes())


def linked_pictures(settings: Settings, edition: Edition) -> dict[str, Path]:
    """Return the pictures that an edition links to, by name, with the path of each: kept, else in the cache."""
    base = picture_base(settings, edition.slug)
    if base is None:
        return {}
    edition_text = json.dumps(edition.as_json(), ensure_ascii=False)  # all variants, whichever shows a picture
    bases = "|".join(sorted({re.escape(base), re.escape(html.escape(base))}))
    names = [unquote(name) for name in re.findall(f"(?:{bases}){_FILE_NAME}", edition_text)]
    return {name: _path_of(settings, edition.slug, name) for name in names if _COPY_NAME.fullmatch(name)}


def sent_pictures(settings: Settings) -> dict[str, Path]:
    """Return the pictures that sent emails expect in the archive, by path in the site, even of deleted issues."""
    folder = settings.var / "pictures" / "archive"
    return {
        f"issues/{path.parent.name}/{path.name}": path
        for path in sorted(folder.glob("*/*"))
        if path.is_file() and _COPY_NAME.fullmatch(path.name)
    }


def record_archive_build(settings: Settings, paths: Iterable[str]) -> None:
    """Record which pictures the archive just built contains."""
    lines = sorted(path for path in paths if _COPY_NAME.fullmatch(path.rpartition("/")[2]))
    make_private_folder(_record(settings).parent)
    write_atomically(_record(settings), "".join(f"{line}\n" for line in lines).encode())


def last_built_pictures(settings: Settings) -> frozenset[str] | None:
    """Return the pictures in the last archive built here, by path in the site; None if there was none."""
    try:
        return frozenset(_record(settings).read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return None


def _path_of(settings: Settings, slug: str, name: str) -> Path:
    """Return the path of a kept or cached copy; if there is none, the path where it would be kept."""
    kept = _folder(settings) / slug / name
    if kept.is_file():
        return kept
    digest = name.rpartition("-")[2][:8]
    cached = sorted((settings.var / "cache" / "pictures").glob(f"{digest}*/{name}"))
    return cached[0] if cached else kept


def _folder(settings: Settings) -> Path:
    return settings.var / "pictures" / ("s3" if settings.pictures.bucket else "archive")


def _record(settings: Settings) -> Path:
    return settings.var / "cache" / "archive.pictures"
