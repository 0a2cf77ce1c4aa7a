"""Settings: newsletter.toml and the environment, read once into one frozen value.

Secrets never stand in the file. Unknown keys are errors with a suggestion.
"""

import os
import re
import secrets
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    ValidationError,
    model_validator,
)

from newsletter.address import Address, Mailbox
from newsletter.errors import EditSettings, WrongUse
from newsletter.finding import did_you_mean

FILE_NAME = "newsletter.toml"

MailboxSetting = Annotated[Mailbox, BeforeValidator(lambda text: Mailbox.parse(str(text))), PlainSerializer(str)]
AddressSetting = Annotated[Address, BeforeValidator(lambda text: Address.parse(str(text))), PlainSerializer(str)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Publication(_Section):
    """`[publication]`: who writes, and what readers are told about it."""

    title: str = Field(min_length=1)
    tagline: str = ""
    author: str = ""
    url: Url | None = None
    language: str = "en"
    postal_address: str = ""
    accent: str = Field(default="#a4452c", pattern="^#[0-9a-fA-F]{6}$")
    default_list: str | None = None
    """The list that `send` writes to when neither the issue nor the command names one."""


class ListSettings(_Section):
    """`[lists.NAME]`: a list's identity in its readers' inboxes."""

    title: str = Field(min_length=1)
    sender: MailboxSetting = Field(alias="from")
    list_id: str = Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
    """The dotted identifier of RFC 2919; it must never change."""
    postal_address: str = ""
    description: str = ""
    """Completes "You get this because ..." at the foot of the letter."""
    source: Path | None = None
    """A CSV that is imported before every send; harmless to repeat."""


class Smtp(_Section):
    """`[delivery.smtp]`: the relay that takes our mail."""

    host: str = "localhost"
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    connections: int = Field(default=4, ge=1, le=64)
    timeout: float = Field(default=60, gt=0)
    """Seconds to wait for any answer but the last one, which gets ten minutes (RFC 5321 4.5.3.2.6)."""


class Ses(_Section):
    """`[delivery.ses]`: Amazon SES, API v2."""

    region: str | None = None
    configuration_set: str | None = None
    endpoint: Url | None = None
    connections: int = Field(default=8, ge=1, le=64)


class Delivery(_Section):
    """`[delivery]`: how letters leave."""

    transport: Literal["outbox", "ses", "smtp"] = "outbox"
    in_flight: int = Field(default=64, ge=1, le=1000)
    """The most deliveries that a kill at any instant can leave uncertain."""
    rate: float | None = Field(default=None, gt=0)
    """Messages a second at most; None leaves it to the transport."""
    smtp: Smtp = Smtp()
    ses: Ses = Ses()


class Database(_Section):
    """`[database]`: where people are kept; by default SQLite at var/newsletter.db."""

    url: str | None = None


class Replies(_Section):
    """`[replies]`: where answers arrive."""

    domain: str | None = None
    address: AddressSetting | None = None
    mailbox: str | None = None
    publish: Literal["review", "ask", "never"] = "review"

    @model_validator(mode="after")
    def _one_of_domain_and_address(self) -> "Replies":
        if self.domain and self.address:
            raise ValueError("give either domain or address, not both")
        return self


class Web(_Section):
    """`[web]`: where unsubscribe and confirm links lead."""

    url: Url | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)


class Archive(_Section):
    """`[archive]`: where the static site is read."""

    url: Url | None = None


class Tracking(_Section):
    """`[tracking]`: off, and nothing to switch on yet."""


class Settings(_Section):
    """The whole of newsletter.toml, with the folder it stands in and the secrets of the environment."""

    root: Path
    publication: Publication
    lists: dict[str, ListSettings] = {}
    delivery: Delivery = Delivery()
    database: Database = Database()
    replies: Replies = Replies()
    web: Web = Web()
    archive: Archive = Archive()
    tracking: Tracking = Tracking()
    secret_key: SecretStr | None = None
    smtp_password: SecretStr | None = None
    imap_password: SecretStr | None = None

    @property
    def var(self) -> Path:
        """The private folder: database, outbox, raw replies, key. Never in Git."""
        return self.root / "var"

    @property
    def issues(self) -> Path:
        """The folder of the author's issues."""
        return self.root / "issues"

    @property
    def templates(self) -> Path:
        """The publication's own templates; what is not there comes from the package."""
        return self.root / "templates"

    @property
    def database_url(self) -> str:
        """SQLAlchemy's URL of the database."""
        return self.database.url or f"sqlite:///{self.var / 'newsletter.db'}"

    def list_named(self, name: str) -> ListSettings:
        """Return `[lists.NAME]`; EditSettings with a suggestion if there is none."""
        if name in self.lists:
            return self.lists[name]
        raise WrongUse(f"unknown list '{name}'. {_suggest(name, self.lists)}")


