"""The author's own editor: a text written in a private file that is gone afterwards."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from newsletter.errors import NewsletterError

_USUAL = "vi"


def edit(text: str) -> str:
    """Open `text` in $VISUAL or $EDITOR and return what was saved; NewsletterError if the editor fails."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or _USUAL
    with tempfile.TemporaryDirectory(prefix="newsletter-") as folder:
        file = Path(folder) / "answer.txt"
        file.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run([*shlex.split(editor), str(file)], check=False)  # noqa: S603 - the author's choice
        except (OSError, ValueError) as error:
            raise NewsletterError(f"the editor '{editor}' cannot be started: {error}. Set EDITOR") from error
        if done.returncode != 0:
            raise NewsletterError(f"the editor '{editor}' ended with {done.returncode}, so nothing was sent")
        return file.read_text(encoding="utf-8", errors="replace")
