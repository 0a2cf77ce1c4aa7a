"""A file of JSON lines, each on disk before it counts as written; the entries of many threads share one sync."""

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path

from newsletter.atomic_file import make_private_folder


class JsonLinesFile:
    """Appends to one file; what is in it stays."""

    def __init__(self, path: Path) -> None:
        make_private_folder(path.parent)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._adding = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[bytes] = []
        self._added = 0
        self._written = 0

    def add(self, *entries: Mapping[str, object]) -> None:
        """Write entries; durable when this returns."""
        lines = [json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in entries]
        with self._adding:
            self._waiting += lines
            self._added += 1
            mine = self._added
        with self._writing:
            if self._written >= mine:
                return
            with self._adding:
                waiting, self._waiting, upto = self._waiting, [], self._added
            os.write(self._file, b"".join(waiting))
            os.fsync(self._file)
            self._written = upto

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
