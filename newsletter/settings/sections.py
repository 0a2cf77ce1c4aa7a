"""The sections of newsletter.toml, typed, and the one frozen value that holds them all."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    field_validator,
    model_validator,
)

from newsletter.address import Address, Mailbox
from newsletter.errors import UsageError
from newsletter.finding import suggest
from newsletter.segments import check_named_segments
from newsletter.settings.theme import ThemeSettings

MailboxSetting = Annotated[Mailbox, BeforeValidator(lambda text: Mailbox.parse(str(text))), PlainSerializer(str)]
AddressSetting = Annotated[Address, BeforeValidator(lambda text: Address.parse(str(text))), PlainSerializer(str)]
_LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$")]
Network = Annotated[
    IPv4Network | IPv6Network,
    BeforeValidator(lambda text: ip_network(str(text), strict=False)),
    PlainSerializer(str),
]
_BUCKET = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<path>(?:/[A-Za-z0-9!_.*'()-]+)*)/?")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class PublicationSettings(_Section):
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
    opt_in: Literal["double", "single"] = "double"
    """Whether whoever signs up at the web door confirms it by a mail."""


class SmtpSettings(_Section):
    """`[delivery.smtp]`: the relay that takes our mail."""

    host: str = "localhost"
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    connections: int = Field(default=4, ge=1, le=64)
    timeout: float = Field(default=60, gt=0)
    """Seconds to wait for any answer but the last one, which gets ten minutes (RFC 5321 4.5.3.2.6)."""
    messages_per_connection: int = Field(default=1000, ge=1)
    """Then a connection is opened anew, before a relay that counts would close it."""
    configuration_set: str | None = Field(default=None, pattern="^[A-Za-z0-9_-]{1,64}$")
    """Of Amazon SES, whose SMTP endpoint reads it, and our tags, from headers it takes away."""


class SesSettings(_Section):
    """`[delivery.ses]`: Amazon SES, API v2."""

    region: str | None = None
    configuration_set: str | None = None
    endpoint: Url | None = None
    connections: int | None = Field(default=None, ge=1, le=64)
    """Calls at once; None: as many as the granted rate needs."""
    refresh: float = Field(default=60, ge=1)
    """Seconds between two questions to the account during a send: what it grants may change under way."""
    price: float = Field(default=0.10, ge=0)
    """Dollars for 1,000 messages, for `newsletter plan`."""
    client: Literal["boto3", "lean"] = "boto3"
    """lean: the same call, signed by botocore, without the rest of its machinery: less CPU a message."""


class DkimSettings(_Section):
    """`[delivery.dkim]`, or several as `[[delivery.dkim]]`: a key that signs what leaves."""

    selector: str = Field(pattern=rf"^{_LABEL}(\.{_LABEL})*$")
    domain: str | None = Field(default=None, pattern=rf"^{_LABEL}(\.{_LABEL})+$")
    """Whose signature it is; None for the domain of the list's `from`."""
    key: Path | None = None
    """The file of the private key, which is read from NEWSLETTER_DKIM_KEY where this is not given."""


def _several(written: object) -> object:
    return (written,) if isinstance(written, dict) else written


class DeliverySettings(_Section):
    """`[delivery]`: how letters leave."""

    transport: Literal["outbox", "ses", "smtp"] = "outbox"
    in_flight: int = Field(default=64, ge=1, le=1000)
    """The most deliveries that a kill at any instant can leave uncertain."""
    rate: float | None = Field(default=None, gt=0)
    """Messages a second at most; None leaves it to the transport."""
    smtp: SmtpSettings = SmtpSettings()
    ses: SesSettings = SesSettings()
    dkim: Annotated[tuple[DkimSettings, ...], BeforeValidator(_several)] = ()


class DatabaseSettings(_Section):
    """`[database]`: where people are kept; by default SQLite at var/newsletter.db."""

    url: str | None = None


class FeedbackSettings(_Section):
    """`[feedback]`: how the next hop's reports reach us, and what follows from them."""

    queue: str | None = Field(default=None, pattern=r"^https?://[^\s/]+/\S+/\S+$")
    """The URL of the SQS queue where SES's events arrive; `send` reads it beside its own work."""
    topics: tuple[Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[\w.-]+$")], ...] = ()
    """The SNS topics that may report over HTTPS, by their ARNs; nobody else is heard."""
    allow_sha1: bool = False
    """Whether a notification may be signed the old way, SNS's SignatureVersion 1."""
    certificates: Path | None = None
    """A folder with SNS's certificates by their names, so that none is fetched."""
    keep_days: int = Field(default=30, ge=1)
    """How long events are kept as they came; what they said stays."""
    soft_bounces: int = Field(default=3, ge=1)
    """In so many mailings a letter comes back for a passing reason, and its address is suppressed."""
    soft_days: int = Field(default=30, ge=1)
    """Within so many days."""
    pause_after: int = Field(default=200, ge=1)
    """So many letters must have left before a mailing pauses itself."""
    pause_bounces: float = Field(default=0.04, gt=0, le=1)
    """The share of letters that may come back."""
    pause_least_bounces: int = Field(default=10, ge=1)
    """Fewer than so many pause nothing."""
    pause_complaints: float = Field(default=0.0008, gt=0, le=1)
    """The share of letters that may be complained about."""
    pause_least_complaints: int = Field(default=3, ge=1)


class RepliesSettings(_Section):
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
    tell_answered: Literal["ask", "always", "never"] = "ask"
    """Whether a writer hears of other readers' answers: if they said so, unless they said no, or not at all."""
    keep_raw_days: int = Field(default=365, ge=0)
    """How long a raw mail is kept after its reply was decided; 0 for good. What is not decided is kept."""
    authserv_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]+$")
    """How our own border names itself in Authentication-Results; only its word counts."""

    @model_validator(mode="after")
    def _one_of_domain_and_address(self) -> "RepliesSettings":
        if self.domain and self.address:
            raise ValueError("give either domain or address, not both")
        return self


