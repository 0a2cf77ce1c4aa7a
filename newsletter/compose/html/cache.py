"""Cache of compiled templates and parsed style sheets in `var/cache`, which may be deleted at any time.

A folder that cannot be written to, or a damaged file, costs only time.
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

_MAX_FILES = 400
"""A publication with its own templates needs about twenty."""


@dataclass(frozen=True, slots=True)
class FileCache:
    """A folder of cached files, each with a checksum."""

    folder: Path

    def read(self, name: str) -> bytes | None:
        """Return the content of a cached file; None if it is missing or damaged."""
        with suppress(OSError):
            digest, _, content = (self.folder / name).read_bytes().partition(b"\n")
            if digest == _digest(content):
                return content
        return None

    def write(self, name: str, content: bytes) -> None:
        """Write a file atomically; a power cut may lose it, which does no harm."""
        draft = self.folder / f".{name}.{secrets.token_hex(4)}"
        with suppress(OSError):
            make_private_folder(self.folder)
            try:
                draft.write_bytes(_digest(content) + b"\n" + content)
                draft.replace(self.folder / name)
            finally:
                draft.unlink(missing_ok=True)
            self._evict()

    def _evict(self) -> None:
        """Delete the oldest files once there are too many."""
        paths = list(self.folder.iterdir())
        if len(paths) > _MAX_FILES:
            for path in sorted(paths, key=lambda path: path.stat().st_mtime)[: len(paths) - _MAX_FILES // 2]:
                path.unlink(missing_ok=True)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


class TemplateBytecodeCache(BytecodeCache):
    """Cache of Jinja bytecode; Jinja itself compares each template with its source."""

    def __init__(self, cache: FileCache) -> None:
        """Separate the files of other releases of Jinja, and of ours, whose options may differ."""
        self._cache = cache
        self._version = version_key("jinja2", __version__)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load cached bytecode, which Jinja refuses if the source has changed."""
        content = self._cache.read(self._name(bucket))
        if content is not None:
            bucket.bytecode_from_string(content)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Cache compiled bytecode."""
        self._cache.write(self._name(bucket), bucket.bytecode_to_string())

    def _name(self, bucket: Bucket) -> str:
        return f"template-{bucket.key}-{self._version}"


def version_key(package: str, *extra: str) -> str:
    """Return a key that changes with `extra` and whenever another release of `package` is installed."""
    spec = importlib.util.find_spec(package)
    state = Path(spec.origin).stat() if spec and spec.origin else None
    parts = (*extra, *((str(state.st_mtime_ns), str(state.st_size)) if state else ()))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
