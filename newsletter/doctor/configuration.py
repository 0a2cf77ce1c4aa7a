"""Configuration checks: settings, the secrecy of keys and files, and templates."""

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
_FIXED_RELEASES = {(3, 11): 15, (3, 12): 13, (3, 13): 12, (3, 14): 3}
"""The first releases whose `email` package prevents header injection (CVE-2026-1299)."""
_KEY_LENGTH = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_settings(settings: Settings) -> Iterator[CheckResult]:
    """Check newsletter.toml, which was read already, and the version of Python."""
    yield ok(_PART, SETTINGS_FILE, f"read; sends by {settings.delivery.transport} to {', '.join(settings.lists)}")
    is_real = settings.delivery.transport != "outbox"
    if not settings.lists:
        yield fail(_PART, "lists", "no list", f"Add [lists.NAME] to {SETTINGS_FILE}, with title, from and list_id")
    for name, mailing_list in settings.lists.items():
        if is_real and not (mailing_list.postal_address or settings.publication.postal_address):
            yield fail(
                _PART,
                f"list {name}",
                "no postal address, which the law requires in every email",
                "Set [publication] postal_address",
            )
    if is_real and settings.web.url is None:
        yield warn(
            _PART,
            "unsubscribing",
            "no [web] url: Gmail and Yahoo require an https link for one-click unsubscribe from bulk senders",
            "Set [web] url, and run newsletter serve there",
        )
    elif is_real and settings.web.url and not settings.web.url.startswith("https://"):
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
            "neither [replies] domain nor address: bounces and replies cannot be matched to a delivery",
            "Set one of them",
        )
    running, fixed = sys.version_info, _FIXED_RELEASES.get(sys.version_info[:2])
    version = f"{running.major}.{running.minor}.{running.micro}"
    if fixed is not None and running.micro < fixed:
        yield warn(
            _PART,
            "python",
            f"Python {version} lacks recent security fixes to its email package; newsletter checks headers itself",
            f"Upgrade to {running.major}.{running.minor}.{fixed} or newer",
        )
    else:
        yield ok(_PART, "python", f"Python {version}")


def check_secrets(settings: Settings) -> Iterator[CheckResult]:
    """Check that nobody else may read keys and private files."""
    key = settings.var / "secret.key"
    if settings.secret_key is not None:
        keys = settings.secret_key.get_secret_value().split()
        if keys and all(len(word) >= _KEY_LENGTH for word in keys):
            yield ok("secrets", "key", "NEWSLETTER_SECRET_KEY is set")
        else:
            yield fail(
                "secrets",
                "key",
                f"NEWSLETTER_SECRET_KEY is shorter than {_KEY_LENGTH} characters",
                "Make one: python3 -c 'import secrets; print(secrets.token_hex(32))'",
            )
    elif key.exists():
        yield from _check_mode(key, settings, "key")
    else:
        yield warn("secrets", "key", "var/secret.key does not exist yet; the first send makes it")
    if settings.var.exists():
        yield from _check_mode(settings.var, settings, "private folder")
    for path in sorted(settings.var.glob("newsletter.db*")):
        yield from _check_mode(path, settings, "database file")
    for dkim in settings.delivery.dkim:
        if dkim.key is not None:
            yield from _check_mode(settings.root / dkim.key, settings, "DKIM key")
    yield from _check_git(settings)


def _check_mode(path: Path, settings: Settings, name: str) -> Iterator[CheckResult]:
    shown = path.relative_to(settings.root) if path.is_relative_to(settings.root) else path
    try:
        status = path.stat()
    except OSError as error:
        yield fail("secrets", name, f"{shown}: {error.strerror}", "Put it there, or correct its path")
        return
    mode = stat.S_IMODE(status.st_mode)
    is_protected = path.parent != settings.root and not _is_open(path.parent)
    if mode & _OTHERS and not is_protected:
        wanted = "700" if path.is_dir() else "600"
        yield fail(
            "secrets", name, f"{shown}: other users have access to it (mode {mode:04o})", f"chmod {wanted} {shown}"
        )
    else:
        yield ok("secrets", name, f"{shown}: private")


def _is_open(folder: Path) -> bool:
    return bool(stat.S_IMODE(folder.stat().st_mode) & _OTHERS)


def _check_git(settings: Settings) -> Iterator[CheckResult]:
    ignored = settings.root / ".gitignore"
    if not (settings.root / ".git").exists():
        return
    try:
        lines = {line.strip().strip("/") for line in ignored.read_text(encoding="utf-8").splitlines()}
    except (OSError, UnicodeDecodeError):
        lines = set()
    if "var" not in lines:
        yield fail(
            "secrets", "git", ".gitignore does not name var/: keys and addresses would be published", "Add: var/"
        )


def check_templates(settings: Settings) -> Iterator[CheckResult]:
    """Check that the newest issue composes for every list, as for a send."""
    shelf = read_issues(settings)
    for finding in shelf.findings:
        yield warn("templates", "issue", str(finding).splitlines()[0], finding.remedy or "Correct the file")
    if not shelf.issues:
        yield warn("templates", "issue", "no issue to compose", "newsletter new TITLE")
        return
    issue = shelf.issues[0]
    for name in settings.lists:
        yield _compose(issue, name, settings)


def _compose(issue: Issue, list_name: str, settings: Settings) -> CheckResult:
    name = f"list {list_name}"
    try:
        edition = compose(issue, list_name, settings).edition
    except ContentError as error:
        first = str(error).splitlines()[0]
        return fail("templates", name, f"'{issue.slug}' does not compose: {first}", "newsletter check")
    except SettingsError as error:
        return fail("templates", name, f"'{issue.slug}' does not compose: {error}", f"Correct {SETTINGS_FILE}")
    return ok("templates", name, f"'{edition.slug}' composes")
