"""What composing works out again only when its sources change, kept in `var/cache`: safe to delete at any time.

A folder that cannot be written to costs time and nothing else, and so does a file that is damaged.
"""

import hashlib
import importlib.util
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jinja2.bccache import Bucket, BytecodeCache

from newsletter import __version__
from newsletter.atomic_file import make_private_folder

_MOST = 400
"""Files; a publication with its own templates has some twenty."""


@dataclass(frozen=True, slots=True)
class Cache:
    """One folder of such files."""

    folder: Path

    def read(self, name: str) -> bytes | None:
        """Return what was kept under a name; None if it is not there, or not as it was written."""
        with suppress(OSError):
            digest, _, content = (self.folder / name).read_bytes().partition(b"\n")
            if digest == _digest(content):
                return content
        return None

    def write(self, name: str, content: bytes) -> None:
        """Keep it, whole or not at all; a power cut may lose it, which does no harm."""
        draft = self.folder / f".{name}.{secrets.token_hex(4)}"
        with suppress(OSError):
            make_private_folder(self.folder)
            try:
                draft.write_bytes(_digest(content) + b"\n" + content)
                draft.replace(self.folder / name)
            finally:
                draft.unlink(missing_ok=True)
            self._make_room()

    def _make_room(self) -> None:
        """Let the oldest go once there are many: what is still wanted of them is worked out again."""
        kept = list(self.folder.iterdir())
        if len(kept) > _MOST:
            for path in sorted(kept, key=lambda path: path.stat().st_mtime)[: len(kept) - _MOST // 2]:
                path.unlink(missing_ok=True)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


class CachedTemplates(BytecodeCache):
    """Templates as Jinja compiled them; it compares each with its source by itself."""

    def __init__(self, cache: Cache) -> None:
        """Keep apart what another Jinja compiled, or another release of ours, whose options may differ."""
        self._cache = cache
        self._made_by = made_by("jinja2", __version__)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give Jinja what is kept, which it refuses if the source is another by now."""
        content = self._cache.read(self._name(bucket))
        if content is not None:
            bucket.bytecode_from_string(content)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what Jinja compiled."""
        self._cache.write(self._name(bucket), bucket.bytecode_to_string())

    def _name(self, bucket: Bucket) -> str:
        return f"template-{bucket.key}-{self._made_by}"


def made_by(package: str, *words: str) -> str:
    """Return a word that changes with `words` and whenever another release of `package` is installed."""
    found = importlib.util.find_spec(package)
    state = Path(found.origin).stat() if found and found.origin else None
    parts = (*words, *((str(state.st_mtime_ns), str(state.st_size)) if state else ()))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
