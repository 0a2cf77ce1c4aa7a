"""Commits single files of a publication to Git, by the git program, and touches nothing else that is changed."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from newsletter.errors import NewsletterError, TemporaryError

_SECONDS = 60


def commit_files(root: Path, paths: Sequence[Path], message: str) -> str:
    """Commit these files alone, and return the short id of the commit; "" if they stand so already.

    What is staged besides them stays staged. NewsletterError says what is in the way: no repository, a merge
    that is not finished, a hook that refuses; TemporaryError while another git holds the index.
    """
    names = [str(path.relative_to(root)) for path in paths]
    _git(root, "rev-parse", "--show-toplevel", told="is in no Git repository. Make one: git init")
    _git(root, "add", "--intent-to-add", "--", *names, told="cannot be added")
    if not _git(root, "status", "--porcelain", "--", *names, told="cannot be looked at"):
        return ""
    _git(root, "commit", "--quiet", "--only", "-m", message, "--", *names, told="was not committed")
    return _git(root, "rev-parse", "--short", "HEAD", told="was committed, but the commit is not to be found")


def _git(root: Path, *arguments: str, told: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, its arguments no shell's
            ["git", "-C", str(root), *arguments],  # noqa: S607
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise NewsletterError("there is no git program here, so nothing was committed. Install git") from error
    except subprocess.TimeoutExpired as error:
        raise NewsletterError(f"{root}: git did not end within {_SECONDS} seconds, so nothing is known") from error
    if done.returncode == 0:
        return done.stdout.strip()
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "")
    if "index.lock" in done.stderr:
        raise TemporaryError(f"{root}: another git is at work, so nothing was committed. Commit it again later")
    if "tell me who you are" in done.stderr:
        said = "git does not know who you are: git config user.email"
    raise NewsletterError(f"{root}: {told} ({said.removeprefix('fatal: ').removeprefix('error: ')[:200]})")
