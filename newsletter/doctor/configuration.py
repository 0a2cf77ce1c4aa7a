"""What lies on this machine: settings, secrets, templates."""

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from newsletter.compose import compose
from newsletter.content import Issue, read_issues
from newsletter.doctor.check import CheckResult, fail, ok, warn
from newsletter.errors import ContentError, SettingsError
from newsletter.settings import SETTINGS_FILE, Settings

_PART = "settings"
_MENDED = {(3, 11): 15, (3, 12): 13, (3, 13): 12, (3, 14): 3}
"""The first releases whose `email` lets no header be smuggled in (CVE-2026-1299)."""
_KEY_LENGTH = 32
_READABLE = stat.S_IRWXG | stat.S_IRWXO


def check_settings(settings: Settings) -> Iterator[CheckResult]:
    """Look at newsletter.toml, which was read already, and at the Python below."""
    yield ok(
        _PART, SETTINGS_FILE, f"read; letters leave by {settings.delivery.transport} to {', '.join(settings.lists)}"
    )
    real = settings.delivery.transport != "outbox"
    if not settings.lists:
        yield fail(_PART, "lists", "no list", f"Add [lists.NAME] to {SETTINGS_FILE}, with title, from and list_id")
    for name, each in settings.lists.items():
        if real and not (each.postal_address or settings.publication.postal_address):
            yield fail(
                _PART,
                f"list {name}",
                "no postal address, which the law wants in every letter",
                "Set [publication] postal_address",
            )
    if real and settings.web.url is None:
        yield warn(
            _PART,
            "unsubscribing",
            "no [web] url: Gmail and Yahoo want an https link for one-click unsubscribing from who mails many",
            "Set [web] url, and serve it",
        )
    elif real and settings.web.url and not settings.web.url.startswith("https://"):
        yield fail(
            _PART,
            "unsubscribing",
            f"[web] url = '{settings.web.url}' is not https",
            "Serve it with TLS (RFC 8058)",
        )
    if not (settings.replies.domain or settings.replies.address):
        yield warn(
            _PART,
            "replies",
            "neither [replies] domain nor address: bounces and answers cannot be told apart",
            "Set one of them",
        )
    running, least = sys.version_info, _MENDED.get(sys.version_info[:2])
    said = f"{running.major}.{running.minor}.{running.micro}"
    if least is not None and running.micro < least:
        yield warn(
            _PART,
            "python",
            f"Python {said} lacks later security fixes of its email package; our own checks stand before it",
            f"Upgrade to {running.major}.{running.minor}.{least} or newer",
        )
    else:
        yield ok(_PART, "python", f"Python {said}")


def check_secrets(settings: Settings) -> Iterator[CheckResult]:
    """Look at who may read what only we should."""
    key = settings.var / "secret.key"
    if settings.secret_key is not None:
        keys = settings.secret_key.get_secret_value().split()
        if keys and all(len(each) >= _KEY_LENGTH for each in keys):
            yield ok("secrets", "key", "NEWSLETTER_SECRET_KEY is set")
        else:
            yield fail(
                "secrets",
                "key",
                f"NEWSLETTER_SECRET_KEY is shorter than {_KEY_LENGTH} characters",
                "Make one: python3 -c 'import secrets; print(secrets.token_hex(32))'",
            )
    elif key.exists():
        yield from _look_at_mode(key, settings, "key")
    else:
        yield warn("secrets", "key", "var/secret.key is not there yet; the first send makes it")
    if settings.var.exists():
        yield from _look_at_mode(settings.var, settings, "private folder")
    for path in sorted(settings.var.glob("newsletter.db*")):
        yield from _look_at_mode(path, settings, "database file")
    for each in settings.delivery.dkim:
        if each.key is not None:
            yield from _look_at_mode(settings.root / each.key, settings, "DKIM key")
    yield from _look_at_git(settings)


def _look_at_mode(path: Path, settings: Settings, name: str) -> Iterator[CheckResult]:
    shown = path.relative_to(settings.root) if path.is_relative_to(settings.root) else path
    try:
        found = path.stat()
    except OSError as error:
        yield fail("secrets", name, f"{shown}: {error.strerror}", "Put it there, or mend its path")
        return
    mode = stat.S_IMODE(found.st_mode)
    is_shut = path.parent != settings.root and not _is_open(path.parent)
    if mode & _READABLE and not is_shut:
        wanted = "700" if path.is_dir() else "600"
        yield fail("secrets", name, f"{shown}: others can get at it (mode {mode:04o})", f"chmod {wanted} {shown}")
    else:
        yield ok("secrets", name, f"{shown}: ours alone")


def _is_open(folder: Path) -> bool:
    return bool(stat.S_IMODE(folder.stat().st_mode) & _READABLE)


def _look_at_git(settings: Settings) -> Iterator[CheckResult]:
    ignored = settings.root / ".gitignore"
    if not (settings.root / ".git").exists():
        return
    try:
        lines = {line.strip().strip("/") for line in ignored.read_text(encoding="utf-8").splitlines()}
    except (OSError, UnicodeDecodeError):
        lines = set()
    if "var" not in lines:
        yield fail("secrets", "git", ".gitignore does not name var/: keys and people would go public", "Add: var/")


def check_templates(settings: Settings) -> Iterator[CheckResult]:
    """Compose the newest issue for every list, as a send would."""
    shelf = read_issues(settings)
    for finding in shelf.findings:
        yield warn("templates", "issue", str(finding).splitlines()[0], finding.remedy or "Mend the file")
    if not shelf.issues:
        yield warn("templates", "issue", "no issue to try them with", "newsletter new TITLE")
        return
    issue = shelf.issues[0]
    for name in settings.lists:
        yield _try(issue, name, settings)


def _try(issue: Issue, list_name: str, settings: Settings) -> CheckResult:
    name = f"list {list_name}"
    try:
        edition = compose(issue, list_name, settings).edition
    except ContentError as error:
        first = str(error).splitlines()[0]
        return fail("templates", name, f"'{issue.slug}' does not compose: {first}", "newsletter check")
    except SettingsError as error:
        return fail("templates", name, f"'{issue.slug}' does not compose: {error}", f"Mend {SETTINGS_FILE}")
    return ok("templates", name, f"'{edition.slug}' composes")
