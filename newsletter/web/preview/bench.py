"""The bench: galleys of the author's files as they are, made when asked for and kept until a change."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchfiles import DefaultFilter, watch

from newsletter.errors import NewsletterError
from newsletter.settings import SETTINGS_FILE, read_settings
from newsletter.web.preview.galley import Galley, Review, make_galley

_TICK = 300
"""Milliseconds between two looks at files that lie in no folder that is watched."""


class Bench:
    """What there is to look at; safe to share between threads."""

    def __init__(self, root: Path, review: Review) -> None:
        self.root = root
        self.is_closing = False
        self._review = review
        self._lock = threading.Lock()
        self._galleys: dict[str, Galley] = {}
        self._number = 1
        self.accent = ""
        """The publication's, as far as it is known."""

    @property
    def number(self) -> int:
        """Of the state of the author's files: it grows with every change."""
        return self._number

    def galley(self, slug: str) -> Galley:
        """Return an issue as it is now, the newest where `slug` is empty."""
        with self._lock:
            number = self._number
            kept = self._galleys.get(slug)
            if kept is None or kept.number != number:
                kept = self._galleys[slug] = make_galley(self.root, slug, self._review, number)
                self.accent = kept.accent or self.accent
            return kept

    def note_change(self) -> None:
        """Let everything be composed anew."""
        self._number += 1


@contextmanager
def watching(bench: Bench) -> Iterator[None]:
    """Note changes of the author's files while the block runs: issues, templates, pictures and settings."""
    end = threading.Event()
    thread = threading.Thread(target=_watch, args=(bench, end), name="watching", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _watch(bench: Bench, end: threading.Event) -> None:
    keeps_off = DefaultFilter(ignore_paths=[bench.root / "var"])  # which composing itself writes to
    alone = _states(paths := _standing_alone(bench.root))
    while not end.is_set():
        folders = _folders(bench.root)
        for changes in watch(
            *folders,
            watch_filter=keeps_off,
            stop_event=end,
            debounce=200,
            step=50,
            rust_timeout=_TICK,
            yield_on_timeout=True,
        ):
            if changes or _states(paths) != alone:
                alone = _states(paths := _standing_alone(bench.root))
                bench.note_change()
            if _folders(bench.root) != folders:
                bench.note_change()
                break


def _folders(root: Path) -> list[Path]:
    """Return what is watched with all that lies below it."""
    names = ("issues", "templates", "locales", "static", "assets")
    return [root / name for name in names if (root / name).is_dir()] or [root]


def _standing_alone(root: Path) -> list[Path]:
    """Return the files beside those folders: the settings, and the pictures that they name."""
    try:
        theme = read_settings(root).theme
    except NewsletterError:
        return [root / SETTINGS_FILE]
    return [root / SETTINGS_FILE, *(root / path for path in (theme.logo, theme.logo_dark) if path)]


def _states(paths: list[Path]) -> list[tuple[int, int] | None]:
    """Return when each file changed and how long it is; None where it is not there."""
    found: list[tuple[int, int] | None] = []
    for path in paths:
        try:
            state = path.stat()
        except OSError:
            found.append(None)
        else:
            found.append((state.st_mtime_ns, state.st_size))
    return found
