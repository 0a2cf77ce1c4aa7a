"""Live snapshots: issues composed on request, and kept until a file of the author's changes (watchfiles)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchfiles import DefaultFilter, watch

from newsletter.errors import NewsletterError
from newsletter.settings import SETTINGS_FILE, read_settings
from newsletter.web.preview.snapshot import Snapshot, make_snapshot

_POLL_MILLISECONDS = 300
"""Between two looks at the files that are in no watched folder."""


class LiveSnapshots:
    """The newest snapshot of each issue; thread-safe."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.is_closing = False
        self._lock = threading.Lock()
        self._snapshots: dict[str, Snapshot] = {}
        self._number = 1
        self.accent = ""
        """The publication's accent colour, as far as it is known."""

    @property
    def number(self) -> int:
        """The version of the author's files: it grows with every change."""
        return self._number

    def snapshot(self, slug: str) -> Snapshot:
        """Return the snapshot of an issue as it is now; of the newest issue where `slug` is empty."""
        with self._lock:
            number = self._number
            kept = self._snapshots.get(slug)
            if kept is None or kept.number != number:
                kept = self._snapshots[slug] = make_snapshot(self.root, slug, number)
                self.accent = kept.accent or self.accent
            return kept

    def invalidate(self) -> None:
        """Have every issue composed again."""
        self._number += 1


@contextmanager
def watch_files(snapshots: LiveSnapshots) -> Iterator[None]:
    """Watch issues, templates, pictures and settings while the block runs; a change invalidates the snapshots."""
    end = threading.Event()
    thread = threading.Thread(target=_watch, args=(snapshots, end), name="file-watcher", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _watch(snapshots: LiveSnapshots, end: threading.Event) -> None:
    ignore_var = DefaultFilter(ignore_paths=[snapshots.root / "var"])  # which composing itself writes to
    states = _file_states(paths := _single_files(snapshots.root))
    while not end.is_set():
        folders = _folders(snapshots.root)
        for changes in watch(
            *folders,
            watch_filter=ignore_var,
            stop_event=end,
            debounce=200,
            step=50,
            rust_timeout=_POLL_MILLISECONDS,
            yield_on_timeout=True,
        ):
            if changes or _file_states(paths) != states:
                states = _file_states(paths := _single_files(snapshots.root))
                snapshots.invalidate()
            if _folders(snapshots.root) != folders:
                snapshots.invalidate()
                break


def _folders(root: Path) -> list[Path]:
    """Return the folders that are watched recursively."""
    names = ("issues", "templates", "locales", "static", "assets")
    return [root / name for name in names if (root / name).is_dir()] or [root]


def _single_files(root: Path) -> list[Path]:
    """Return the files that are watched singly: the settings, and the logos that they name."""
    try:
        theme = read_settings(root).theme
    except NewsletterError:
        return [root / SETTINGS_FILE]
    return [root / SETTINGS_FILE, *(root / path for path in (theme.logo, theme.logo_dark) if path)]


def _file_states(paths: list[Path]) -> list[tuple[int, int] | None]:
    """Return the modification time and size of each file; None for one that does not exist."""
    states: list[tuple[int, int] | None] = []
    for path in paths:
        try:
            state = path.stat()
        except OSError:
            states.append(None)
        else:
            states.append((state.st_mtime_ns, state.st_size))
    return states
