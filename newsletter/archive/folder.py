"""Write the site into a folder, and touch nothing there that an earlier build did not write.

A picture that an issue no longer shows stays as long as the issue does, since sent emails link it.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from newsletter.errors import UsageError

MANIFEST = ".written-by-newsletter"
_PICTURE = re.compile(r"(?P<page>issues/[a-z0-9-]+)/[A-Za-z0-9-]+-[0-9a-f]{8}\.(?:jpg|png|gif)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteChanges:
    """What a build changed in its folder, or a publish in its bucket."""

    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def write_site(files: Mapping[str, bytes], out: Path) -> SiteChanges:
    """Write each file in one step and remove what an earlier build wrote that the site no longer has.

    UsageError, before anything is written, if a file that no build wrote is in the way. Killed at
    any moment, every file is old or new, and the next build finishes this one.
    """
    written_before = _read_manifest(out)
    _refuse_foreign(files, out, written_before)
    out.mkdir(parents=True, exist_ok=True)
    _write(out / MANIFEST, _manifest({*written_before, *files}))
    changed, unchanged = [], []
    for name, content in sorted(files.items()):
        if _holds(out / name, content):
            unchanged.append(name)
            continue
        _write(out / name, content)
        changed.append(name)
    kept = {name for name in written_before - set(files) if is_linked_picture(name, files)}
    removed = [name for name in sorted(written_before - set(files) - kept) if _remove(out, name)]
    _write(out / MANIFEST, _manifest({*files, *kept}))
    return SiteChanges(changed=tuple(changed), unchanged=tuple(unchanged), removed=tuple(removed))


def is_linked_picture(name: str, files: Mapping[str, bytes]) -> bool:
    """Whether sent emails may show a file: a picture of an issue that is still here."""
    picture = _PICTURE.fullmatch(name)
    return picture is not None and f"{picture['page']}/index.html" in files


def is_picture(name: str) -> bool:
    """Whether a file is a picture of an issue, named by its content, so that nobody else's can have its name."""
    return _PICTURE.fullmatch(name) is not None


def _read_manifest(out: Path) -> set[str]:
    try:
        lines = (out / MANIFEST).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return set()
    return {line for line in lines if line and _is_inside(out, line)}


def _is_inside(out: Path, name: str) -> bool:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        return False
    return (out / name).parent.resolve().is_relative_to(out.resolve())


def _refuse_foreign(files: Mapping[str, bytes], out: Path, written_before: set[str]) -> None:
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file. Name a folder with --out")
    for name, content in sorted(files.items()):
        target = out / name
        if not _is_inside(out, name):
            raise UsageError(f"{target} leads out of {out}. Remove the link, or name another folder with --out")
        blocked = next((out / folder for folder in PurePosixPath(name).parents if (out / folder).is_file()), None)
        if blocked is None and (target.is_dir() or (target.exists() and name not in written_before)):
            blocked = None if _holds(target, content) else target
        if blocked is not None:
            raise UsageError(
                f"{blocked} was not written by a build and is in the way. "
                "Move it away, or name another folder with --out"
            )


def _holds(path: Path, content: bytes) -> bool:
    try:
        return not path.is_symlink() and path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _remove(out: Path, name: str) -> bool:
    path = out / name
    if not path.is_file() and not path.is_symlink():
        return False
    path.unlink()
    for folder in PurePosixPath(name).parents[:-1]:
        if any((out / folder).iterdir()):
            break
        (out / folder).rmdir()
    return True


def _manifest(names: Mapping[str, bytes] | set[str]) -> bytes:
    return "".join(f"{name}\n" for name in sorted(names)).encode()