def find_root(start: Path) -> Path:
    """Return the folder of newsletter.toml, in `start` or above it; WrongUse if there is none."""
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise WrongUse(f"no {FILE_NAME} in {start} or above it. 'newsletter init .' makes a publication here")


def read_settings(root: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read newsletter.toml in `root`, the environment over it; EditSettings names file, line and remedy."""
    path = root / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f"{FILE_NAME}:{line[1]}" if line else FILE_NAME
        reason = re.sub(r" \(at .*\)", "", str(error))
        raise EditSettings(f"{place}: not valid TOML: {reason}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise EditSettings(f"{path}: cannot be read: {error}") from error
    secrets_found = {
        "secret_key": environment.get("NEWSLETTER_SECRET_KEY"),
        "smtp_password": environment.get("NEWSLETTER_SMTP_PASSWORD"),
        "imap_password": environment.get("NEWSLETTER_IMAP_PASSWORD"),
    }
    for name in ("root", *secrets_found):
        if name in written:
            raise EditSettings(
                f"{FILE_NAME}:{_line_of(text, (name,))}: '{name}' does not belong in this file. "
                f"Set {f'NEWSLETTER_{name.upper()}' if name != 'root' else 'NEWSLETTER_PUBLICATION'} instead"
            )
    if url := environment.get("NEWSLETTER_DATABASE_URL"):
        written["database"] = {**written.get("database", {}), "url": url}
    try:
        return Settings.model_validate({**written, **secrets_found, "root": root.resolve()})
    except ValidationError as error:
        raise EditSettings("\n".join(_explain(problem, text) for problem in error.errors())) from error


def packaged(name: str) -> Path:
    """Return where the sample publication's `name` ("templates", "issues") lies: in the wheel, else in the source tree."""
    here = Path(__file__).resolve().parent
    shipped = here / "publication" / name
    return shipped if shipped.exists() else here.parent / name


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
    if not lines or any(len(line) < 32 for line in lines):
        raise EditSettings(
            f"{place}: a key is at least 32 characters; "
            "make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return tuple(line.encode() for line in lines)


def _make_key(path: Path) -> str:
    key = secrets.token_hex(32)
    path.parent.mkdir(parents=True, exist_ok=True)
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


def _explain(problem: Mapping[str, Any], text: str) -> str:
    location = tuple(str(part) for part in problem["loc"])
    place = f"{FILE_NAME}:{_line_of(text, location)}"
    name = location[-1] if location else ""
    if problem["type"] == "extra_forbidden":
        return f"{place}: unknown key '{name}'. {_suggest(name, _known_keys(location[:-1]))}".rstrip()
    if problem["type"] == "missing":
        section = ".".join(location[:-1])
        return f"{place}: '{name}' is missing{f' in [{section}]' if section else ''}"
    reason = str(problem["msg"]).removeprefix("Value error, ")
    return f"{place}: {'.'.join(location)} = {problem['input']!r}: {reason[:1].lower()}{reason[1:]}"


def _known_keys(location: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in location:
        field = model.model_fields.get(part)
        if field is None:  # the NAME in [lists.NAME]
            continue
        annotation = field.annotation
        if part == "lists":
            annotation = ListSettings
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    secret = {"root", "secret_key", "smtp_password", "imap_password"}
    return [field.alias or name for name, field in model.model_fields.items() if name not in secret]


def _suggest(word: str, known: Collection[str]) -> str:
    return did_you_mean(word, known) or (f"Known here: {', '.join(sorted(known))}" if known else "")


def _line_of(text: str, location: tuple[str, ...]) -> int:
    """Return the line where the key at `location` stands, or its table's, or 1.

    tomllib gives no positions, so this looks for the table's header and the key below it.
    """
    lines = text.splitlines()
    for depth in range(len(location), 0, -1):
        header, table = _header(location[:depth]), _header(location[: depth - 1])
        key = rf"\s*{_quoted(location[depth - 1])}\s*[=.]"
        is_inside = depth == 1
        for number, line in enumerate(lines, 1):
            if re.match(header, line):
                return number
            if line.lstrip().startswith("["):
                is_inside = depth > 1 and re.match(table, line) is not None
            elif is_inside and re.match(key, line):
                return number
    return 1


def _header(location: tuple[str, ...]) -> str:
    dotted = r"\s*\.\s*".join(_quoted(part) for part in location)
    return rf"\s*\[\s*{dotted}\s*\]"


def _quoted(part: str) -> str:
    return rf"[\"']?{re.escape(part)}[\"']?"
