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
    """`[publication]`: the publication's name, author, language and colours."""

    title: str = Field(min_length=1)
    tagline: str = ""
    author: str = ""
    url: Url | None = None
    language: str = "en"
    postal_address: str = ""
    accent: str = Field(default="#a4452c", pattern="^#[0-9a-fA-F]{6}$")
    default_list: str | None = None
    """The list that `send` mails when neither the issue nor the command names one."""


class ListSettings(_Section):
    """`[lists.NAME]`: a mailing list, as its readers see it in their inbox."""

    title: str = Field(min_length=1)
    sender: MailboxSetting = Field(alias="from")
    list_id: str = Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
    """The dotted identifier of RFC 2919; it must never change."""
    postal_address: str = ""
    description: str = ""
    """Completes "You get this because ..." in the footer of each email."""
    source: Path | None = None
    """A CSV file that is imported before every send; harmless to repeat."""
    opt_in: Literal["double", "single"] = "double"
    """Whether a sign-up on the web must be confirmed by email (double opt-in)."""


class SmtpSettings(_Section):
    """`[delivery.smtp]`: the SMTP relay that sends our mail."""

    host: str = "localhost"
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    connections: int = Field(default=4, ge=1, le=64)
    timeout: float = Field(default=60, gt=0)
    """Seconds to wait for any reply but the last, which gets ten minutes (RFC 5321, section 4.5.3.2.6)."""
    messages_per_connection: int = Field(default=1000, ge=1)
    """After so many the connection is replaced, before a relay with such a limit closes it."""
    configuration_set: str | None = Field(default=None, pattern="^[A-Za-z0-9_-]{1,64}$")
    """Of Amazon SES: its SMTP endpoint reads this, and our tags, from headers that it removes."""


class SesSettings(_Section):
    """`[delivery.ses]`: Amazon SES, API v2."""

    region: str | None = None
    configuration_set: str | None = None
    endpoint: Url | None = None
    connections: int | None = Field(default=None, ge=1, le=64)
    """Concurrent calls; None: as many as the granted rate needs."""
    refresh: float = Field(default=60, ge=1)
    """Seconds between two reads of the account's quota during a send, because SES may change it meanwhile."""
    price: float = Field(default=0.10, ge=0)
    """Dollars for 1,000 messages, for `newsletter plan`."""
    client: Literal["boto3", "lean"] = "boto3"
    """`lean` makes the same calls with less CPU a message, without the rest of boto3."""


class DkimSettings(_Section):
    """`[delivery.dkim]`, or several as `[[delivery.dkim]]`: a key that signs every message."""

    selector: str = Field(pattern=rf"^{_LABEL}(\.{_LABEL})*$")
    domain: str | None = Field(default=None, pattern=rf"^{_LABEL}(\.{_LABEL})+$")
    """The signing domain (d=); None for the domain of the list's `from`."""
    key: Path | None = None
    """The file of the private key; without it the key is read from NEWSLETTER_DKIM_KEY."""


def _as_several(value: object) -> object:
    return (value,) if isinstance(value, dict) else value


class DeliverySettings(_Section):
    """`[delivery]`: how messages are sent."""

    transport: Literal["outbox", "ses", "smtp"] = "outbox"
    in_flight: int = Field(default=64, ge=1, le=1000)
    """Messages submitted at once: the most deliveries that a kill at any instant can leave uncertain."""
    rate: float | None = Field(default=None, gt=0)
    """Most messages a second; None: as many as the transport allows."""
    smtp: SmtpSettings = SmtpSettings()
    ses: SesSettings = SesSettings()
    dkim: Annotated[tuple[DkimSettings, ...], BeforeValidator(_as_several)] = ()


class DatabaseSettings(_Section):
    """`[database]`: where subscribers and deliveries are stored; by default SQLite at var/newsletter.db."""

    url: str | None = None


class FeedbackSettings(_Section):
    """`[feedback]`: how bounces, complaints and other events reach us, and what follows from them."""

    queue: str | None = Field(default=None, pattern=r"^https?://[^\s/]+/\S+/\S+$")
    """The URL of the SQS queue where SES's events arrive; `send` reads it in the background."""
    topics: tuple[Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[\w.-]+$")], ...] = ()
    """The ARNs of the SNS topics that may report over HTTPS; all others are refused."""
    allow_sha1: bool = False
    """Whether a notification may be signed with SHA-1, SNS's SignatureVersion 1."""
    certificates: Path | None = None
    """A folder with SNS's certificates under their file names, so that none is fetched."""
    keep_days: int = Field(default=30, ge=1)
    """How many days raw events are kept; the recorded facts stay."""
    soft_bounces: int = Field(default=3, ge=1)
    """After soft bounces in so many mailings the address is suppressed."""
    soft_days: int = Field(default=30, ge=1)
    """Soft bounces count within so many days."""
    pause_after: int = Field(default=200, ge=1)
    """A mailing can pause itself only after so many messages were sent."""
    pause_bounces: float = Field(default=0.04, gt=0, le=1)
    """The share of messages that may bounce before a mailing pauses itself."""
    pause_least_bounces: int = Field(default=10, ge=1)
    """Fewer bounces than this never pause a mailing."""
    pause_complaints: float = Field(default=0.0008, gt=0, le=1)
    """The share of messages that may be complained about before a mailing pauses itself."""
    pause_least_complaints: int = Field(default=3, ge=1)
    """Fewer complaints than this never pause a mailing."""


class RepliesSettings(_Section):
    """`[replies]`: where replies arrive, and how they become comments."""

    domain: str | None = None
    sender: MailboxSetting | None = Field(default=None, alias="from")
    """The sender of notices, such as the author's answers; by default the author at the list's address."""
    address: AddressSetting | None = None
    mailbox: str | None = None
    publish: Literal["review", "ask", "never"] = "review"
    moderators: tuple[AddressSetting, ...] = ()
    """Who gets a digest of the replies to moderate, and may moderate by mail."""
    digest_hours: float = Field(default=1, ge=0)
    """The least hours between two digests that `replies fetch` sends."""
    trust_after: int = Field(default=0, ge=0)
    """After so many published replies a verified author's next one is approved automatically; 0: never."""
    max_links: int = Field(default=2, ge=0)
    """A reply with more links is not approved automatically."""
    blocked_words: tuple[str, ...] = ()
    """A reply with one of these words is not approved automatically."""
    most_a_day: int = Field(default=10, ge=1)
    """After so many replies of one author in 24 hours none is approved automatically, and nobody is notified."""
    tell_readers: bool = True
    """Whether the author of a reply is notified that it was published, and how to change or withdraw it."""
    tell_answered: Literal["ask", "always", "never"] = "ask"
    """Whether authors of comments are notified of replies to them: `ask` if they asked for it, `always` unless they
    declined, or `never`."""
    keep_raw_days: int = Field(default=365, ge=0)
    """How many days a raw message is kept after its reply was moderated; 0 for ever. Until then it is kept."""
    authserv_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]+$")
    """The authserv-id of our own mail server in Authentication-Results (RFC 8601); no other is trusted."""

    @model_validator(mode="after")
    def _one_of_domain_and_address(self) -> "RepliesSettings":
        if self.domain and self.address:
            raise ValueError("give either domain or address, not both")
        return self


