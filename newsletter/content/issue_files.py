"""Finds the issues' files in issues/ and gives each one its slug.

An issue is `issues/<name>/index.md` or `issues/<name>.md`; its slug is the name, made fit.
Nothing outside the publication is followed.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from newsletter.content.issue import Slug
from newsletter.finding import Finding, Level
from newsletter.settings import Settings

_ENDINGS = (".md", ".markdown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One issue's file, not yet read."""

    slug: Slug
    path: Path
    file: str
    """Relative to the publication, as findings name it."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What issues/ holds."""

    found: tuple[Found, ...]
    findings: tuple[Finding, ...]


def slugify(name: str) -> Slug:
    """Return `name` as a slug: accents dropped, the rest hyphens; a digest where nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not text or any(
        ord(char) > 0x24F and char.isalnum() for char in name
    ):  # what ASCII cannot carry still tells apart
        text = f"{text[:60] or 'issue'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return Slug(text[:80].strip("-"))


def look(settings: Settings) -> Folder:
    """Return every issue's file in the order of its name, and what could not be followed."""
    found: list[Found] = []
    findings: list[Finding] = []
    taken: set[str] = set()
    root = settings.root.resolve()
    for name, path in _candidates(settings.issues):
        file = path.relative_to(settings.root).as_posix()
        if not path.resolve().is_relative_to(root):
            findings.append(
                Finding(
                    rule="outside",
                    level=Level.ERROR,
                    file=file,
                    message="leads out of the publication and was not followed",
                    remedy="Put the file itself here",
                )
            )
            continue
        found.append(_name_it(name, path, file, taken))
    return Folder(found=tuple(found), findings=tuple(findings))


def _candidates(issues: Path) -> list[tuple[str, Path]]:
    """Return names and files, a folder before a file of the same name, a fit name before one to be made fit."""
    if not issues.is_dir():
        return []
    named: list[tuple[str, Path]] = []
    for entry in issues.iterdir():
        if entry.name.startswith((".", "_")) or entry.stem.lower() == "readme":
            continue
        if entry.is_dir():
            index = next((entry / f"index{ending}" for ending in _ENDINGS if (entry / f"index{ending}").exists()), None)
            if index is not None:
                named.append((entry.name, index))
        elif entry.suffix.lower() in _ENDINGS:
            named.append((entry.stem, entry))
    return sorted(named, key=lambda pair: (slugify(pair[0]).text != pair[0], pair[1].parent == issues, pair[0]))


def _name_it(name: str, path: Path, file: str, taken: set[str]) -> Found:
    wanted = slug = slugify(name)
    number = 1
    while slug.text in taken:
        number += 1
        slug = Slug(f"{wanted.text[:76].rstrip('-')}-{number}")
    taken.add(slug.text)
    if slug.text == name:
        return Found(slug=slug, path=path, file=file)
    return Found(
        slug=slug,
        path=path,
        file=file,
        findings=(
            Finding(
                rule="slug",
                level=Level.WARNING if slug != wanted else Level.NOTICE,
                file=file,
                message=f"is known as '{slug}'" + (f", since '{wanted}' is taken" if slug != wanted else ""),
                remedy="Name the file in a-z, 0-9 and hyphens to choose for yourself"
                if slug == wanted
                else "Rename it",
            ),
        ),
    )
