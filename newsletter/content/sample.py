"""The sample publication, copied into a new folder by `newsletter init`; from then on it is the author's own."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from newsletter.errors import UsageError
from newsletter.settings import SETTINGS_FILE, packaged_path

_ISSUES = ("five-small-lights", "nothing-to-report", "the-winter-almanac")
_READERS = Path("subscribers/sample.csv")
_STARTER = {"Makefile": "Makefile", "gitignore": ".gitignore"}


def create_publication(folder: Path) -> tuple[Path, ...]:
    """Copy the sample publication into `folder` and return the files made, relative to it.

    UsageError if the folder is a publication already. Existing files stay as they are, and the sample issues are
    copied only if there are no issues. If interrupted, it leaves nothing behind: `newsletter.toml` comes last, so
    that a folder is a publication only once it is complete.
    """
    if os.path.lexists(folder / SETTINGS_FILE):
        raise UsageError(
            f"{folder / SETTINGS_FILE} already exists. Name another folder, or edit the publication that is there"
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Name a folder")
    made_folders = _make_folders(folder)
    staging = folder / f".making-{secrets.token_hex(4)}"
    placed: list[Path] = []
    try:
        staging.mkdir()
        for source, name in _sample(folder):
            _copy(source, staging / name)
        for name in sorted(_files(staging), key=lambda name: (name.name == SETTINGS_FILE, name)):
            made_folders += _make_folders((folder / name).parent)
            os.link(staging / name, folder / name)  # unlike rename, it never replaces a file that appeared meanwhile
            placed.append(name)
    except BaseException:
        for name in placed:
            (folder / name).unlink()
        shutil.rmtree(staging, ignore_errors=True)
        for made_folder in reversed(made_folders):
            made_folder.rmdir()
        raise
    shutil.rmtree(staging)
    return tuple(placed)


def _sample(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each file to copy and its name in the publication, except those that exist there.

    Of issues and subscribers only the sample's own, since the author of a clone may have added others.
    """
    starter = Path(__file__).parent / "starter"
    pairs = [(packaged_path(SETTINGS_FILE), Path(SETTINGS_FILE))]
    pairs += [(starter / source, Path(name)) for source, name in _STARTER.items()]
    if packaged_path(str(_READERS)).is_file():
        pairs.append((packaged_path(str(_READERS)), _READERS))
    names = [Path("templates")]
    if not (folder / "issues").is_dir() or not any((folder / "issues").iterdir()):
        names += [Path("issues", name) for name in _ISSUES]
    for name in names:
        top = packaged_path(str(name))
        pairs += [(top / inside, name / inside) for inside in _files(top)]
    for source, target in pairs:
        if not os.path.lexists(folder / target) and not _is_blocked(folder, target):
            yield source, target


def _is_blocked(folder: Path, target: Path) -> bool:
    """Whether an existing file has the name of one of the folders above `target`; then the sample's is left out."""
    return any((folder / parent).exists() and not (folder / parent).is_dir() for parent in target.parents)


def _files(top: Path) -> list[Path]:
    """Return the files below `top`, relative to it, without what only macOS needs."""
    return sorted(
        path.relative_to(top)
        for path in top.rglob("*")
        if path.is_file() and not path.is_symlink() and path.name != ".DS_Store"
    )


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and its missing parents; return the folders made, outermost first."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir()
    return missing[::-1]
