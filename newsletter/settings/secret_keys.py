"""Secret keys: read from the environment, else from var/secret.key, which is created at first use; key rotation.

The newest key comes first and signs; the older ones still verify. A key marked `hashes:` does neither any more: it only
hashes suppressed addresses, always the oldest key, because the hashes must keep matching.
"""

import fcntl
import os
import re
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from newsletter.atomic_file import make_private_folder, write_atomically
from newsletter.errors import SettingsError, UsageError, describe
from newsletter.settings.sections import Settings

GRACE_DAYS = 400
"""How long links signed with a key work after it was replaced."""
MIN_GRACE_DAYS = 60
"""Canada's CASL (section 11) requires unsubscribe links to work for so long."""
_HASHES = "hashes:"
_RETIRED = re.compile(r"#\s*retired\s+(\d{4}-\d{2}-\d{2})")
_PLACE = "var/secret.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """The result of a key rotation."""

    verifying: int
    """How many keys verify now, the new one included."""
    dropped: int
    """How many no longer verify, because their grace period is over."""


def read_or_make_keys(settings: Settings) -> tuple[bytes, ...]:
    """Return the keys that sign and verify tokens, newest first; creates var/secret.key (mode 0600) at first use.

    SettingsError when a key is too short.
    """
    keys = tuple(key.encode() for key in _read_keys(settings) if not key.startswith(_HASHES))
    if not keys:
        raise SettingsError(f"{_place(settings)}: all keys are marked 'hashes:', so none can sign")
    return keys


def read_hashing_key(settings: Settings) -> bytes:
    """Return the key that suppressed addresses are hashed with: the oldest."""
    keys = _read_keys(settings)
    return next((key for key in keys if key.startswith(_HASHES)), keys[-1]).removeprefix(_HASHES).encode()


def rotate_keys(settings: Settings, today: date, *, grace_days: int = GRACE_DAYS) -> Rotation:
    """Create a new key that signs from now on; keys replaced more than `grace_days` ago no longer verify.

    The file is replaced atomically. SettingsError if the keys come from the environment, which only the author can
    change.
    """
    if grace_days < MIN_GRACE_DAYS:
        raise UsageError(
            f"a grace period of {grace_days} days is too short: unsubscribe links must work for {MIN_GRACE_DAYS}"
        )
    if settings.secret_key is not None:
        raise SettingsError(
            "the keys come from NEWSLETTER_SECRET_KEY: put a new one and a space in front of them. "
            "Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    read_or_make_keys(settings)
    path = settings.var / "secret.key"
    with (settings.var / "secret.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = [line for line in path.read_text(encoding="ascii").splitlines() if _strip_comment(line)]
        kept = [_rotated_line(line, today, grace_days, is_oldest=line is before[-1]) for line in before]
        lines = [secrets.token_hex(32), *filter(None, kept)]
        write_atomically(path, "".join(f"{line}\n" for line in lines).encode("ascii"), mode=0o600)
    verifying = sum(not line.startswith(_HASHES) for line in lines)
    verified_before = sum(not line.startswith(_HASHES) for line in before)
    return Rotation(verifying=verifying, dropped=verified_before + 1 - verifying)


def _rotated_line(line: str, today: date, grace_days: int, *, is_oldest: bool) -> str:
    """Return a line of the file after a rotation; "" if its key is dropped."""
    if _strip_comment(line).startswith(_HASHES):
        return line
    retired = _RETIRED.search(line)
    if retired is None:
        return f"{_strip_comment(line)}  # retired {today.isoformat()}"
    if (today - date.fromisoformat(retired[1])).days <= grace_days:
        return line
    return f"{_HASHES}{_strip_comment(line)}" if is_oldest else ""


def _read_keys(settings: Settings) -> list[str]:
    """Return the keys as they are written, with their `hashes:` marks."""
    path = settings.var / "secret.key"
    if settings.secret_key is not None:
        keys = settings.secret_key.get_secret_value().split()
    else:
        try:
            keys = [
                word for line in path.read_text(encoding="ascii").splitlines() for word in _strip_comment(line).split()
            ]
        except FileNotFoundError:
            keys = [_create_key(path)]
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{_PLACE}: cannot be read: {describe(error)}") from error
    if not keys or any(len(key.removeprefix(_HASHES)) < 32 for key in keys):
        raise SettingsError(
            f"{_place(settings)}: a key must have at least 32 characters. "
            "Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return keys


def _strip_comment(line: str) -> str:
    return line.partition("#")[0].strip()


def _place(settings: Settings) -> str:
    return _PLACE if settings.secret_key is None else "NEWSLETTER_SECRET_KEY"


def _create_key(path: Path) -> str:
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
