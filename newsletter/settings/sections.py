"""The sections of newsletter.toml, typed, and the one frozen value that holds them all."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    model_validator,
)

from newsletter.address import Address, Mailbox
from newsletter.errors import WrongUse
from newsletter.finding import suggest
from newsletter.settings.theme import ThemeSettings

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
    client: Literal["boto3", "lean"] = "boto3"
    """lean: the same call, signed by botocore, without the rest of its machinery: less CPU a message."""


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
    sender: MailboxSetting | None = Field(default=None, alias="from")
    """Whom notices are from, such as the author's answers; else the author at the list's address."""
    address: AddressSetting | None = None
    mailbox: str | None = None
    publish: Literal["review", "ask", "never"] = "review"
    moderators: tuple[AddressSetting, ...] = ()
    """Who gets a digest of what waits, and may decide by mail."""
    digest_hours: float = Field(default=1, ge=0)
    """The least time between two digests that `replies fetch` makes."""
    trust_after: int = Field(default=0, ge=0)
    """So many published answers let a proven writer's next one stand at once; 0: everything waits."""
    max_links: int = Field(default=2, ge=0)
    """More links than this keep an answer from being trusted."""
    blocked_words: tuple[str, ...] = ()
    """Words that keep an answer from being trusted."""
    most_a_day: int = Field(default=10, ge=1)
    """Answers of one writer within 24 hours beyond which none is trusted, and nobody is notified."""
    tell_readers: bool = True
    """Whether a writer hears that an answer was published, and how to change or withdraw it."""
    authserv_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]+$")
    """How our own border names itself in Authentication-Results; only its word counts."""

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
    theme: ThemeSettings = ThemeSettings()
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
        """Return `[lists.NAME]`; WrongUse with a suggestion if there is none."""
        if name in self.lists:
            return self.lists[name]
        raise WrongUse(f"unknown list '{name}'. {suggest(name, self.lists)}")