class WebSettings(_Section):
    """`[web]`: the web server, and the address of unsubscribe and confirmation links."""

    url: Url | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    lists: tuple[str, ...] = ()
    """The lists that the sign-up form offers; by default all."""
    sites: tuple[Url, ...] = ()
    """Other sites that may embed the sign-up form; the publication's and the archive's always may."""
    trusted_proxies: tuple[Network, ...] = ()
    """Proxies whose X-Forwarded-For is trusted: addresses or networks."""
    mails_an_hour: int = Field(default=300, ge=1)
    """The most confirmation mails an hour that strangers can cause by filling in forms."""
    attack_from: int = Field(default=20, ge=1)
    """From so many forms a minute on, browsers must solve a proof of work and other requests are delayed."""


class _StoreSettings(_Section):
    """What can be stored in an S3 bucket."""

    store: str | None = None
    region: str | None = None
    endpoint: Url | None = None

    @property
    def bucket(self) -> str | None:
        """The name of the bucket, if `store` is one."""
        match = _BUCKET.fullmatch(self.store or "")
        return match["bucket"] if match else None

    @property
    def prefix(self) -> str:
        """The prefix of all keys in the bucket: "", or a path that ends in a slash."""
        match = _BUCKET.fullmatch(self.store or "")
        path = match["path"].strip("/") if match else ""
        return f"{path}/" if path else ""


class ArchiveSettings(_StoreSettings):
    """`[archive]`: the address of the static site, and where `archive publish` uploads it."""

    url: Url | None = None

    @field_validator("store")
    @classmethod
    def _is_a_bucket(cls, store: str | None) -> str | None:
        if store is not None and not _BUCKET.fullmatch(store):
            raise ValueError('not a bucket. Set it to "s3://BUCKET/PREFIX"')
        return store


class PictureSettings(_StoreSettings):
    """`[pictures]`: where the images in emails are hosted."""

    store: str = "archive"
    """`archive`, or `s3://BUCKET/PREFIX`, where a send uploads them first."""
    url: Url | None = None
    """The public address of the store; by default the archive's."""

    @field_validator("store")
    @classmethod
    def _is_a_store(cls, store: str) -> str:
        if store != "archive" and not _BUCKET.fullmatch(store):
            raise ValueError('not a store. Set it to "archive" or "s3://BUCKET/PREFIX"')
        return store

    @model_validator(mode="after")
    def _has_an_address(self) -> "PictureSettings":
        if self.bucket and not self.url:
            raise ValueError("a bucket needs 'url' as well, the address where readers fetch its files")
        return self


class TrackingSettings(_Section):
    """`[tracking]`: what is counted of what readers do; nothing about single readers without their consent."""

    clicks: Literal["off", "aggregate", "consented"] = "off"
    """Whether links go through the web server, which counts clicks: `aggregate` for all readers together,
    `consented` also for each reader who consented."""


class OperationsSettings(_Section):
    """`[operations]`: alerts to the author."""

    alert: tuple[AddressSetting, ...] = ()
    """Who is mailed when something has stopped; `newsletter doctor --alert` falls back to the moderators."""


class Settings(_Section):
    """All of newsletter.toml, with its folder and the secrets from the environment."""

    root: Path
    publication: PublicationSettings
    lists: dict[str, ListSettings] = {}
    segments: dict[str, str] = {}
    """Segment queries about subscribers, by name."""
    fields: dict[str, Literal["text", "number", "date", "yes/no"]] = {}
    """The types of subscribers' custom fields, by name."""
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
    def _are_valid(cls, segments: dict[str, str]) -> dict[str, str]:
        check_named_segments(segments)
        return segments

    @property
    def var(self) -> Path:
        """The private folder: database, outbox, raw replies, secret key. Never in Git."""
        return self.root / "var"

    @property
    def issues(self) -> Path:
        """The folder of the author's issues."""
        return self.root / "issues"

    @property
    def templates(self) -> Path:
        """The publication's own templates; those that are missing come from the package."""
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
