"""The secret keys: from the environment, else from var/secret.key, which is made at first use.

The newest stands first and signs; the older ones still verify. `hashes:` before a key says that it does neither
any more: suppressions are hashed with the oldest key for ever, or nobody would know who must not be written to.
"""

import fcntl
import os
import re
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from newsletter.atomic_file import make_private_folder, write_atomically
from newsletter.errors import SettingsError, UsageError
from newsletter.settings.sections import Settings

GRACE_DAYS = 400
"""How long links signed with a key work after another one took its place."""
LEAST_GRACE_DAYS = 60
"""The law of some countries wants a link to unsubscribe to work for so long (CASL section 11)."""
_HASHES = "hashes:"
_RETIRED = re.compile(r"#\s*retired\s+(\d{4}-\d{2}-\d{2})")
_PLACE = "var/secret.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What a rotation did."""

    verifying: int
    """How many keys verify now, the new one included."""
    dropped: int
    """How many do not any more, because their grace was over."""


def read_or_make_keys(settings: Settings) -> tuple[bytes, ...]:
    """Return the keys for tokens, newest first, making var/secret.key (mode 0600) at first use.

    SettingsError when a key is too short to be one.
    """
    keys = tuple(word.encode() for word in _words(settings) if not word.startswith(_HASHES))
    if not keys:
        raise SettingsError(f"{_place(settings)}: every key in it is for hashes alone, so none can sign")
    return keys


def read_hashing_key(settings: Settings) -> bytes:
    """Return the key under which suppressed addresses are remembered: the oldest there is."""
    words = _words(settings)
    return next((word for word in words if word.startswith(_HASHES)), words[-1]).removeprefix(_HASHES).encode()


def rotate_keys(settings: Settings, today: date, *, grace_days: int = GRACE_DAYS) -> Rotation:
    """Make a new key that signs from now on; those that were replaced longer ago than the grace verify no more.

    The file is replaced as a whole: whatever happens, it holds the old keys or all of them. SettingsError where the
    keys come from the environment, which only the author can change.
    """
    if grace_days < LEAST_GRACE_DAYS:
        raise UsageError(
            f"a grace of {grace_days} days is too short: links to unsubscribe must work {LEAST_GRACE_DAYS}"
        )
    if settings.secret_key is not None:
        raise SettingsError(
            "the keys come from NEWSLETTER_SECRET_KEY: put a new one and a blank before those in it. "
            "Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    read_or_make_keys(settings)
    path = settings.var / "secret.key"
    with (settings.var / "secret.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = [line for line in path.read_text(encoding="ascii").splitlines() if _word(line)]
        kept = [_kept(line, today, grace_days, is_oldest=line is before[-1]) for line in before]
        lines = [secrets.token_hex(32), *filter(None, kept)]
        write_atomically(path, "".join(f"{line}\n" for line in lines).encode("ascii"), mode=0o600)
    verifying = sum(not line.startswith(_HASHES) for line in lines)
    were = sum(not line.startswith(_HASHES) for line in before)
    return Rotation(verifying=verifying, dropped=were + 1 - verifying)


def _kept(line: str, today: date, grace_days: int, *, is_oldest: bool) -> str:
    """Return a line as it stands after a rotation, empty if its key goes."""
    if _word(line).startswith(_HASHES):
        return line
    retired = _RETIRED.search(line)
    if retired is None:
        return f"{_word(line)}  # retired {today.isoformat()}"
    if (today - date.fromisoformat(retired[1])).days <= grace_days:
        return line
    return f"{_HASHES}{_word(line)}" if is_oldest else ""


def _words(settings: Settings) -> list[str]:
    """Return the keys as they are written, those for hashes alone with their mark."""
    path = settings.var / "secret.key"
    if settings.secret_key is not None:
        words = settings.secret_key.get_secret_value().split()
    else:
        try:
            words = [word for line in path.read_text(encoding="ascii").splitlines() for word in _word(line).split()]
        except FileNotFoundError:
            words = [_make_key(path)]
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{_PLACE}: cannot be read: {error}") from error
    if not words or any(len(word.removeprefix(_HASHES)) < 32 for word in words):
        raise SettingsError(
            f"{_place(settings)}: a key is at least 32 characters; "
            "make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return words


def _word(line: str) -> str:
    return line.partition("#")[0].strip()


def _place(settings: Settings) -> str:
    return _PLACE if settings.secret_key is None else "NEWSLETTER_SECRET_KEY"


def _make_key(path: Path) -> str:
    key = secrets.token_hex(32)
    make_private_folder(path.parent)
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # unlike rename, it never replaces a key another process just made
    except FileExistsError:
        key = path.read_text(encoding="ascii").split()[0]
    draft.unlink()
    return key