class WebSettings(_Section):
    """`[web]`: the web door, and where unsubscribe and confirm links lead."""

    url: Url | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    lists: tuple[str, ...] = ()
    """The lists that anybody may join there; all of them unless given."""
    sites: tuple[Url, ...] = ()
    """Other sites whose pages may carry the form; the publication's and the archive's may anyhow."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose X-Forwarded-For is believed: addresses or networks."""
    mails_an_hour: int = Field(default=300, ge=1)
    """How many mails strangers may cause by filling in forms."""
    attack_from: int = Field(default=20, ge=1)
    """Forms within a minute from which browsers are given a task, and others wait."""


class _Stored(_Section):
    """What may lie in a bucket."""

    store: str | None = None
    region: str | None = None
    endpoint: Url | None = None

    @property
    def bucket(self) -> str | None:
        """The name of the bucket, if `store` is one."""
        found = _BUCKET.fullmatch(self.store or "")
        return found["bucket"] if found else None

    @property
    def prefix(self) -> str:
        """What all keys in the bucket begin with: "", or a path that ends in a slash."""
        found = _BUCKET.fullmatch(self.store or "")
        path = found["path"].strip("/") if found else ""
        return f"{path}/" if path else ""


class ArchiveSettings(_Stored):
    """`[archive]`: where the static site is read, and where `archive publish` puts it."""

    url: Url | None = None

    @field_validator("store")
    @classmethod
    def _is_a_bucket(cls, store: str | None) -> str | None:
        if store is not None and not _BUCKET.fullmatch(store):
            raise ValueError('say "s3://BUCKET/PREFIX"')
        return store


class PictureSettings(_Stored):
    """`[pictures]`: where readers fetch the pictures of letters."""

    store: str = "archive"
    """`archive`, or `s3://BUCKET/PREFIX`: a send then puts them there first."""
    url: Url | None = None
    """Where readers fetch what lies in the store; the archive's own address unless given."""

    @field_validator("store")
    @classmethod
    def _is_known(cls, store: str) -> str:
        if store != "archive" and not _BUCKET.fullmatch(store):
            raise ValueError('say "archive", or "s3://BUCKET/PREFIX"')
        return store

    @model_validator(mode="after")
    def _has_an_address(self) -> "PictureSettings":
        if self.bucket and not self.url:
            raise ValueError("a bucket needs 'url' as well: where readers fetch what lies in it")
        return self


class TrackingSettings(_Section):
    """`[tracking]`: what is counted of what readers do; of single people nothing unless they agreed."""

    clicks: Literal["off", "aggregate", "consented"] = "off"
    """Whether links lead by way of the web door, which counts how often each is followed; and by whom, of those
    who agreed to it."""


class OperationsSettings(_Section):
    """`[operations]`: what the author hears of without asking."""

    alert: tuple[AddressSetting, ...] = ()
    """Who is mailed about what has stopped; `newsletter doctor --alert` falls back to the moderators."""


class Settings(_Section):
    """The whole of newsletter.toml, with the folder it stands in and the secrets of the environment."""

    root: Path
    publication: PublicationSettings
    lists: dict[str, ListSettings] = {}
    segments: dict[str, str] = {}
    """Questions about subscribers, by name."""
    fields: dict[str, Literal["text", "number", "date", "yes/no"]] = {}
    """What the fields of subscribers hold, by name."""
    delivery: DeliverySettings = DeliverySettings()
    database: DatabaseSettings = DatabaseSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    replies: RepliesSettings = RepliesSettings()
    web: WebSettings = WebSettings()
    archive: ArchiveSettings = ArchiveSettings()
    pictures: PictureSettings = PictureSettings()
    theme: ThemeSettings = ThemeSettings()
    tracking: TrackingSettings = TrackingSettings()
    operations: OperationsSettings = OperationsSettings()
    secret_key: SecretStr | None = None
    smtp_password: SecretStr | None = None
    dkim_key: SecretStr | None = None
    imap_password: SecretStr | None = None
    metrics_token: SecretStr | None = None

    @field_validator("segments")
    @classmethod
    def _can_be_asked(cls, segments: dict[str, str]) -> dict[str, str]:
        check_named_segments(segments)
        return segments

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
    def locales(self) -> Path:
        """The publication's own translations, which override the packaged ones sentence by sentence."""
        return self.root / "locales"

    @property
    def database_url(self) -> str:
        """SQLAlchemy's URL of the database."""
        return self.database.url or f"sqlite:///{self.var / 'newsletter.db'}"

    def list_named(self, name: str) -> ListSettings:
        """Return `[lists.NAME]`; UsageError with a suggestion if there is none."""
        if name in self.lists:
            return self.lists[name]
        raise UsageError(f"unknown list '{name}'. {suggest(name, self.lists)}")
