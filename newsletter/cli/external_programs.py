"""The author's own programs: a text written in their editor, a page opened in their browser."""

import os
import shlex
import subprocess
import sys
import tempfile
import webbrowser
from pathlib import Path

from newsletter.errors import NewsletterError

_DEFAULT_EDITOR = "vi"


def edit(text: str) -> str:
    """Open `text` in $VISUAL or $EDITOR and return what was saved; NewsletterError if the editor fails.

    The file is private, and deleted afterwards.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or _DEFAULT_EDITOR
    with tempfile.TemporaryDirectory(prefix="newsletter-") as folder:
        file = Path(folder) / "answer.txt"
        file.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run([*shlex.split(editor), str(file)], check=False)  # noqa: S603 - the author's choice
        except (OSError, ValueError) as error:
            raise NewsletterError(f"the editor '{editor}' cannot be started: {error}. Set EDITOR") from error
        if done.returncode != 0:
            raise NewsletterError(f"the editor '{editor}' exited with {done.returncode}, so nothing was sent")
        return file.read_text(encoding="utf-8", errors="replace")


def open_in_browser(url: str) -> bool:
    """Open a URL in the browser; False where there is no display, or no browser."""
    has_display = sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return has_display and webbrowser.open(url)
