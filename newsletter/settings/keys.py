"""The secret keys: from the environment, else from var/secret.key, which is made at first use."""

import os
import secrets
from pathlib import Path

from newsletter.durable import make_private_folder
from newsletter.errors import EditSettings
from newsletter.settings.sections import Settings


def read_or_make_keys(settings: Settings) -> tuple[bytes, ...]:
    """Return the secret keys, newest first, making var/secret.key (mode 0600) at first use.

    EditSettings when the key is too short to be one.
    """
    path = settings.var / "secret.key"
    if settings.secret_key is not None:
        lines = settings.secret_key.get_secret_value().split()
        place = "NEWSLETTER_SECRET_KEY"
    else:
        place = "var/secret.key"
        try:
            lines = path.read_text(encoding="ascii").split()
        except FileNotFoundError:
            lines = [_make_key(path)]
        except (OSError, UnicodeDecodeError) as error:
            raise EditSettings(f"{place}: cannot be read: {error}") from error
    if not lines or any(len(line) < 32 for line in lines):
        raise EditSettings(
            f"{place}: a key is at least 32 characters; "
            "make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return tuple(line.encode() for line in lines)


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
