"""Git commits of single files, by the git program; other changes in the repository are left alone."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from newsletter.errors import NewsletterError, TemporaryError

_TIMEOUT_SECONDS = 60


def commit_files(root: Path, paths: Sequence[Path], message: str) -> str:
    """Commit only these files and return the short commit id; "" if they are committed already.

    Other staged changes stay staged. NewsletterError if there is no repository, a merge is unfinished or a hook
    refuses; TemporaryError while another git process holds the index lock.
    """
    names = [str(path.relative_to(root)) for path in paths]
    _git(root, "rev-parse", "--show-toplevel", failure="is not in a Git repository. Create one: git init")
    _git(root, "add", "--intent-to-add", "--", *names, failure="the files cannot be added")
    if not _git(root, "status", "--porcelain", "--", *names, failure="their status cannot be read"):
        return ""
    _git(root, "commit", "--quiet", "--only", "-m", message, "--", *names, failure="nothing was committed")
    return _git(
        root, "rev-parse", "--short", "HEAD", failure="the files were committed, but the commit cannot be found"
    )


def _git(root: Path, *arguments: str, failure: str) -> str:
    try:
        process = subprocess.run(  # noqa: S603 - a fixed program, run without a shell
            ["git", "-C", str(root), *arguments],  # noqa: S607
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise NewsletterError("git is not installed, so nothing was committed. Install git") from error
    except subprocess.TimeoutExpired as error:
        message = f"{root}: git did not finish within {_TIMEOUT_SECONDS} seconds. Check whether it committed: git log"
        raise NewsletterError(message) from error
    if process.returncode == 0:
        return process.stdout.strip()
    lines = [line.strip() for line in (process.stderr or process.stdout).splitlines() if line.strip()]
    reason = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "")
    if "index.lock" in process.stderr:
        raise TemporaryError(f"{root}: another git process holds the index, so nothing was committed. Try again later")
    if "tell me who you are" in process.stderr:
        reason = "git does not know who you are: set git config user.email"
    raise NewsletterError(f"{root}: {failure} ({reason.removeprefix('fatal: ').removeprefix('error: ')[:200]})")
