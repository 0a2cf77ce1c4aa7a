"""Finds newsletter.toml and reads it; the environment overrides it."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from newsletter.errors import SettingsError, UsageError, describe
from newsletter.settings.sections import Settings
from newsletter.settings.validation_errors import format_errors, line_of

SETTINGS_FILE = "newsletter.toml"
_MIN_TOKEN_CHARACTERS = 16


def find_root(start: Path) -> Path:
    """Return the folder of newsletter.toml, in `start` or above it; UsageError if there is none."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise UsageError(f"no {SETTINGS_FILE} in {start} or above it. 'newsletter init .' makes a publication here")


def read_settings(root: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read newsletter.toml in `root` and the environment, which overrides it; SettingsError names file and line."""
    path = root / SETTINGS_FILE
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f"{SETTINGS_FILE}:{line[1]}" if line else SETTINGS_FILE
        reason = re.sub(r" \(at .*\)", "", str(error))
        raise SettingsError(f"{place}: not valid TOML: {reason}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {describe(error)}") from error
    secrets = {
        "secret_key": environment.get("NEWSLETTER_SECRET_KEY"),
        "dkim_key": environment.get("NEWSLETTER_DKIM_KEY"),
        "smtp_password": environment.get("NEWSLETTER_SMTP_PASSWORD"),
        "imap_password": environment.get("NEWSLETTER_IMAP_PASSWORD"),
        "metrics_token": environment.get("NEWSLETTER_METRICS_TOKEN") or None,
    }
    for name in ("root", *secrets):
        if name in values:
            raise SettingsError(
                f"{SETTINGS_FILE}:{line_of(text, (name,))}: '{name}' does not belong in this file. "
                f"Set {f'NEWSLETTER_{name.upper()}' if name != 'root' else 'NEWSLETTER_PUBLICATION'} instead"
            )
    if len(secrets["metrics_token"] or "x" * _MIN_TOKEN_CHARACTERS) < _MIN_TOKEN_CHARACTERS:
        raise SettingsError(
            f"NEWSLETTER_METRICS_TOKEN: must have at least {_MIN_TOKEN_CHARACTERS} characters, or it could be guessed"
        )
    if url := environment.get("NEWSLETTER_DATABASE_URL"):
        values["database"] = {**values.get("database", {}), "url": url}
    try:
        settings = Settings.model_validate({**values, **secrets, "root": root.resolve()})
    except ValidationError as error:
        raise SettingsError(format_errors(error.errors(), text)) from error
    if settings.tracking.clicks != "off" and settings.web.url is None:
        line_number = line_of(text, ("tracking", "clicks"))
        raise SettingsError(
            f"{SETTINGS_FILE}:{line_number}: tracking.clicks = '{settings.tracking.clicks}': clicks are counted by "
            "the web server, which has no address. Set [web] url"
        )
    return settings


def packaged_path(name: str) -> Path:
    """Return the path of the sample publication's `name` ("templates", "issues"): in the wheel, else in the clone."""
    here = Path(__file__).resolve().parents[1]
    shipped = here / "publication" / name
    return shipped if shipped.exists() else here.parent / name
